"""Turning off the second step of whoever lost it: by the staff, after a time in which its owner can object."""

from datetime import timedelta

from sqlalchemy import select, update

from accounts.actions.factors import remove_all_factors
from accounts.actions.impersonation import clean_reason
from accounts.actions.security_log import note, tell
from accounts.actions.signing import revoke_all_sessions
from accounts.events import StaffHelped
from accounts.factors import has_second_step
from accounts.mails import mail_factor_reset
from accounts.models import FactorReset, User
from accounts.policy import AccountRight
from accounts.security_log import Kind
from kernel.clock import now
from kernel.db import changed, session
from kernel.errors import ConflictError, InvalidError
from kernel.events import emit
from kernel.i18n import zone
from kernel.ids import hash_token, new_token
from kernel.jobs import enqueue, job
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

WAITING = timedelta(days=3)
DONE, STOPPED = "done", "stopped"


def ask_reset(viewer: Viewer, person: User, *, reason: str) -> FactorReset:
    """Begin to wait; the person is told by mail, and stops it by the link or by signing in with the second step."""
    authorise(viewer, AccountRight.RESET_FACTORS, person.id)
    reason = clean_reason(reason)
    if not has_second_step(person.id):
        raise ConflictError(_("There is no second step to turn off."))
    if open_reset(person.id) is not None:
        raise ConflictError(_("It is waiting already."))
    token, due = new_token(), now() + WAITING
    row = FactorReset(user_id=person.id, asked_by_id=viewer.me, reason=reason, token_hash=hash_token(token), due_at=due)
    session().add(row)
    session().flush()
    enqueue("accounts.reset-factors", delay=WAITING, reset_id=row.id)
    note(person.id, Kind.RESET_ASKED, detail=reason, viewer=viewer)
    local = due.astimezone(zone(person.timezone)).strftime("%Y-%m-%d %H:%M %Z")
    mail_factor_reset(person, reason=reason, due=local, token=token)
    emit(StaffHelped(viewer.me, person.id, "reset-factors", reason))
    return row


@job("accounts.reset-factors")
def reset_factors(reset_id: int) -> None:
    """The time is over and nobody objected: the second step is off, and every session ends."""
    row = session().get(FactorReset, reset_id, with_for_update=True, populate_existing=True)
    if row is None or row.ended_at is not None or row.due_at > now():
        return
    row.ended_at, row.outcome = now(), DONE
    remove_all_factors(row.user_id)
    revoke_all_sessions(row.user_id)
    tell(session().get_one(User, row.user_id), Kind.RESET_DONE)


def stop_reset(_viewer: Viewer, *, token: str) -> None:
    """By the link of the mail: the second step stays."""
    row = session().scalar(select(FactorReset).where(FactorReset.token_hash == hash_token(token)))
    if row is None or row.ended_at is not None:
        raise InvalidError(_("This link was used already, or it is too old."))
    stop_resets(row.user_id)


def stop_resets(user_id: int) -> None:
    """Whoever has the second step at hand did not lose it."""
    waiting = update(FactorReset).where(FactorReset.user_id == user_id, FactorReset.ended_at.is_(None))
    if changed(waiting.values(ended_at=now(), outcome=STOPPED)):
        note(user_id, Kind.RESET_STOPPED)


def open_reset(user_id: int) -> FactorReset | None:
    """What waits for this person, if anything does."""
    return session().scalar(select(FactorReset).where(FactorReset.user_id == user_id, FactorReset.ended_at.is_(None)))


def is_stoppable(token: str) -> bool:
    """Whether the link of a mail still stops something."""
    waiting = (FactorReset.token_hash == hash_token(token), FactorReset.ended_at.is_(None))
    return session().scalar(select(FactorReset.id).where(*waiting)) is not None

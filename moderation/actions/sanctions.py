"""Sanctions: imposed with a reason, seen, lifted, ended; and the one function by which they count."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select

from accounts.actions.grants import let_in, shut_out
from accounts.models import Grant, User
from accounts.policy import AccountRight
from activity.actions.log import record_act
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.jobs import job
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import PUBLIC, STAFF, Viewer
from kernel.words import gettext as _
from moderation.events import SanctionImposed, SanctionLifted
from moderation.models import HouseRule, Review, Sanction, SanctionKind
from moderation.policy import ModerationRight, Target, visible_sanctions
from moderation.wording import check_reason

SANCTION = "moderation.sanction"
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


def impose(
    viewer: Viewer,
    *,
    user_id: int,
    kind: SanctionKind,
    reason: str,
    scope: str = STAFF,
    rule_id: int | None = None,
    ends_at: datetime | None = None,
    note: str = "",
    review: Review | None = None,
) -> Sanction:
    """Warn somebody, take their voice or shut them out: from this moment on, and until `ends_at` or for good.

    `scope` is the place whose moderator does it; `review` what it comes of, which says who may read of it in the log.
    """
    authorise(viewer, ModerationRight.SANCTION, Target(user_id, _is_staff(user_id), kind, scope))
    if kind is SanctionKind.SUSPENSION:
        authorise(viewer, AccountRight.SUSPEND, user_id)
    if kind is not SanctionKind.WARNING and ends_at is not None and ends_at <= now():
        raise InvalidError(errors={"ends_at": _("This moment has passed.")})
    _hold(user_id)
    sanction = Sanction(
        user_id=user_id,
        kind=kind.value,
        scope=scope,
        audience=PUBLIC if review is None else review.audience,
        rule_id=rule_id,
        reason=check_reason(reason, is_needed=True),
        note=check_reason(note, field="note"),
        review_id=None if review is None else review.id,
        imposed_by_id=viewer.me,
        ends_at=None if kind is SanctionKind.WARNING else ends_at,
    )
    session().add(sanction)
    session().flush()
    settle(user_id, by_id=viewer.me)
    _record(viewer, "person", kind, sanction, reason=sanction.reason)
    emit(SanctionImposed(sanction.id))
    return sanction


def lift(viewer: Viewer, *, sanction_id: int, reason: str) -> Sanction:
    """Take it back before its time: whoever may impose such a one may lift it."""
    sanction = sanction_seen(viewer, sanction_id)
    user_id = sanction.user_id
    kind = SanctionKind(sanction.kind)
    authorise(viewer, ModerationRight.SANCTION, Target(user_id, _is_staff(user_id), kind, sanction.scope))
    lift_by_rule(viewer, sanction, reason=check_reason(reason, is_needed=True))
    return sanction


def lift_by_rule(viewer: Viewer, sanction: Sanction, *, reason: str) -> None:
    """The same, where a decision about an appeal has it so."""
    _hold(sanction.user_id)
    session().refresh(sanction)
    if sanction.lifted_at is not None:
        raise ConflictError(_("It was lifted already."))
    sanction.lifted_at, sanction.lifted_by_id, sanction.lift_reason = now(), viewer.user_id, reason
    session().flush()
    settle(sanction.user_id, by_id=viewer.user_id)
    _record(viewer, "lift", SanctionKind(sanction.kind), sanction, reason=reason)
    emit(SanctionLifted(sanction.id))


def acknowledge(viewer: Viewer, *, sanction_id: int) -> None:
    """I have read it."""
    authorise(viewer, ModerationRight.READ_OWN)
    sanction = sanction_of(sanction_id)
    if sanction.user_id != viewer.me:
        raise NotFoundError
    sanction.seen_at = sanction.seen_at or now()


def settle(user_id: int, *, by_id: int | None = None) -> bool:
    """Let the sanctions in force count at the doors: the only function that does. Says whether it changed anything."""
    user = session().get_one(User, user_id)
    if user.left_at is not None:
        return False  # whoever went for good is let in by nothing
    silenced, suspended = (_last_end(user_id, kind) for kind in (SanctionKind.SILENCE, SanctionKind.SUSPENSION))
    is_changed = user.silenced_until != silenced
    user.silenced_until = silenced
    until = None if suspended == FOREVER else suspended
    if suspended is not None and (user.suspended_at is None or user.suspended_until != until):
        shut_out(user_id, until=until, by_id=by_id)
    elif suspended is None and user.suspended_at is not None:
        let_in(user_id, by_id=by_id)
    else:
        return is_changed
    return True


@job("moderation.end_sanctions", every=timedelta(minutes=1))
def end_due() -> None:
    """Take off the marks of what has ended. The doors look at the time themselves."""
    ended = select(User.id).where(or_(User.silenced_until <= now(), User.suspended_until <= now())).order_by(User.id)
    for user_id in session().scalars(ended.limit(500).with_for_update(key_share=True)).all():
        settle(user_id)


def in_force(kind: SanctionKind | None = None) -> ColumnElement[bool]:
    """Neither lifted nor ended: a warning stands for good."""
    runs = and_(Sanction.lifted_at.is_(None), or_(Sanction.ends_at.is_(None), Sanction.ends_at > now()))
    return runs if kind is None else and_(runs, Sanction.kind == kind.value)


def sanction_seen(viewer: Viewer, sanction_id: int) -> Sanction:
    """By its number, as a moderator; raises `NotFoundError` for one of a place that is not theirs to know of."""
    seen = select(Sanction).where(Sanction.id == sanction_id, visible_sanctions(viewer))
    sanction = session().scalars(seen).first()
    if sanction is None:
        raise NotFoundError
    return sanction


def sanction_of(sanction_id: int) -> Sanction:
    """By its number; raises `NotFoundError`."""
    sanction = session().get(Sanction, sanction_id)
    if sanction is None:
        raise NotFoundError
    return sanction


def _last_end(user_id: int, kind: SanctionKind) -> datetime | None:
    """When the last of them ends; None where none is in force."""
    ends = session().scalars(select(Sanction.ends_at).where(Sanction.user_id == user_id, in_force(kind))).all()
    return max((end or FOREVER for end in ends), default=None)


def _hold(user_id: int) -> None:
    held = session().scalar(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    if held is None:
        raise NotFoundError


def _is_staff(user_id: int) -> bool:
    held = exists().where(Grant.user_id == user_id, Grant.token == STAFF)
    return bool(session().scalar(select(held)))


def _record(viewer: Viewer, verb: str, kind: SanctionKind, sanction: Sanction, *, reason: str) -> None:
    """In the log stands what was done and why, and not to whom: the sanction's number leads the staff there."""
    ref = Ref(SANCTION, sanction.id)
    rule = session().get(HouseRule, sanction.rule_id) if sanction.rule_id else None
    record_act(
        viewer,
        act=f"{verb}.{kind.value}",
        ref=ref,
        place=ref,
        audience=sanction.audience,
        reason=reason,
        details={
            "right": ModerationRight.SANCTION.value,
            "rule": rule.slug if rule else "",
            "hours": _hours(sanction),
        },
    )


def _hours(sanction: Sanction) -> int | None:
    if sanction.ends_at is None:
        return None
    return round((sanction.ends_at - sanction.created_at).total_seconds() / 3600)

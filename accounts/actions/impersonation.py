"""Somebody of the staff looks at the site as a member does, to help: reading only, for a reason, and in the open."""

from datetime import timedelta

from sqlalchemy import select

from accounts.actions.security_log import tell
from accounts.devices import Origin
from accounts.events import StaffHelped
from accounts.models import Grant, User, UserSession
from accounts.names import clean_line
from accounts.policy import AccountRight
from accounts.recent import must_be_recent
from accounts.security_log import Kind
from kernel.clock import now
from kernel.db import session
from kernel.errors import ForbiddenError, InvalidError
from kernel.events import emit
from kernel.ids import hash_token, new_token
from kernel.policy import authorise
from kernel.viewer import STAFF, Viewer
from kernel.words import gettext as _

LASTS = timedelta(minutes=30)
SHORTEST_REASON, LONGEST_REASON = 10, 300


def impersonate(viewer: Viewer, person: User, *, reason: str, origin: Origin) -> str:
    """The token of a session in which the viewer sees the site as `person`, who is told at once, and why."""
    authorise(viewer, AccountRight.IMPERSONATE, person.id)
    must_be_recent(viewer)
    if session().scalar(select(Grant.token).where(Grant.user_id == person.id, Grant.token == STAFF)) is not None:
        raise ForbiddenError(_("Nobody looks at the site as somebody else of the staff."))
    reason = clean_reason(reason)
    token = new_token()
    session().add(
        UserSession(
            user_id=person.id,
            impersonator_id=viewer.me,
            token_hash=hash_token(token),
            expires_at=now() + LASTS,
            proved_at=None,
            way="impersonation",
            ip=origin.ip[:45],
            user_agent=origin.user_agent[:300],
        )
    )
    session().flush()
    tell(person, Kind.IMPERSONATED, detail=reason, viewer=viewer)
    emit(StaffHelped(viewer.me, person.id, "impersonate", reason))
    return token


def clean_reason(text: str) -> str:
    """Why the staff do something that the person will read: a sentence, not a word."""
    reason = clean_line(text)
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise InvalidError(
            errors={
                "reason": _(
                    "Please say why, in %(least)s to %(most)s characters; the person reads it.",
                    least=SHORTEST_REASON,
                    most=LONGEST_REASON,
                )
            }
        )
    return reason

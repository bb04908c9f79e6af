"""Writing down what happened to how an account is opened, and telling its owner by mail."""

from datetime import timedelta

from sqlalchemy import delete, update

from accounts.devices import Origin
from accounts.mails import mail_security
from accounts.models import SecurityEvent, User, UserSession
from accounts.security_log import KEPT, Kind
from kernel.clock import now
from kernel.db import session
from kernel.jobs import job
from kernel.viewer import Viewer

ADDRESS_KEPT = timedelta(days=90)


def note(
    user_id: int, kind: Kind, *, detail: str = "", viewer: Viewer | None = None, origin: Origin | None = None
) -> SecurityEvent:
    """Write one line; where no origin is known, that of the viewer's session is taken, if it is their own."""
    is_own = viewer is not None and viewer.user_id == user_id
    if origin is None and is_own and viewer is not None and viewer.session_id is not None:
        row = session().get(UserSession, viewer.session_id)
        origin = Origin(row.ip, row.user_agent) if row else None
    event = SecurityEvent(
        user_id=user_id,
        kind=kind,
        detail=detail[:300],
        by_user_id=None if viewer is None or is_own else viewer.user_id,
        ip=origin.ip[:45] if origin else "",
        user_agent=origin.user_agent[:300] if origin else "",
        at=now(),
    )
    session().add(event)
    return event


def tell(
    user: User, kind: Kind, *, detail: str = "", viewer: Viewer | None = None, origin: Origin | None = None
) -> None:
    """The same, and a mail to the owner: for what somebody else would do who got in."""
    mail_security(user, note(user.id, kind, detail=detail, viewer=viewer, origin=origin))


@job("accounts.forget-security-log", every=timedelta(hours=12))
def forget() -> None:
    """Lines go after a year, the addresses in them after three months."""
    session().execute(delete(SecurityEvent).where(SecurityEvent.at < now() - KEPT))
    old = (SecurityEvent.at < now() - ADDRESS_KEPT, SecurityEvent.ip != "")
    session().execute(update(SecurityEvent).where(*old).values(ip=""))

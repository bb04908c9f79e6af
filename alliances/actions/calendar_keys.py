"""Secret addresses of calendars: a calendar program brings no cookies, so the address itself says whose it is."""

from sqlalchemy import func, select

from accounts.viewers import viewer_for
from alliances.models import CalendarKey
from alliances.policy import AllianceRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, NotFoundError
from kernel.ids import hash_token, new_token
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

MOST_KEYS = 10


def make_key(viewer: Viewer) -> str:
    """A new secret; it is shown once, only its hash is kept."""
    authorise(viewer, AllianceRight.SUBSCRIBE)
    mine = select(func.count()).where(CalendarKey.user_id == viewer.me, CalendarKey.revoked_at.is_(None))
    if (session().scalar(mine) or 0) >= MOST_KEYS:
        raise ConflictError(_("Revoke an address that you do not use any more first."))
    secret = new_token()
    session().add(CalendarKey(user_id=viewer.me, token_hash=hash_token(secret)))
    session().flush()
    return secret


def revoke_key(viewer: Viewer, *, key_id: int) -> None:
    """The address shows nothing any more. Twice is once."""
    authorise(viewer, AllianceRight.SUBSCRIBE)
    key = session().get(CalendarKey, key_id)
    if key is None or key.user_id != viewer.me:
        raise NotFoundError
    key.revoked_at = key.revoked_at or now()
    session().flush()


def viewer_of_key(secret: str) -> Viewer:
    """Whose address it is, with the rights that they have at this moment; nobody's is Not Found."""
    user_id = session().scalar(
        select(CalendarKey.user_id).where(
            CalendarKey.token_hash == hash_token(secret), CalendarKey.revoked_at.is_(None)
        )
    )
    viewer = viewer_for(user_id) if user_id is not None else Viewer()
    if not viewer.is_member:
        raise NotFoundError
    return viewer


def my_keys(viewer: Viewer) -> list[CalendarKey]:
    """The addresses that work, the newest first."""
    mine = select(CalendarKey).where(CalendarKey.user_id == viewer.me, CalendarKey.revoked_at.is_(None))
    return list(session().scalars(mine.order_by(CalendarKey.id.desc())))

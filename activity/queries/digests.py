from sqlalchemy import select

from activity.models import Digest
from activity.topics import DIGESTS
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.viewer import Viewer


def digest_at(viewer: Viewer, name: str) -> Digest:
    """The viewer's own digest of a period and day, such as `weekly-2026-11-23`."""
    period, _hyphen, day = name.partition("-")
    mine = (Digest.user_id == viewer.me, Digest.period == period, Digest.day == day)
    found = session().scalar(select(Digest).where(*mine)) if period in DIGESTS else None
    if found is None:
        raise NotFoundError
    return found


def latest_digest(viewer: Viewer) -> str | None:
    """The name of the newest one that the viewer was sent."""
    row = (
        session()
        .execute(
            select(Digest.period, Digest.day).where(Digest.user_id == viewer.me).order_by(Digest.id.desc()).limit(1)
        )
        .first()
    )
    return f"{row.period}-{row.day}" if row is not None else None

"""What a thread's page hangs on, in one small query: which version it has, and up to which number posts have come."""

from typing import NamedTuple

from sqlalchemy import bindparam, select

from forum.models import Board, Community, Thread
from forum.policy import IN_SIGHT, sight
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.viewer import Viewer

_STAMP = (
    select(Thread.slug, Thread.version, Thread.post_count, Thread.merged_into_id)
    .join(Board, Board.id == Thread.board_id)
    .join(Community, Community.id == Thread.community_id)
    .where(Thread.id == bindparam("thread_id"), IN_SIGHT)
)


class Stamp(NamedTuple):
    """The columns."""

    slug: str
    version: int
    post_count: int
    merged_into_id: int | None


def stamp_of(viewer: Viewer, thread_id: int) -> Stamp:
    """The stamp of a thread that the viewer sees; raises `NotFoundError`."""
    found = session().connection().execute(_STAMP, {"thread_id": thread_id, **sight(viewer)}).first()
    if found is None:
        raise NotFoundError
    return Stamp(*found)

"""The boards of an alliance with what was last written there, as far as the viewer sees them."""

from dataclasses import dataclass

from sqlalchemy import select

from alliances.models import Alliance
from forum.addresses import board_url
from forum.models import Board, Community, Thread
from forum.naming import label_of
from forum.policy import visible_boards
from forum.queries import lists
from forum.queries.rows import ThreadRow
from kernel.db import session
from kernel.viewer import Viewer

SOME = 5


@dataclass(frozen=True, slots=True)
class AllianceBoard:
    """A board of an alliance as a link, and the place where one starts a thread on it."""

    name: str
    url: str
    place: str
    thread_count: int
    is_closed: bool


def boards_of(viewer: Viewer, alliance_id: int, *, token: str | None = None) -> list[AllianceBoard]:
    """Those that the viewer sees; with `token`, only the board that bears it. One query."""
    query = (
        select(Board, Community.slug, Alliance)
        .join(Community, Community.id == Board.community_id)
        .join(Alliance, Alliance.id == Board.alliance_id)
        .where(Board.alliance_id == alliance_id, visible_boards(viewer))
        .order_by(Board.position, Board.id)
    )
    if token is not None:
        query = query.where(Board.audience == token)
    return [
        AllianceBoard(
            name=label_of(board.name(viewer.locale), alliance.name_in(viewer.locale)),
            url=board_url(slug, board.slug),
            place=f"{slug}/{board.slug}",
            thread_count=board.thread_count,
            is_closed=board.closed_at is not None,
        )
        for board, slug, alliance in session().execute(query)
    ]


def threads_of(viewer: Viewer, alliance_id: int, *, token: str | None = None) -> list[ThreadRow]:
    """What was last written to on them. One query."""
    where = [Thread.alliance_id == alliance_id]
    if token is not None:
        where.append(Board.audience == token)
    return lists.thread_page(viewer, *where, limit=SOME).items

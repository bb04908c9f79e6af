"""Communities with their state at a glance: every number is over the boards that this viewer sees."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from accounts.models import Grant, User
from activity.models import Follow, Level
from alliances.models import Alliance
from forum.models import Board, BoardDay, Community, Tag
from forum.models.thread import ThreadKind
from forum.naming import label_of
from forum.policy import ForumRight, Start, visible_boards
from forum.queries.lists import board_place, community_place
from forum.queries.people import person_columns, person_of
from forum.queries.rows import AllianceBoards, BoardRow, CommunityRow, Company, Day
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.policy import verdict
from kernel.viewer import Viewer

DAYS = 30
MOST_TAGS = 200
MOST_MODERATORS = 20

Moderator = aliased(User, name="moderator")


def communities(viewer: Viewer) -> list[CommunityRow]:
    """All communities of which the viewer sees a board: two queries."""
    rows = session().execute(_boards(viewer)).all()
    days = _days([row.Board.id for row in rows])
    grouped: dict[int, list[Row[Board, Community, str]]] = defaultdict(list)
    for row in rows:
        grouped[row.Community.id].append(row)
    return [_community_row(viewer, group, days) for group in grouped.values()]


def community_named(viewer: Viewer, slug: str) -> CommunityRow:
    """One community; two queries; `NotFoundError` when the viewer sees no board of it."""
    rows = session().execute(_boards(viewer).where(Community.slug == slug)).all()
    if not rows:
        raise NotFoundError
    return _community_row(viewer, rows, _days([row.Board.id for row in rows]))


def version_of(viewer: Viewer, slug: str | None = None) -> int:
    """A number that changes whenever a list of threads in this community (or in any) may look different."""
    query = select(func.sum(Board.version)).where(visible_boards(viewer))
    if slug is not None:
        query = query.join(Community, Community.id == Board.community_id).where(Community.slug == slug)
    return int(session().scalar(query) or 0)


def _boards(viewer: Viewer) -> Select[Board, Community, str]:
    return (
        select(Board, Community, Follow.level)
        .join(Community, Community.id == Board.community_id)
        .outerjoin(
            Follow,
            and_(
                Follow.kind == "forum.community",
                Follow.ref_id == Community.id,
                Follow.user_id == viewer.user_id,
            ),
        )
        .where(visible_boards(viewer))
        .order_by(Community.position, Board.position, Board.id)
    )


def _days(board_ids: list[int]) -> dict[int, list[Any]]:
    """Posts by board and day over the last weeks: at most `DAYS` rows a board, however many posts there are."""
    rows = session().execute(
        select(BoardDay.board_id, BoardDay.day, BoardDay.posts).where(
            BoardDay.board_id.in_(board_ids), BoardDay.day > now().date() - timedelta(days=DAYS)
        )
    )
    by_board: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_board[row.board_id].append(row)
    return by_board


def _community_row(
    viewer: Viewer, rows: Sequence[Row[Board, Community, str]], days: dict[int, list[Any]]
) -> CommunityRow:
    community: Community = rows[0].Community
    everything: list[Board] = [row.Board for row in rows]
    boards = [board for board in everything if board.alliance_id is None]
    posts: dict[Any, int] = defaultdict(int)
    for board in boards:
        for bar in days.get(board.id, ()):
            posts[bar.day] += bar.posts
    today = now().date()
    span = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return CommunityRow(
        place=community_place(community, viewer),
        about=community.about(viewer.locale),
        code=community.code,
        thread_count=sum(board.thread_count for board in boards),
        post_count=sum(board.post_count for board in boards),
        open_question_count=sum(board.open_question_count for board in boards),
        follower_count=community.follower_count,
        days=[Day(day, posts.get(day, 0)) for day in span],
        boards=[
            BoardRow(
                board_place(board, community, viewer),
                board.audience,
                board.alliance_id,
                board.closed_at is not None,
                board.thread_count,
                board.post_count,
                board.open_question_count,
            )
            for board in everything
        ],
        level=rows[0].level or Level.NORMAL,
    )


def company(viewer: Viewer, community_id: int) -> Company:
    """The moderators of a community, and the viewer's own profile: one query for both."""
    looks_after = select(Grant.user_id).where(Grant.token == f"moderator:{community_id}")
    rows = (
        session()
        .execute(
            select(
                Moderator.id,
                Moderator.fields,
                Moderator.affiliation_kind,
                Moderator.id.in_(looks_after).label("is_moderator"),
                *person_columns(Moderator, "moderator"),
            )
            .where(or_(Moderator.id == viewer.user_id, Moderator.id.in_(looks_after)))
            .order_by(Moderator.id)
            .limit(MOST_MODERATORS)
        )
        .all()
    )
    me = next((row for row in rows if row.id == viewer.user_id), None)
    return Company(
        moderators=[person_of(row, "moderator", user_id=row.id, name="") for row in rows if row.is_moderator],
        my_fields=tuple(me.fields) if me else (),
        my_affiliation_kind=me.affiliation_kind if me else "",
    )


def alliances_here(viewer: Viewer, boards: Sequence[BoardRow]) -> list[AllianceBoards]:
    """The boards of alliances among these, each under the name of its alliance."""
    grouped: dict[int, list[BoardRow]] = defaultdict(list)
    for row in boards:
        if row.alliance_id is not None:
            grouped[row.alliance_id].append(row)
    if not grouped:
        return []
    found = session().scalars(select(Alliance).where(Alliance.id.in_(sorted(grouped))).order_by(Alliance.id))
    return [
        AllianceBoards(
            name=alliance.name_in(viewer.locale),
            url=alliance.url,
            boards=[
                (row.place, label_of(row.place.name, alliance.name_in(viewer.locale))) for row in grouped[alliance.id]
            ],
        )
        for alliance in found
    ]


def level_of(viewer: Viewer, kind: str, ref_id: int) -> str:
    """At which level I follow a thing."""
    if not viewer.signed_in:
        return "normal"
    found = session().get(Follow, (viewer.user_id, kind, ref_id))
    return found.level if found else "normal"


def tags() -> list[Tag]:
    """The tags of public threads, the most used first."""
    return list(
        session().scalars(
            select(Tag)
            .where(Tag.public_thread_count > 0)
            .order_by(Tag.public_thread_count.desc(), Tag.id)
            .limit(MOST_TAGS)
        )
    )


def tag_named(name: str) -> Tag:
    """A tag by its name; `NotFoundError` when nobody uses it."""
    tag = session().scalars(select(Tag).where(Tag.name == name)).first()
    if tag is None:
        raise NotFoundError
    return tag


def reasons_against(viewer: Viewer, start: Start) -> dict[str, str]:
    """For each kind of thread, why this viewer may not start it so; empty where they may."""
    answers = {kind.value: verdict(viewer, ForumRight.START, start.of_kind(kind)) for kind in ThreadKind}
    return {kind: getattr(answer, "reason", "") for kind, answer in answers.items()}

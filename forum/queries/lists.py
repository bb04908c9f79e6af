"""Lists of threads: always scoped to what the viewer may see, with what they have read of each, by keyset."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Row, Select, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from accounts.models import User
from activity.models import Follow, Level
from forum.addresses import board_url, community_url, number_url, thread_url
from forum.models import Board, Community, ReadMark, Tag, Thread, ThreadTag
from forum.models.thread import ThreadKind
from forum.policy import live_threads
from forum.queries.people import person_columns, person_of
from forum.queries.rows import Person, Place, ThreadRow
from kernel.clock import now
from kernel.db import session
from kernel.paging import Key, Page, keyset_page
from kernel.viewer import PUBLIC, Viewer

Author = aliased(User, name="author")
LastAuthor = aliased(User, name="last_author")

LIST = 30
SOME = 5
NEW_FOR = timedelta(days=14)

_thread = Thread.__table__

BY_ACTIVITY: tuple[Key, ...] = (Thread.last_post_at, Thread.id)
BY_BIRTH: tuple[Key, ...] = (Thread.id,)


def thread_page(
    viewer: Viewer,
    *where: ColumnElement[bool],
    keys: Sequence[Key] = BY_ACTIVITY,
    cursor: str | None = None,
    limit: int = LIST,
    with_muted: bool = False,
) -> Page[ThreadRow]:
    """Threads that `viewer` sees and that satisfy `where`, newest activity first."""
    query = list_statement().where(live_threads(viewer), *where)
    if viewer.signed_in and not with_muted:
        query = query.where(or_(Follow.level.is_(None), Follow.level != Level.MUTED))
    return keyset_page(query, keys=keys, limit=limit, cursor=cursor, params={"me": viewer.user_id}).map(
        lambda row: row_of(row, viewer)
    )


def set_apart(viewer: Viewer, *where: ColumnElement[bool]) -> tuple[list[ThreadRow], list[ThreadRow]]:
    """The pinned threads, and some questions that wait, of those that satisfy `where`: one query for both."""
    places = select(Thread.id).join(Board, Board.id == Thread.board_id).where(live_threads(viewer), *where)
    pinned = places.where(Thread.pinned_at.is_not(None)).order_by(Thread.pinned_at.desc()).limit(SOME)
    open_ = places.where(waiting()).order_by(Thread.last_post_at.desc(), Thread.id.desc()).limit(SOME)
    query = list_statement().where(
        or_(Thread.id.in_(select(pinned.subquery().c.id)), Thread.id.in_(select(open_.subquery().c.id)))
    )
    rows = [
        row_of(row, viewer)
        for row in session().execute(query.order_by(Thread.last_post_at.desc()), {"me": viewer.user_id})
    ]
    return [row for row in rows if row.is_pinned], [
        row for row in rows if row.kind == ThreadKind.QUESTION and not row.is_answered
    ][:SOME]


def waiting() -> ColumnElement[bool]:
    """Questions without an accepted answer."""
    return and_(Thread.kind == ThreadKind.QUESTION, Thread.accepted_number.is_(None))


def answered() -> ColumnElement[bool]:
    """Questions with one."""
    return and_(Thread.kind == ThreadKind.QUESTION, Thread.accepted_number.is_not(None))


def new_to_me(viewer: Viewer) -> ColumnElement[bool]:
    """Started in the last fortnight by others, and never opened by me."""
    return and_(
        Thread.created_at > now() - NEW_FOR,
        ReadMark.number.is_(None),
        Thread.author_id.is_distinct_from(viewer.user_id),
    )


def unread_by_me() -> ColumnElement[bool]:
    """Threads that I track or watch and that went on since I read them."""
    return and_(ReadMark.number < Thread.post_count, Follow.level.in_([Level.TRACKING, Level.WATCHING]))


def tagged(tag_id: int) -> ColumnElement[bool]:
    """Threads that bear a tag."""
    return Thread.id.in_(select(ThreadTag.thread_id).where(ThreadTag.tag_id == tag_id))


def followed_by_me(viewer: Viewer) -> ColumnElement[bool]:
    """Threads in communities, under tags and by people that I track or watch, and threads that I do."""
    hearing = [Level.TRACKING, Level.WATCHING]

    def refs(kind: str) -> Select[int]:
        return select(Follow.ref_id).where(
            Follow.user_id == viewer.user_id, Follow.kind == kind, Follow.level.in_(hearing)
        )

    return or_(
        Thread.id.in_(refs("forum.thread")),
        Thread.community_id.in_(refs("forum.community")),
        Thread.author_id.in_(refs("accounts.user")),
        Thread.id.in_(select(ThreadTag.thread_id).where(ThreadTag.tag_id.in_(refs("forum.tag")))),
    )


def not_muted(viewer: Viewer) -> ColumnElement[bool]:
    """Outside of the communities, tags and people that I muted."""

    def refs(kind: str) -> Select[int]:
        return select(Follow.ref_id).where(
            Follow.user_id == viewer.user_id, Follow.kind == kind, Follow.level == Level.MUTED
        )

    return and_(
        Thread.community_id.not_in(refs("forum.community")),
        or_(Thread.author_id.is_(None), Thread.author_id.not_in(refs("accounts.user"))),
        Thread.id.not_in(
            select(ThreadTag.thread_id).join(Tag, Tag.id == ThreadTag.tag_id).where(Tag.id.in_(refs("forum.tag")))
        ),
    )


@cache
def list_statement() -> Select[Any]:
    """Threads with place, authors, and what the person of parameter `me` has read and follows of each."""
    me: BindParameter[int] = bindparam("me")
    return (
        select(
            *_thread.columns,
            Board.slug.label("board_slug"),
            Board.name_zh.label("board_zh"),
            Board.name_en.label("board_en"),
            Board.audience,
            Board.closed_at,
            Community.slug.label("community_slug"),
            Community.name_zh.label("community_zh"),
            Community.name_en.label("community_en"),
            *person_columns(Author, "author"),
            *person_columns(LastAuthor, "last_author"),
            ReadMark.number.label("read_number"),
            Follow.level,
        )
        .select_from(Thread)
        .join(Board, Board.id == Thread.board_id)
        .join(Community, Community.id == Thread.community_id)
        .outerjoin(Author, Author.id == Thread.author_id)
        .outerjoin(LastAuthor, LastAuthor.id == Thread.last_author_id)
        .outerjoin(ReadMark, and_(ReadMark.thread_id == Thread.id, ReadMark.user_id == me))
        .outerjoin(
            Follow,
            and_(Follow.kind == "forum.thread", Follow.ref_id == Thread.id, Follow.user_id == me),
        )
    )


def row_of(row: Row[Any], viewer: Viewer) -> ThreadRow:
    """A thread's row from the columns of `list_statement`."""
    language = "zh" if viewer.locale.startswith("zh") else "en"
    facts = row._mapping  # noqa: SLF001 - the public name of a row's mapping
    is_new = (
        viewer.signed_in
        and row.read_number is None
        and row.author_id != viewer.user_id
        and row.last_post_at > now() - NEW_FOR
    )
    return thread_row(
        row,
        author=person_of(row, "author", user_id=row.author_id, name=row.author_name, url=row.author_url),
        last_author=person_of(row, "last_author", user_id=row.last_author_id, name=row.last_author_name),
        community=Place(
            row.community_id,
            row.community_slug,
            facts[f"community_{language}"],
            community_url(row.community_slug),
        ),
        board=Place(
            row.board_id,
            row.board_slug,
            facts[f"board_{language}"],
            board_url(row.community_slug, row.board_slug),
            is_private=row.audience != PUBLIC,
        ),
        read=row.read_number,
        level=row.level,
        is_new=is_new,
    )


def thread_row(
    thread: Any,
    *,
    author: Person,
    last_author: Person,
    community: Place,
    board: Place,
    read: int | None,
    level: str | None,
    is_new: bool = False,
) -> ThreadRow:
    """The row of a thread, from its model or from a query's row of the same columns."""
    base = thread_url(thread.id, thread.slug)
    is_behind = read is not None and read < thread.post_count
    return ThreadRow(
        id=thread.id,
        title=thread.title,
        url=base,
        kind=thread.kind,
        lens=thread.lens,
        lang=thread.lang,
        tags=tuple(thread.tags),
        author=author,
        created_at=thread.created_at,
        last_post_at=thread.last_post_at,
        last_author=last_author,
        reply_count=max(thread.live_post_count - 1, 0),
        community=community,
        board=board,
        is_pinned=thread.pinned_at is not None,
        is_locked=thread.locked_at is not None,
        is_answered=thread.accepted_number is not None,
        is_deleted=thread.deleted_at is not None and thread.merged_into_id is None,
        has_poll=thread.has_poll,
        unread=thread.post_count - read if read is not None and is_behind else 0,
        is_new=is_new,
        first_unread_url=number_url(base, read + 1) if read is not None and is_behind else None,
        level=level or Level.NORMAL,
        source_name=thread.source_name,
    )


def community_place(community: Community, viewer: Viewer) -> Place:
    """A community as a link."""
    return Place(community.id, community.slug, community.name(viewer.locale), community_url(community.slug))


def board_place(board: Board, community: Community, viewer: Viewer) -> Place:
    """A board as a link."""
    return Place(
        board.id,
        board.slug,
        board.name(viewer.locale),
        board_url(community.slug, board.slug),
        is_private=board.audience != PUBLIC,
    )

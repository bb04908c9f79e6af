"""Posts with the texts behind them, for programs: by number from anywhere in the thread, or one by its id."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, select

from forum.addresses import thread_url
from forum.loading import post_of, thread_of
from forum.models import Post, Thread
from forum.policy import moderates
from forum.queries.page import Asked, AskedBy, Author, my_marks, post_row
from forum.queries.people import person_columns
from forum.queries.rows import PostRow
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class PostText:
    """A post as its page shows it, and the Markdown it was cooked from; None where nothing is shown."""

    row: PostRow
    thread_id: int
    body: str | None
    shows: bool
    reply_to_id: int | None
    source_name: str
    source_url: str
    licence: str


def posts_page(
    viewer: Viewer, thread_id: int, *, start: int | None = None, cursor: str | None = None, limit: int
) -> Page[PostText]:
    """Posts of a thread by number, from `cursor` or from number `start`; raises `NotFoundError`."""
    thread, board = thread_of(viewer, thread_id)
    query = _statement().where(Post.thread_id == thread.id)
    if cursor is None and start is not None:
        query = query.where(Post.number >= start)
    page = keyset_page(query, keys=[Post.number], limit=limit, cursor=cursor, descending=False)
    return Page(_texts(viewer, thread, page.items, is_closed=board.closed_at is not None), page.next)


def post_text(viewer: Viewer, post_id: int) -> PostText:
    """One post; raises `NotFoundError`."""
    post, thread, board = post_of(viewer, post_id)
    rows = session().execute(_statement().where(Post.id == post.id)).all()
    if not rows:
        raise NotFoundError
    return _texts(viewer, thread, list(rows), is_closed=board.closed_at is not None)[0]


def _statement() -> Select[Any]:
    return (
        select(
            *Post.__table__.columns,
            *person_columns(Author, "author"),
            Asked.number.label("asked_number"),
            Asked.author_name.label("asked_name"),
            AskedBy.display_name.label("asked_by"),
        )
        .select_from(Post)
        .outerjoin(Author, Author.id == Post.author_id)
        .outerjoin(Asked, Asked.id == Post.reply_to_id)
        .outerjoin(AskedBy, AskedBy.id == Asked.author_id)
    )


def _texts(viewer: Viewer, thread: Thread, rows: list[Row[Any]], *, is_closed: bool) -> list[PostText]:
    mine = my_marks(viewer, [row.id for row in rows])
    base = thread_url(thread.id, thread.slug)
    is_keeper = moderates(viewer, thread)
    return [
        _text(
            row,
            post_row(
                row,
                viewer=viewer,
                thread=thread,
                base=base,
                mine=mine,
                read=None,
                moderates=is_keeper,
                is_closed=is_closed,
            ),
            thread,
            moderates=is_keeper,
        )
        for row in rows
    ]


def _text(row: Row[Any], shown: PostRow, thread: Thread, *, moderates: bool) -> PostText:
    shows = not shown.is_purged and (moderates or not shown.is_deleted)
    return PostText(
        row=shown,
        thread_id=thread.id,
        body=row.body if shows and row.body_format == "markdown" else None,
        shows=shows,
        reply_to_id=row.reply_to_id,
        source_name=thread.source_name,
        source_url=thread.source_url,
        licence=thread.licence,
    )

"""The posts of one page of a thread, and what decides how they look to a viewer.

What a page holds is remembered under the thread's version: whoever comes next needs only their own marks, and the
posts themselves are read again only when the page has to be rendered anew.
"""

import time
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from markupsafe import Markup
from sqlalchemy import BindParameter, Row, Select, bindparam, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from accounts.models import User
from activity.models import Bookmark, Follow, Level
from forum.addresses import PAGE, number_url, page_of
from forum.models import Post, Reaction, Thread
from forum.models.thread import ThreadKind
from forum.policy import moderates
from forum.queries.people import person_columns, person_of
from forum.queries.rows import Pages, PostRow, ReactionCount
from kernel.db import session
from kernel.shelf import Shelf
from kernel.viewer import Viewer

Author = aliased(User, name="author")
Asked = aliased(Post, name="asked")
AskedBy = aliased(User, name="asked_by")

Marks = frozenset[tuple[int, str]]

BYTES_A_POST = 200
MINUTE = 60.0

_summaries = Shelf(4 * 1024 * 1024)


@dataclass(slots=True)
class PagePosts:
    """The posts from one number to another, and the accepted answer with the first page of a question."""

    viewer: Viewer
    thread: Thread
    base: str
    pages: Pages
    read_number: int | None
    is_closed: bool
    marks: Marks = frozenset()
    authors: frozenset[int | None] = frozenset()
    _rows: list[Row[Any]] | None = None
    _posts: list[PostRow] = field(default_factory=list)

    @property
    def key(self) -> tuple[Hashable, ...]:
        """All that the page's articles depend on; names of people change elsewhere, so it holds for a minute."""
        viewer, thread = self.viewer, self.thread
        return (
            thread.id,
            thread.version,
            self.pages.first,
            None if self.read_number is None else min(max(self.read_number, self.pages.first - 2), self.pages.last),
            self.marks,
            moderates(viewer, thread),
            self.is_closed,
            viewer.user_id if viewer.user_id in self.authors or viewer.user_id == thread.author_id else None,
            viewer.signed_in,
            viewer.is_member,
            int(time.monotonic() // MINUTE),
        )

    @property
    def posts(self) -> list[PostRow]:
        """The posts of the page."""
        return [post for post in self._load() if self.pages.first <= post.number <= self.pages.last]

    @property
    def accepted(self) -> PostRow | None:
        """The accepted answer, on the first page of its question."""
        return next((post for post in self._load() if post.is_accepted), None) if self.pages.number == 1 else None

    def _load(self) -> list[PostRow]:
        if not self._posts:
            rows = self._rows if self._rows is not None else _read(self.thread, self.pages)
            is_keeper = moderates(self.viewer, self.thread)
            self._posts = [
                post_row(
                    row,
                    viewer=self.viewer,
                    thread=self.thread,
                    base=self.base,
                    mine=self.marks,
                    read=self.read_number,
                    moderates=is_keeper,
                    is_closed=self.is_closed,
                )
                for row in rows
            ]
        return self._posts


def posts_of_page(
    viewer: Viewer, thread: Thread, *, base: str, pages: Pages, read_number: int | None, is_closed: bool
) -> PagePosts:
    """The page's posts, with the viewer's marks: one query if somebody saw this version before, else two."""
    summary = (thread.id, pages.first, thread.version)
    known = _summaries.get(summary)
    rows = None
    if not isinstance(known, tuple):
        rows = _read(thread, pages)
        known = (tuple(row.id for row in rows), frozenset(row.author_id for row in rows))
        _summaries.put(summary, known, BYTES_A_POST * (len(rows) + 1))
    ids, authors = known
    marks = my_marks(viewer, list(ids), authors)
    return PagePosts(viewer, thread, base, pages, read_number, is_closed, marks, authors, rows)


def _read(thread: Thread, pages: Pages) -> list[Row[Any]]:
    span = {
        "thread_id": thread.id,
        "first": pages.first,
        "last": pages.last,
        "accepted": thread.accepted_number if pages.number == 1 else None,
    }
    return list(session().connection().execute(_posts_statement(), span))


@cache
def _posts_statement() -> Select[Any]:
    """A page of posts by their numbers, the accepted one with it wherever it stands."""
    post = Post.__table__
    columns = [
        column for column in post.columns if column.name not in ("body", "body_format", "renderer", "last_edit_reason")
    ]
    return (
        select(
            *columns,
            *person_columns(Author, "author"),
            Asked.number.label("asked_number"),
            Asked.author_name.label("asked_name"),
            AskedBy.display_name.label("asked_by"),
        )
        .select_from(Post)
        .outerjoin(Author, Author.id == Post.author_id)
        .outerjoin(Asked, Asked.id == Post.reply_to_id)
        .outerjoin(AskedBy, AskedBy.id == Asked.author_id)
        .where(
            Post.thread_id == bindparam("thread_id"),
            or_(
                Post.number.between(bindparam("first"), bindparam("last")),
                Post.number == bindparam("accepted"),
            ),
        )
        .order_by(Post.number)
    )


def my_marks(viewer: Viewer, post_ids: list[int], authors: Iterable[int | None] = ()) -> Marks:
    """My reactions to these posts, my bookmarks among them as `(id, "bookmark")`.

    Of their authors, those whose posts I do not want to see are `(author, "muted")`.
    """
    if not viewer.signed_in or not post_ids:
        return frozenset()
    facts = {"ids": post_ids, "me": viewer.own_id, "authors": [author for author in authors if author is not None]}
    rows = session().connection().execute(_mine_statement(), facts)
    return frozenset((row[0], row[1]) for row in rows)


@cache
def _mine_statement() -> Any:
    ids: BindParameter[list[int]] = bindparam("ids", expanding=True)
    authors: BindParameter[list[int]] = bindparam("authors", expanding=True)
    return union_all(
        select(Reaction.post_id, Reaction.name).where(Reaction.post_id.in_(ids), Reaction.user_id == bindparam("me")),
        select(Bookmark.ref_id, literal("bookmark")).where(
            Bookmark.kind == "forum.post", Bookmark.ref_id.in_(ids), Bookmark.user_id == bindparam("me")
        ),
        select(Follow.ref_id, literal("muted")).where(
            Follow.user_id == bindparam("me"),
            Follow.kind == "accounts.user",
            Follow.ref_id.in_(authors),
            Follow.level == Level.MUTED.value,
        ),
    )


def pages_of(thread: Thread, base: str, *, at: int) -> Pages:
    """Where in the thread number `at` is."""
    total = thread.post_count
    count = page_of(total)
    number = min(page_of(min(at, 2**31)), count)
    near = sorted({1, count, *range(max(1, number - 2), min(count, number + 2) + 1)})

    def url(page: int) -> str:
        return base if page == 1 else f"{base}?at={(page - 1) * PAGE + 1}"

    return Pages(
        first=(number - 1) * PAGE + 1,
        last=min(number * PAGE, max(total, 1)),
        total=total,
        number=number,
        count=count,
        links=[(page, url(page)) for page in near],
        previous_url=url(number - 1) if number > 1 else None,
        next_url=url(number + 1) if number < count else None,
        jump_url=base,
    )


def post_row(
    row: Row[Any],
    *,
    viewer: Viewer,
    thread: Thread,
    base: str,
    mine: Marks,
    read: int | None,
    moderates: bool,
    is_closed: bool,
) -> PostRow:
    """A post as this viewer sees it, from a row with the columns of its author and of what it answers."""
    is_mine = viewer.signed_in and row.author_id == viewer.user_id
    is_deleted = row.deleted_at is not None
    is_open = thread.locked_at is None and thread.deleted_at is None and viewer.is_member
    may_change = row.purged_at is None and not is_closed and (moderates or (is_mine and is_open and not is_deleted))
    shows = not is_deleted or (moderates and row.purged_at is None)
    return PostRow(
        id=row.id,
        number=row.number,
        url=number_url(base, row.number),
        author=person_of(row, "author", user_id=row.author_id, name=row.author_name, url=row.author_url),
        lang=row.lang,
        html=Markup(row.html) if shows else Markup(),  # noqa: S704 - cooked and sanitised when it was stored
        created_at=row.created_at,
        edited_at=row.edited_at,
        edit_count=row.edit_count,
        score=row.score,
        reactions=tuple(ReactionCount(name, count, (row.id, name) in mine) for name, count in row.reactions.items()),
        is_accepted=thread.accepted_number == row.number and thread.kind == ThreadKind.QUESTION,
        is_deleted=is_deleted,
        is_purged=row.purged_at is not None,
        is_mine=is_mine,
        is_bookmarked=(row.id, "bookmark") in mine,
        is_muted=(row.author_id, "muted") in mine,
        is_unread=read is not None and row.number > read,
        reply_to=(row.asked_number, row.asked_by or row.asked_name) if row.asked_number else None,
        may_edit=may_change,
        may_delete=may_change,
        version=row.version,
    )

"""Threads, replies and communities as everybody who may see them finds them.

A thread's document is its title, its tags and its opening post. A reply's is its text and, once, the words of the
title: so that a question in the words of the title leads to the thread first, and one that adds words of an answer
leads to that answer. `audience` is the board: who sees it is asked at every search, and no document changes with that.
What a thread is for is its facet `thread_kind`.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Select, case, select

from accounts.models import User
from forum.models import Community, Post, Thread
from forum.models.thread import ThreadKind
from kernel.db import session
from kernel.markup import plain_text
from search_index.documents import EPOCH, Document

THREAD, POST, COMMUNITY = "forum.thread", "forum.post", "forum.community"

ANSWERED = 1.15
ACCEPTED = 0.95
REPLY = 0.8


def board_token(board_id: int) -> str:
    """Under which token a board's content is filed."""
    return f"board:{board_id}"


def threads(ids: Sequence[int]) -> Iterator[Document]:
    """Those that are neither deleted nor merged away."""
    rows = session().execute(
        select(
            Thread.id,
            Thread.title,
            Thread.tags,
            Thread.kind,
            Thread.lang,
            Thread.board_id,
            Thread.created_at,
            Thread.accepted_number,
            Thread.author_name,
            Community.slug,
            Post.html,
            User.handle,
            User.display_name,
        )
        .join(Community, Community.id == Thread.community_id)
        .join(Post, (Post.thread_id == Thread.id) & (Post.number == 1))
        .outerjoin(User, User.id == Thread.author_id)
        .where(Thread.id.in_(ids), Thread.deleted_at.is_(None))
    )
    for row in rows:
        is_question, is_answered = row.kind == ThreadKind.QUESTION, row.accepted_number is not None
        yield Document(
            key=f"{THREAD}:{row.id}",
            kind="thread",
            title=row.title,
            body=plain_text(row.html),
            audience=board_token(row.board_id),
            at=row.created_at,
            tags=tuple(row.tags),
            authors=_authors(row.handle, row.display_name, row.author_name),
            community=row.slug,
            sectors=(row.slug,),
            facets={"thread_kind": (row.kind,)},
            marks=(("answered" if is_answered else "unanswered"),) if is_question else (),
            lang=row.lang,
            boost=ANSWERED if is_question and is_answered else 1.0,
        )


def posts(ids: Sequence[int]) -> Iterator[Document]:
    """Replies that were not deleted, in threads that were not."""
    is_accepted = case((Thread.accepted_number == Post.number, True), else_=False)
    rows = session().execute(
        select(
            Post.id,
            Post.html,
            Post.lang,
            Post.created_at,
            Post.author_name,
            is_accepted.label("is_accepted"),
            Thread.title,
            Thread.board_id,
            Community.slug,
            User.handle,
            User.display_name,
        )
        .join(Thread, Thread.id == Post.thread_id)
        .join(Community, Community.id == Thread.community_id)
        .outerjoin(User, User.id == Post.author_id)
        .where(Post.id.in_(ids), Post.number > 1, Post.deleted_at.is_(None), Thread.deleted_at.is_(None))
    )
    for row in rows:
        yield Document(
            key=f"{POST}:{row.id}",
            kind="post",
            title="",
            body=f"{row.title}\n\n{plain_text(row.html)}",
            audience=board_token(row.board_id),
            at=row.created_at,
            authors=_authors(row.handle, row.display_name, row.author_name),
            community=row.slug,
            sectors=(row.slug,),
            lang=row.lang,
            boost=ACCEPTED if row.is_accepted else REPLY,
        )


def communities(ids: Sequence[int]) -> Iterator[Document]:
    """All of them, in both languages at once. They have no date: the epoch stands for it, and weighs nothing."""
    for row in session().scalars(select(Community).where(Community.id.in_(ids))):
        yield Document(
            key=f"{COMMUNITY}:{row.id}",
            kind="community",
            title=f"{row.name_zh} {row.name_en}",
            body=f"{row.about_zh}\n{row.about_en}",
            audience="public",
            at=EPOCH,
            community=row.slug,
            sectors=(row.slug,),
        )


def thread_ids(after: int, limit: int) -> Sequence[int]:
    """The next threads that have a document."""
    return _ids(select(Thread.id).where(Thread.id > after, Thread.deleted_at.is_(None)).order_by(Thread.id), limit)


def post_ids(after: int, limit: int) -> Sequence[int]:
    """The next replies that may have one."""
    query = select(Post.id).where(Post.id > after, Post.number > 1, Post.deleted_at.is_(None))
    return _ids(query.order_by(Post.id), limit)


def community_ids(after: int, limit: int) -> Sequence[int]:
    """The next communities."""
    return _ids(select(Community.id).where(Community.id > after).order_by(Community.id), limit)


def _ids(query: Select[int], limit: int) -> Sequence[int]:
    return session().scalars(query.limit(limit)).all()


def _authors(*names: str | None) -> tuple[str, ...]:
    return tuple(name for name in names if name)

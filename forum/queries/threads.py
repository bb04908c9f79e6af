"""A thread's page in at most six queries, whoever looks and however long the thread is."""

from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, select

from activity.models import Bookmark
from alliances.models import Alliance
from forum.addresses import thread_url
from forum.models import Draft, Post, Thread
from forum.policy import IN_SIGHT, ForumRight, closed_sentence, moderates, sight
from forum.queries.lists import list_statement, row_of
from forum.queries.page import pages_of, posts_of_page
from forum.queries.polls import poll_of
from forum.queries.rows import DraftRow, Place, PostRow, ThreadView
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.policy import Denied, verdict
from kernel.viewer import Viewer


def thread_view(viewer: Viewer, thread_id: int, *, at: int | None = None) -> ThreadView:
    """Everything on the page of a thread that holds post number `at`; raises `NotFoundError`."""
    facts = {"thread_id": thread_id, "place": f"thread:{thread_id}", "me": viewer.own_id, **sight(viewer)}
    thread: Any = session().connection().execute(_statement(), facts).first()
    if thread is None:
        raise NotFoundError
    base = thread_url(thread.id, thread.slug)
    pages = pages_of(thread, base, at=at or 1)
    is_closed = thread.closed_at is not None
    reply = Denied(closed_sentence()) if is_closed else verdict(viewer, ForumRight.REPLY, thread)
    return ThreadView(
        thread=row_of(thread, viewer),
        alliance=_alliance(viewer, thread.alliance_id),
        page=posts_of_page(viewer, thread, base=base, pages=pages, read_number=thread.read_number, is_closed=is_closed),
        poll=poll_of(viewer, thread, may_vote=bool(reply)) if thread.has_poll and pages.number == 1 else None,
        pages=pages,
        accepted_number=thread.accepted_number,
        my_level=thread.level or "normal",
        is_bookmarked=thread.bookmark_id is not None,
        read_number=thread.read_number or 0,
        draft=DraftRow(thread.draft_body, thread.draft_at, thread.draft_version) if thread.draft_at else None,
        has_math=thread.has_math,
        source_url=thread.source_url,
        source_name=thread.source_name,
        licence=thread.licence,
        merged_into_url=f"/threads/{thread.merged_into_id}" if thread.merged_into_id else None,
        may_reply=bool(reply),
        why_not_reply=reply.reason if isinstance(reply, Denied) else "",
        may_accept=not is_closed and bool(verdict(viewer, ForumRight.ACCEPT, thread)),
        may_moderate=not is_closed and moderates(viewer, thread),
    )


def _alliance(viewer: Viewer, alliance_id: int | None) -> Place | None:
    """Whose board it is; whoever sees the board sees the alliance."""
    if alliance_id is None:
        return None
    found = session().get_one(Alliance, alliance_id)
    return Place(found.id, found.slug, found.name_in(viewer.locale), found.url)


@cache
def _statement() -> Select[Any]:
    """The thread with its place and author, and what I made of it."""
    me: BindParameter[int] = bindparam("me")
    return (
        list_statement()
        .add_columns(
            Bookmark.id.label("bookmark_id"),
            Draft.body.label("draft_body"),
            Draft.updated_at.label("draft_at"),
            Draft.version.label("draft_version"),
        )
        .outerjoin(
            Bookmark,
            and_(Bookmark.kind == "forum.thread", Bookmark.ref_id == Thread.id, Bookmark.user_id == me),
        )
        .outerjoin(Draft, and_(Draft.user_id == me, Draft.place == bindparam("place")))
        .where(Thread.id == bindparam("thread_id"), IN_SIGHT)
    )


def one_post(viewer: Viewer, post_id: int) -> tuple[PostRow, ThreadView]:
    """A single post as its page shows it, for the fragment that replaces it."""
    found = session().execute(select(Post.thread_id, Post.number).where(Post.id == post_id)).first()
    if found is None:
        raise NotFoundError
    view = thread_view(viewer, found.thread_id, at=found.number)
    post = next((post for post in view.page.posts if post.id == post_id), None)
    if post is None:
        raise NotFoundError
    return post, view

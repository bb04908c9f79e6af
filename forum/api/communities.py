from sqlalchemy import ColumnElement

from forum.models import Thread
from forum.policy import ForumRight
from forum.queries import communities as places
from forum.queries.lists import BY_BIRTH, tagged, thread_page, waiting
from forum.queries.rows import ThreadRow
from forum.schemas.places import (
    CommunityList,
    CommunityShown,
    CommunityThreadQuery,
    TagList,
    TagShown,
    ThreadQuery,
)
from forum.schemas.threads import ThreadItem, ThreadList
from kernel.api import PageQuery, endpoint, room
from kernel.errors import NotFoundError
from kernel.paging import Page
from kernel.viewer import Viewer


@endpoint(room, "GET", "/communities", may=ForumRight.READ, answers={200: CommunityList})
def communities(viewer: Viewer) -> CommunityList:
    """All sectors with their boards, as far as you see them."""
    return CommunityList(items=[CommunityShown.of(row) for row in places.communities(viewer)])


@endpoint(room, "GET", "/communities/<slug>", may=ForumRight.READ, answers={200: CommunityShown})
def community(viewer: Viewer, *, slug: str) -> CommunityShown:
    """A sector with its boards."""
    return CommunityShown.of(places.community_named(viewer, slug))


@endpoint(
    room,
    "GET",
    "/communities/<slug>/threads",
    may=ForumRight.READ,
    query=CommunityThreadQuery,
    answers={200: ThreadList},
)
def community_threads(viewer: Viewer, *, slug: str, query: CommunityThreadQuery) -> ThreadList:
    """Threads of a sector or of one of its boards, the newest activity first."""
    return _listed(viewer, _scope(viewer, slug, query.board), query)


@endpoint(room, "GET", "/threads", may=ForumRight.READ, query=ThreadQuery, answers={200: ThreadList})
def threads(viewer: Viewer, *, query: ThreadQuery) -> ThreadList:
    """Threads of all sectors, the newest activity first; with `lens`, a community across the sectors."""
    return _listed(viewer, None, query)


@endpoint(room, "GET", "/tags", may=ForumRight.READ, answers={200: TagList})
def tags(_viewer: Viewer) -> TagList:
    """The words that public threads share, the most used first."""
    return TagList(items=[TagShown.of(tag) for tag in places.tags()])


@endpoint(room, "GET", "/tags/<name>/threads", may=ForumRight.READ, query=PageQuery, answers={200: ThreadList})
def tag_threads(viewer: Viewer, *, name: str, query: PageQuery) -> ThreadList:
    """Threads that bear a tag, the newest first."""
    tag = places.tag_named(name)
    page = thread_page(viewer, tagged(tag.id), keys=BY_BIRTH, cursor=query.cursor, limit=query.limit)
    if not page.items and tag.public_thread_count == 0:
        raise NotFoundError
    return _list(viewer, page)


def _scope(viewer: Viewer, slug: str, board: str | None) -> ColumnElement[bool]:
    found = places.community_named(viewer, slug)
    if board is None:
        return Thread.community_id == found.place.id
    chosen = next((row for row in found.boards if row.place.slug == board), None)
    if chosen is None:
        raise NotFoundError
    return Thread.board_id == chosen.place.id


def _listed(viewer: Viewer, scope: ColumnElement[bool] | None, query: ThreadQuery) -> ThreadList:
    where = [] if scope is None else [scope]
    if query.lens is not None:
        where.append(Thread.lens == query.lens)
    if query.view == "open":
        where.append(waiting())
    return _list(viewer, thread_page(viewer, *where, cursor=query.cursor, limit=query.limit))


def _list(viewer: Viewer, page: Page[ThreadRow]) -> ThreadList:
    return ThreadList(items=[ThreadItem.of(row, signed_in=viewer.signed_in) for row in page.items], next=page.next)

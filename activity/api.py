"""Follows, bookmarks, notices and the log over the API."""

from activity.actions import choose, follow, mail_follow, mark_read, put_aside, take_back
from activity.policy import ActivityRight
from activity.queries import bookmarks_page, follows_page, log_page, notices_page
from activity.schemas import (
    BookmarkGiven,
    BookmarkList,
    BookmarkQuery,
    BookmarkShown,
    FollowGiven,
    FollowList,
    FollowListed,
    FollowShown,
    LogEntryShown,
    LogList,
    NoticeList,
    NoticeShown,
    ReadGiven,
    WishesGiven,
    WishList,
)
from activity.topics import Wish
from activity.wishes import wishes_of
from kernel.api import PageQuery, endpoint, room
from kernel.policy import Door
from kernel.refs import Ref
from kernel.viewer import Viewer


@endpoint(room, "PUT", "/follows", may=ActivityRight.FOLLOW, body=FollowGiven, answers={200: FollowShown})
def put_follow(viewer: Viewer, *, body: FollowGiven) -> FollowShown:
    """Hear more or less of a thread, community, tag or person; `normal` ends the following."""
    follow(viewer, ref=body.ref, level=body.level)
    mail_follow(viewer, ref=body.ref, mail=body.mail)
    return FollowShown(kind=body.kind, ref_id=body.ref_id, level=body.level, mail=body.mail)


@endpoint(room, "GET", "/follows", may=ActivityRight.FOLLOW, query=PageQuery, answers={200: FollowList})
def follows(viewer: Viewer, *, query: PageQuery) -> FollowList:
    """What you follow or muted, what was followed last first."""
    page = follows_page(viewer, cursor=query.cursor, limit=query.limit)
    return FollowList(items=[FollowListed.of(row) for row in page.items], next=page.next)


@endpoint(room, "GET", "/bookmarks", may=ActivityRight.BOOKMARK, query=PageQuery, answers={200: BookmarkList})
def bookmarks(viewer: Viewer, *, query: PageQuery) -> BookmarkList:
    """What you have put aside, newest first."""
    page = bookmarks_page(viewer, cursor=query.cursor, limit=query.limit)
    return BookmarkList(items=[BookmarkShown.of(row) for row in page.items], next=page.next)


@endpoint(room, "PUT", "/bookmarks", may=ActivityRight.BOOKMARK, body=BookmarkGiven, answers={204: None})
def put_bookmark(viewer: Viewer, *, body: BookmarkGiven) -> None:
    """Put a thing aside, or change the note of one that is."""
    put_aside(viewer, ref=body.ref, note=body.note)


@endpoint(room, "DELETE", "/bookmarks", may=ActivityRight.BOOKMARK, query=BookmarkQuery, answers={204: None})
def delete_bookmark(viewer: Viewer, *, query: BookmarkQuery) -> None:
    """Take a thing back from among those put aside; done twice is done once."""
    take_back(viewer, ref=Ref(query.kind, query.ref_id))


@endpoint(room, "GET", "/notifications", may=ActivityRight.READ_NOTICES, query=PageQuery, answers={200: NoticeList})
def notices(viewer: Viewer, *, query: PageQuery) -> NoticeList:
    """What you should hear, newest first, each with the reason that sent it."""
    page = notices_page(viewer, cursor=query.cursor, limit=query.limit)
    return NoticeList(items=[NoticeShown.of(row) for row in page.items], next=page.next)


@endpoint(room, "POST", "/notifications/read", may=ActivityRight.READ_NOTICES, body=ReadGiven, answers={204: None})
def read_notices(viewer: Viewer, *, body: ReadGiven) -> None:
    """The notices of a place, of a source or of these numbers are read; without any of it, all of them."""
    place = body.place.ref if body.place else None
    source = body.source.ref if body.source else None
    mark_read(viewer, place=place, source=source, ids=body.ids)


@endpoint(room, "GET", "/notifications/settings", may=ActivityRight.CHOOSE_NOTICES, answers={200: WishList})
def notice_settings(viewer: Viewer) -> WishList:
    """Through which channels you hear of each topic."""
    return WishList.of(wishes_of(viewer.me))


@endpoint(
    room,
    "PUT",
    "/notifications/settings",
    may=ActivityRight.CHOOSE_NOTICES,
    body=WishesGiven,
    answers={200: WishList},
)
def put_notice_settings(viewer: Viewer, *, body: WishesGiven) -> WishList:
    """Hear of these topics as said from now on; of the others as before."""
    choose(viewer, {one.topic: Wish(bell=one.bell, mail=one.mail, push=one.push) for one in body.items})
    return WishList.of(wishes_of(viewer.me))


@endpoint(room, "GET", "/log", may=Door.ANYONE, query=PageQuery, answers={200: LogList})
def log(viewer: Viewer, *, query: PageQuery) -> LogList:
    """What moderators and staff did where you may look, and why; newest first."""
    page = log_page(viewer, cursor=query.cursor, limit=query.limit)
    return LogList(items=[LogEntryShown.of(row) for row in page.items], next=page.next)

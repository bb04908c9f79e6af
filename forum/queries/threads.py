"""A thread's page in at most six queries, whoever looks and however long the thread is."""

from functools import cache
from typing import Any

from markupsafe import Markup
from sqlalchemy import BindParameter, Row, Select, and_, bindparam, literal, null, or_, select, union_all
from sqlalchemy.orm import aliased

from accounts.models import User
from activity.models import Bookmark, Follow
from forum.addresses import PAGE, number_url, page_of, thread_url
from forum.models import Board, Community, Poll, PollOption, PollVote, Post, Reaction, ReadMark, Thread
from forum.models.thread import ThreadKind
from forum.policy import IN_SIGHT, ForumRight, sight
from forum.queries.lists import board_place, community_place, thread_row
from forum.queries.people import person_columns, person_of
from forum.queries.rows import (
    Pages,
    PollOptionRow,
    PollRow,
    PostRow,
    ReactionCount,
    ThreadRow,
    ThreadView,
)
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.policy import Denied, verdict
from kernel.viewer import Viewer

Author = aliased(User, name="author")
Asked = aliased(Post, name="asked")
AskedBy = aliased(User, name="asked_by")


def thread_view(viewer: Viewer, thread_id: int, *, at: int | None = None) -> ThreadView:
    """Everything on the page of a thread that holds post number `at`; raises `NotFoundError`."""
    row = (
        session().execute(_thread_statement(), {"thread_id": thread_id, "me": viewer.user_id, **sight(viewer)}).first()
    )
    if row is None:
        raise NotFoundError
    thread: Thread = row.Thread
    base = thread_url(thread.id, thread.slug)
    pages = _pages(thread, base, at=at or 1)
    posts = (
        session()
        .execute(
            _posts_statement(),
            {
                "thread_id": thread.id,
                "first": pages.first,
                "last": pages.last,
                "accepted": thread.accepted_number if pages.number == 1 else None,
            },
        )
        .all()
    )
    mine = my_marks(viewer, [post.id for post in posts])
    moderates = viewer.moderates(thread.community_id)
    rows = [
        post_row(
            post,
            viewer=viewer,
            thread=thread,
            base=base,
            mine=mine,
            read=row.read_number,
            moderates=moderates,
        )
        for post in posts
    ]
    accepted = next((post for post in rows if post.is_accepted), None) if pages.number == 1 else None
    reply = verdict(viewer, ForumRight.REPLY, thread)
    return ThreadView(
        thread=_row_of(row, viewer),
        posts=[post for post in rows if pages.first <= post.number <= pages.last],
        accepted=accepted,
        poll=_poll(viewer, thread, may_vote=bool(reply)) if thread.has_poll and pages.number == 1 else None,
        pages=pages,
        my_level=row.level or "normal",
        is_bookmarked=row.bookmark_id is not None,
        read_number=row.read_number or 0,
        has_math=thread.has_math,
        source_url=thread.source_url,
        source_name=thread.source_name,
        licence=thread.licence,
        merged_into_url=f"/threads/{thread.merged_into_id}" if thread.merged_into_id else None,
        may_reply=bool(reply),
        why_not_reply=reply.reason if isinstance(reply, Denied) else "",
        may_accept=bool(verdict(viewer, ForumRight.ACCEPT, thread)),
        may_moderate=moderates,
    )


@cache
def _thread_statement() -> Select[Any]:
    """The thread with its place and author, and what I made of it."""
    me: BindParameter[int] = bindparam("me")
    return (
        select(
            Thread,
            Board,
            Community,
            *person_columns(Author, "author"),
            ReadMark.number.label("read_number"),
            Follow.level,
            Bookmark.id.label("bookmark_id"),
        )
        .join(Board, Board.id == Thread.board_id)
        .join(Community, Community.id == Thread.community_id)
        .outerjoin(Author, Author.id == Thread.author_id)
        .outerjoin(ReadMark, and_(ReadMark.thread_id == Thread.id, ReadMark.user_id == me))
        .outerjoin(Follow, and_(Follow.kind == "forum.thread", Follow.ref_id == Thread.id, Follow.user_id == me))
        .outerjoin(
            Bookmark,
            and_(Bookmark.kind == "forum.thread", Bookmark.ref_id == Thread.id, Bookmark.user_id == me),
        )
        .where(Thread.id == bindparam("thread_id"), IN_SIGHT)
    )


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


def my_marks(viewer: Viewer, post_ids: list[int]) -> set[tuple[int, str]]:
    """My reactions to these posts, and my bookmarks among them as `("id", "bookmark")`."""
    if not viewer.signed_in or not post_ids:
        return set()
    return set(session().execute(_mine_statement(), {"ids": post_ids, "me": viewer.user_id}).all())


@cache
def _mine_statement() -> Any:
    ids: BindParameter[list[int]] = bindparam("ids", expanding=True)
    return union_all(
        select(Reaction.post_id, Reaction.name).where(Reaction.post_id.in_(ids), Reaction.user_id == bindparam("me")),
        select(Bookmark.ref_id, literal("bookmark")).where(
            Bookmark.kind == "forum.post", Bookmark.ref_id.in_(ids), Bookmark.user_id == bindparam("me")
        ),
    )


def _pages(thread: Thread, base: str, *, at: int) -> Pages:
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


def _row_of(row: Row[Any], viewer: Viewer) -> ThreadRow:
    author = person_of(
        row, "author", user_id=row.Thread.author_id, name=row.Thread.author_name, url=row.Thread.author_url
    )
    return thread_row(
        row.Thread,
        author=author,
        last_author=author,
        community=community_place(row.Community, viewer),
        board=board_place(row.Board, row.Community, viewer),
        read=row.read_number,
        level=row.level,
    )


def post_row(
    row: Row[Any],
    *,
    viewer: Viewer,
    thread: Thread,
    base: str,
    mine: set[tuple[int, str]],
    read: int | None,
    moderates: bool,
) -> PostRow:
    """A post as this viewer sees it, from a row with the columns of its author and of what it answers."""
    is_mine = viewer.signed_in and row.author_id == viewer.user_id
    is_deleted = row.deleted_at is not None
    is_open = thread.locked_at is None and thread.deleted_at is None and viewer.is_member
    may_change = row.purged_at is None and (moderates or (is_mine and is_open and not is_deleted))
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
        is_unread=read is not None and row.number > read,
        reply_to=(row.asked_number, row.asked_by or row.asked_name) if row.asked_number else None,
        may_edit=may_change,
        may_delete=may_change,
        version=row.version,
    )


def _poll(viewer: Viewer, thread: Thread, *, may_vote: bool) -> PollRow:
    rows = (
        session()
        .execute(
            select(Poll, PollOption, PollVote.user_id if viewer.signed_in else null().label("user_id"))
            .join(PollOption, PollOption.poll_id == Poll.id)
            .outerjoin(PollVote, and_(PollVote.option_id == PollOption.id, PollVote.user_id == viewer.user_id))
            .where(Poll.thread_id == thread.id)
            .order_by(PollOption.position)
        )
        .all()
    )
    poll: Poll = rows[0][0]
    options = [
        PollOptionRow(
            id=option.id,
            text=option.text,
            vote_count=option.vote_count,
            percent=round(100 * option.vote_count / poll.voter_count) if poll.voter_count else 0,
            is_mine=voter is not None,
        )
        for _poll_row, option, voter in rows
    ]
    return PollRow(
        id=poll.id,
        question=poll.question,
        max_choices=poll.max_choices,
        closes_at=poll.closes_at,
        is_open=may_vote and (poll.closes_at is None or poll.closes_at > now()),
        has_voted=any(option.is_mine for option in options),
        voter_count=poll.voter_count,
        options=options,
    )


def one_post(viewer: Viewer, post_id: int) -> tuple[PostRow, ThreadView]:
    """A single post as its page shows it, for the fragment that replaces it."""
    found = session().execute(select(Post.thread_id, Post.number).where(Post.id == post_id)).first()
    if found is None:
        raise NotFoundError
    view = thread_view(viewer, found.thread_id, at=found.number)
    post = next((post for post in view.posts if post.id == post_id), None)
    if post is None:
        raise NotFoundError
    return post, view

"""What somebody takes along of the forum: their own words whole, and of others' what the threading needs."""

from collections.abc import Iterable

from flask import current_app
from sqlalchemy import ColumnElement, String, case, cast, func, literal, select
from sqlalchemy.orm import aliased

from accounts.blobs import blob_store
from accounts.models import User
from forum.models import (
    Board,
    Community,
    Draft,
    Poll,
    PollOption,
    PollVote,
    Post,
    PostRevision,
    PostUpload,
    Reaction,
    ReadMark,
    Thread,
    Upload,
)
from kernel.db import session
from kernel.personal import Blob, Piece, Table, exports
from kernel.viewer import PUBLIC, Viewer

EXCERPT = 140

Asked = aliased(Post, name="asked")
AskedBy = aliased(User, name="asked_by")


@exports("forum")
def my_words(viewer: Viewer) -> Iterable[Piece]:
    """Threads, posts, former versions, drafts, reactions, votes, files."""
    yield _threads(viewer)
    yield _posts(viewer)
    yield Table(
        "forum-revisions",
        "Former versions of what I wrote",
        select(
            PostRevision.post_id,
            PostRevision.number,
            PostRevision.title,
            PostRevision.body,
            PostRevision.reason,
            PostRevision.created_at,
        )
        .where(PostRevision.editor_id == viewer.me)
        .order_by(PostRevision.post_id, PostRevision.number),
    )
    yield Table(
        "forum-drafts",
        "Drafts",
        select(Draft.place, Draft.title, Draft.body, Draft.fields, Draft.updated_at)
        .where(Draft.user_id == viewer.me)
        .order_by(Draft.place),
    )
    yield from _counted(viewer)
    yield from _files(viewer)


def _thread_url(viewer: Viewer) -> ColumnElement[str]:
    """The address of a thread; without the words of a title that the viewer may not read any more."""
    base = str(current_app.config["BASE_URL"])
    words = case((_title_seen(viewer), literal("-").concat(Thread.slug)), else_="")
    return literal(f"{base}/threads/").concat(cast(Thread.id, String)).concat(words).label("thread_url")


def _seen(viewer: Viewer) -> ColumnElement[bool]:
    """Whether the thread is one that the viewer sees now: its title is other people's. Join `Board`."""
    return Board.audience.in_(sorted(viewer.audience)) & Thread.deleted_at.is_(None)


def _title_seen(viewer: Viewer) -> ColumnElement[bool]:
    """The same, and what one named oneself."""
    return _seen(viewer) | Thread.author_id.is_not_distinct_from(viewer.me)


def _threads(viewer: Viewer) -> Table:
    return Table(
        "forum-threads",
        "Threads that I started",
        select(
            Thread.id,
            _thread_url(viewer).label("url"),
            Community.slug.label("community"),
            Board.slug.label("board"),
            Thread.kind,
            Thread.lens,
            Thread.title,
            Thread.lang,
            Thread.tags,
            Thread.created_at,
            Thread.accepted_number,
            Thread.live_post_count,
            Thread.deleted_at,
            Thread.source_url,
            Thread.licence,
        )
        .join(Board, Board.id == Thread.board_id)
        .join(Community, Community.id == Thread.community_id)
        .where(Thread.author_id == viewer.me),
        key=(Thread.id,),
    )


def _posts(viewer: Viewer) -> Table:
    """Posts with their place in the thread, and of the post that was answered its number, writer and beginning."""
    seen = _seen(viewer)
    is_shown = seen & Asked.deleted_at.is_(None)
    return Table(
        "forum-posts",
        "Posts that I wrote, with what they answer",
        select(
            Post.id,
            Post.thread_id,
            _thread_url(viewer),
            case((_title_seen(viewer), Thread.title), else_="").label("thread_title"),
            (Thread.author_id.is_not_distinct_from(viewer.me)).label("is_my_thread"),
            Community.slug.label("community"),
            Board.slug.label("board"),
            (Board.audience == PUBLIC).label("is_public"),
            Post.number,
            (Post.number == func.coalesce(Thread.accepted_number, 0)).label("is_accepted"),
            Post.reply_to_id,
            Asked.number.label("reply_to_number"),
            (Asked.author_id.is_not_distinct_from(viewer.me) & Asked.id.is_not(None)).label("reply_to_me"),
            case((is_shown, func.coalesce(AskedBy.handle, Asked.author_name)), else_="").label("reply_to_author"),
            case((is_shown, func.substr(Asked.body, 1, EXCERPT)), else_="").label("reply_to_excerpt"),
            Post.lang,
            Post.body,
            Post.body_format,
            Post.created_at,
            Post.edited_at,
            Post.edit_count,
            Post.deleted_at,
            Post.purged_at,
            Post.reactions,
        )
        .join(Thread, Thread.id == Post.thread_id)
        .join(Board, Board.id == Thread.board_id)
        .join(Community, Community.id == Thread.community_id)
        .outerjoin(Asked, Asked.id == Post.reply_to_id)
        .outerjoin(AskedBy, AskedBy.id == Asked.author_id)
        .where(Post.author_id == viewer.me),
        key=(Post.thread_id, Post.id),
    )


def _counted(viewer: Viewer) -> Iterable[Piece]:
    in_thread, on_board = (Thread, Thread.id == Post.thread_id), (Board, Board.id == Thread.board_id)
    yield Table(
        "forum-reactions",
        "Reactions that I gave",
        select(Reaction.post_id, _thread_url(viewer), Post.number, Reaction.name, Reaction.created_at)
        .join(Post, Post.id == Reaction.post_id)
        .join(*in_thread)
        .join(*on_board)
        .where(Reaction.user_id == viewer.me)
        .order_by(Reaction.post_id, Reaction.name),
    )
    yield Table(
        "forum-poll-votes",
        "Votes in polls",
        select(
            _thread_url(viewer),
            case((_title_seen(viewer), Poll.question), else_="").label("question"),
            case((_title_seen(viewer), PollOption.text), else_="").label("option"),
            PollVote.created_at,
        )
        .join(PollOption, PollOption.id == PollVote.option_id)
        .join(Poll, Poll.id == PollOption.poll_id)
        .join(Thread, Thread.id == Poll.thread_id)
        .join(*on_board)
        .where(PollVote.user_id == viewer.me)
        .order_by(PollVote.option_id),
    )
    yield Table(
        "forum-read-marks",
        "Up to which post I have read",
        select(ReadMark.thread_id, _thread_url(viewer), ReadMark.number, ReadMark.updated_at)
        .join(Thread, Thread.id == ReadMark.thread_id)
        .join(*on_board)
        .where(ReadMark.user_id == viewer.me),
        key=(ReadMark.thread_id,),
    )


def _files(viewer: Viewer) -> Iterable[Piece]:
    place = literal("files/forum/").concat(cast(Upload.id, String)).concat("/").concat(Upload.name)
    mine = Upload.owner_id == viewer.me
    yield Table(
        "forum-files",
        "Files that I added",
        select(
            Upload.id,
            Upload.name,
            Upload.media_type,
            Upload.size,
            Upload.sha256,
            Upload.created_at,
            place.label("path"),
        ).where(mine),
        key=(Upload.id,),
    )
    yield Table(
        "forum-post-files",
        "Which posts use which files",
        select(PostUpload.post_id, PostUpload.upload_id)
        .join(Upload, Upload.id == PostUpload.upload_id)
        .where(mine)
        .order_by(PostUpload.post_id, PostUpload.upload_id),
    )
    store = blob_store()
    for row in session().execute(select(Upload.id, Upload.name, Upload.sha256).where(mine).order_by(Upload.id)):
        yield Blob(f"files/forum/{row.id}/{row.name}", store.path(row.sha256))

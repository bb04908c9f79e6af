"""What the watch may do with posts and threads. A thread is flagged by its opening post."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import false, or_, select

from forum.actions.removal import hide_post, show_post
from forum.addresses import number_url, thread_url
from forum.loading import post_of
from forum.models import Board, Post, Thread
from forum.policy import MODERATOR, OFFICER, moderates, visible_boards, visible_threads
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.refs import Ref
from kernel.viewer import MEMBERS, PUBLIC, STAFF, Viewer
from moderation.subjects import Excerpt, Flaggable, Subject, register_subject

POST, THREAD = "forum.post", "forum.thread"


def _find_post(viewer: Viewer, post_id: int) -> Flaggable | None:
    try:
        post, thread, board = post_of(viewer, post_id)
    except NotFoundError:
        return None
    return Flaggable(
        ref=Ref(POST, post.id),
        place=Ref(THREAD, thread.id),
        scope=_scope(thread, board),
        audience=board.audience,
        author_id=post.author_id,
        is_hidden=post.deleted_at is not None or thread.deleted_at is not None,
    )


def _scope(thread: Thread, board: Board) -> str:
    """The community's moderators where members read, an alliance's officers in its rooms, the staff everywhere else."""
    if thread.alliance_id is not None:
        return f"{OFFICER}{thread.alliance_id}"
    if board.audience in (PUBLIC, MEMBERS):
        return f"{MODERATOR}{thread.community_id}"
    kind, _colon, number = board.audience.partition(":")
    return f"{OFFICER}{number.partition(':')[0]}" if kind == "alliance" else STAFF


def _find_thread(viewer: Viewer, thread_id: int) -> Flaggable | None:
    opening = session().scalar(select(Post.id).where(Post.thread_id == thread_id, Post.number == 1))
    return None if opening is None else _find_post(viewer, opening)


def _hide(by: Viewer | None, post_id: int, _reason: str) -> None:
    hide_post(post_id, by=by)


def _show(_by: Viewer | None, post_id: int, _reason: str) -> None:
    show_post(post_id)


def _excerpts(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Excerpt]:
    """Whoever wrote it reads it also out of sight: they shall know against what they appeal."""
    is_theirs = Post.author_id == viewer.user_id if viewer.signed_in else false()
    in_sight = Thread.id.in_(visible_threads(viewer).with_only_columns(Thread.id))
    rows = session().execute(
        select(Post, Thread, is_theirs.label("is_theirs"))
        .join(Thread, Thread.id == Post.thread_id)
        .join(Board, Board.id == Thread.board_id)
        .where(visible_boards(viewer), Post.id.in_(ids), or_(in_sight, is_theirs))
    )
    return {
        row.Post.id: _excerpt(row.Post, row.Thread)
        for row in rows
        if row.Post.deleted_at is None or row.is_theirs or moderates(viewer, row.Thread)
    }


def _excerpt(post: Post, thread: Thread) -> Excerpt:
    base = thread_url(thread.id, thread.slug)
    return Excerpt(
        title=thread.title if post.number == 1 else f"{thread.title} #{post.number}",
        html=Markup(post.html),  # noqa: S704 - cooked and sanitised when it was stored
        url=number_url(base, post.number),
        lang=post.lang or thread.lang,
        at=post.created_at,
        changed_at=post.edited_at,
        tools=(
            (_("Edit it"), f"/posts/{post.id}/edit"),
            (_("Split, merge or move"), f"/threads/{thread.id}/moderate"),
        ),
    )


for _name, _find in ((POST, _find_post), (THREAD, _find_thread)):
    register_subject(Subject(_name, find=_find, hide=_hide, show=_show, excerpts=_excerpts, edit="/posts/{}/edit"))

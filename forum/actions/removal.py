from flask_babel import gettext as _
from sqlalchemy import select

from forum.actions.acts import announce, check_reason, record, tags_of, thread_to_moderate
from forum.actions.answers import withdraw_acceptance
from forum.counters import (
    count_live_posts,
    count_post,
    count_thread,
    hold_boards,
    hold_tags,
    recount_tags,
    settle_last_post,
)
from forum.loading import held_post, post_of
from forum.models import Board, Post, Thread
from forum.policy import ForumRight, moderates
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError
from kernel.policy import authorise
from kernel.viewer import Viewer


def delete_post(viewer: Viewer, *, post_id: int, reason: str = "") -> Post:
    """Take a post out of sight; its number stays. With its opening post, the whole thread goes.

    A moderator says why, and it is written into the log, where the post, or one that goes with it, is somebody else's.
    """
    post, thread, board = post_of(viewer, post_id, hold=True)
    if post.deleted_at is not None or (post.number == 1 and thread.deleted_at is not None):
        return post
    authorise(viewer, ForumRight.DELETE_POST, (post, thread))
    is_mine = post.author_id is not None and post.author_id == viewer.user_id
    if post.number == 1 and is_mine and _others_answered(viewer, thread):
        _must_moderate(viewer, thread)
        is_mine = False
    reason = check_reason(reason, is_needed=not is_mine)
    if post.number == 1:
        take_down(thread)
        if not is_mine:
            record(viewer, "thread.delete", thread=thread, audience=board.audience, reason=reason)
        return post
    take_out_of_sight(viewer, post, thread, board)
    if not is_mine:
        record(
            viewer,
            "post.delete",
            thread=thread,
            post=post,
            audience=board.audience,
            right=ForumRight.DELETE_POST,
            reason=reason,
            details={"number": post.number},
        )
    announce(thread, posts={post.id}, hides=True)
    return post


def restore_post(viewer: Viewer, *, post_id: int, reason: str = "") -> Post:
    """Bring a deleted post back: a moderator any, its author what they deleted themselves."""
    post, thread, board = post_of(viewer, post_id, hold=True)
    if post.deleted_at is None:
        return post
    authorise(viewer, ForumRight.RESTORE_POST, (post, thread))
    reason = check_reason(reason)
    _bring_back(post, thread, board)
    if post.author_id is None or post.author_id != viewer.user_id:
        record(
            viewer,
            "post.restore",
            thread=thread,
            post=post,
            audience=board.audience,
            right=ForumRight.RESTORE_POST,
            reason=reason,
            details={"number": post.number},
        )
    announce(thread, posts={post.id})
    return post


def delete_thread(viewer: Viewer, *, thread_id: int, reason: str = "") -> Thread:
    """Take a thread with all its posts out of sight of everybody but the moderators."""
    thread, board = thread_to_moderate(viewer, thread_id)
    if thread.deleted_at is not None:
        return thread
    reason = check_reason(reason, is_needed=True)
    take_down(thread)
    record(viewer, "thread.delete", thread=thread, audience=board.audience, reason=reason)
    return thread


def restore_thread(viewer: Viewer, *, thread_id: int, reason: str = "") -> Thread:
    """Bring a deleted thread back, with the posts that were not deleted one by one."""
    thread, board = thread_to_moderate(viewer, thread_id)
    if thread.deleted_at is None:
        return thread
    opening = session().scalars(select(Post).where(Post.thread_id == thread.id, Post.number == 1)).one()
    if opening.deleted_at is not None:
        raise ConflictError(_("The opening post was removed for good, and the thread with it."))
    _put_up(thread)
    record(viewer, "thread.restore", thread=thread, audience=board.audience, reason=reason)
    announce(thread, posts=None)
    return thread


def hide_post(post_id: int, *, by: Viewer | None) -> None:
    """Out of sight by a decision of the watch, which has rights and a log of its own; by None, until one is taken."""
    post, thread, board = held_post(post_id)
    if post.deleted_at is not None or thread.deleted_at is not None:
        if by is not None and post.deleted_by_id is None:
            post.deleted_by_id = by.user_id
        return
    if post.number == 1:
        take_down(thread)
        return
    take_out_of_sight(by or Viewer(), post, thread, board)
    announce(thread, posts={post.id}, hides=True)


def show_post(post_id: int) -> None:
    """Into sight again, by a decision of the watch; what was destroyed, or merged away, stays so."""
    post, thread, board = held_post(post_id)
    if post.purged_at is not None or thread.merged_into_id is not None:
        return
    if post.number == 1 and thread.deleted_at is not None:
        _put_up(thread)
        announce(thread, posts=None)
    elif post.deleted_at is not None:
        _bring_back(post, thread, board)
        announce(thread, posts={post.id})


def take_out_of_sight(viewer: Viewer, post: Post, thread: Thread, board: Board) -> None:
    """The deletion itself: the mark, and all that is counted."""
    hold_boards(board.id)
    post.deleted_at, post.deleted_by_id = now(), viewer.user_id
    post.version += 1
    count_live_posts(thread.id, change=-1)
    if thread.deleted_at is None:
        count_post(board.id, change=-1)
    if thread.accepted_number == post.number:
        if thread.deleted_at is None:
            withdraw_acceptance(thread, board_id=board.id)
        thread.accepted_number = None
    settle_last_post(thread.id)


def _bring_back(post: Post, thread: Thread, board: Board) -> None:
    post.deleted_at = post.deleted_by_id = None
    post.version += 1
    count_live_posts(thread.id, change=1)
    if thread.deleted_at is None:
        count_post(board.id, change=1, is_new=False)
    settle_last_post(thread.id)


def _others_answered(viewer: Viewer, thread: Thread) -> bool:
    others = select(Post.id).where(
        Post.thread_id == thread.id,
        Post.number > 1,
        Post.deleted_at.is_(None),
        Post.author_id.is_distinct_from(viewer.user_id),
    )
    return session().scalar(others.limit(1)) is not None


def _must_moderate(viewer: Viewer, thread: Thread) -> None:
    if not moderates(viewer, thread):
        raise ForbiddenError(
            _("Others have answered here, and their posts would go with yours. Ask a moderator of the community.")
        )


def _put_up(thread: Thread) -> None:
    tag_ids = tags_of(thread.id)
    hold_tags(tag_ids)
    thread.deleted_at = None
    count_thread(thread, sign=1)
    recount_tags(tag_ids)


def take_down(thread: Thread) -> None:
    """The whole thread, out of everybody's sight and out of all that is counted."""
    tag_ids = tags_of(thread.id)
    hold_tags(tag_ids)
    count_thread(thread, sign=-1)
    thread.deleted_at = now()
    recount_tags(tag_ids)
    announce(thread, posts=None, hides=True)

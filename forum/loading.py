"""Loading what is to be changed: through what the viewer may see, so that the invisible is Not Found."""

from flask_babel import gettext as _
from sqlalchemy import select

from forum.models import Board, Community, Post, Thread
from forum.policy import visible_boards, visible_threads
from kernel.db import session
from kernel.errors import ConflictError, NotFoundError
from kernel.viewer import Viewer


def board_at(viewer: Viewer, community_slug: str, board_slug: str) -> Board:
    """The board at `/communities/<community>/<board>`."""
    board = (
        session()
        .scalars(
            select(Board)
            .join(Community, Community.id == Board.community_id)
            .where(Community.slug == community_slug, Board.slug == board_slug, visible_boards(viewer))
        )
        .first()
    )
    if board is None:
        raise NotFoundError
    return board


def hold_threads(*thread_ids: int) -> None:
    """Let nobody else change these threads, or what hangs on them, until the transaction ends.

    Whoever writes takes its locks in this order: threads, tags, boards, each by rising number.
    """
    session().execute(
        select(Thread.id).where(Thread.id.in_(thread_ids)).order_by(Thread.id).with_for_update(key_share=True)
    )


def thread_of(viewer: Viewer, thread_id: int, *, hold: bool = False) -> tuple[Thread, Board]:
    """A thread with its board; with `hold`, as it is now, and it stays so until the transaction ends."""
    if hold:
        hold_threads(thread_id)
    query = visible_threads(viewer).where(Thread.id == thread_id).execution_options(populate_existing=hold)
    row = session().execute(query).first()
    if row is None:
        raise NotFoundError
    return row.Thread, row.Board


def post_of(viewer: Viewer, post_id: int, *, hold: bool = False) -> tuple[Post, Thread, Board]:
    """A post with its thread and board; deleted posts only for moderators and their authors.

    With `hold`, all three as they are now, and the thread stays so until the transaction ends.
    """
    held = session().scalar(select(Post.thread_id).where(Post.id == post_id)) if hold else None
    if held is not None:
        hold_threads(held)
    row = (
        session()
        .execute(
            visible_threads(viewer)
            .add_columns(Post)
            .join(Post, Post.thread_id == Thread.id)
            .where(Post.id == post_id)
            .execution_options(populate_existing=hold)
        )
        .first()
    )
    if row is None:
        raise NotFoundError
    thread, board, post = row.Thread, row.Board, row.Post
    if held is not None and thread.id != held:
        raise ConflictError(_("The post was just moved to another thread. Reload, and try again."))
    if post.deleted_at is not None and post.author_id != viewer.user_id and not viewer.moderates(thread.community_id):
        raise NotFoundError
    return post, thread, board

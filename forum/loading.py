"""Loading what is to be changed: through what the viewer may see, so that the invisible is Not Found."""

from flask_babel import gettext as _
from sqlalchemy import select

from forum.models import Board, Community, Post, Thread
from forum.policy import closed_sentence, moderates, visible_boards, visible_threads
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, NotFoundError
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


def board_numbered(viewer: Viewer, board_id: int) -> Board:
    """The same, for a board that something names by its number."""
    board = session().scalars(select(Board).where(Board.id == board_id, visible_boards(viewer))).first()
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
    if hold:
        _must_be_open(row.Board)
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
    if post.deleted_at is not None and post.author_id != viewer.user_id and not moderates(viewer, thread):
        raise NotFoundError
    if hold:
        _must_be_open(board)
    return post, thread, board


def held_post(post_id: int) -> tuple[Post, Thread, Board]:
    """A post with its thread and board as they are, held: for what is decided elsewhere, and without anybody's eyes."""
    thread_id = session().scalar(select(Post.thread_id).where(Post.id == post_id))
    if thread_id is None:
        raise NotFoundError
    hold_threads(thread_id)
    row = (
        session()
        .execute(
            select(Post, Thread, Board)
            .join(Thread, Thread.id == Post.thread_id)
            .join(Board, Board.id == Thread.board_id)
            .where(Post.id == post_id)
            .execution_options(populate_existing=True)
        )
        .one()
    )
    if row.Thread.id != thread_id:
        raise ConflictError(_("The post was just moved to another thread. Reload, and try again."))
    return row.Post, row.Thread, row.Board


def _must_be_open(board: Board) -> None:
    """Nothing changes on a closed board, whoever asks: everything that changes something is loaded held."""
    if board.closed_at is not None:
        raise ForbiddenError(closed_sentence())

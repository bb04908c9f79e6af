"""Loading what is to be changed: through what the viewer may see, so that the invisible is Not Found."""

from sqlalchemy import select

from forum.models import Board, Community, Post, Thread
from forum.policy import visible_boards, visible_threads
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.viewer import Viewer


def board_at(viewer: Viewer, community_slug: str, board_slug: str) -> Board:
    """The board at `/communities/<community>/<board>`."""
    board = session().scalars(
        select(Board)
        .join(Community, Community.id == Board.community_id)
        .where(Community.slug == community_slug, Board.slug == board_slug, visible_boards(viewer))
    ).first()
    if board is None:
        raise NotFoundError
    return board


def thread_of(viewer: Viewer, thread_id: int) -> tuple[Thread, Board]:
    """A thread with its board."""
    row = session().execute(visible_threads(viewer).where(Thread.id == thread_id)).first()
    if row is None:
        raise NotFoundError
    return row[0], row[1]


def post_of(viewer: Viewer, post_id: int) -> tuple[Post, Thread, Board]:
    """A post with its thread and board; deleted posts only for moderators and their authors."""
    row = session().execute(
        visible_threads(viewer).add_columns(Post).join(Post, Post.thread_id == Thread.id).where(Post.id == post_id)
    ).first()
    if row is None:
        raise NotFoundError
    thread, board, _community, post = row
    if post.deleted_at is not None and post.author_id != viewer.user_id and not viewer.moderates(thread.community_id):
        raise NotFoundError
    return post, thread, board

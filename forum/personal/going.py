"""What becomes of threads, posts and files when somebody goes.

Whoever only wants to be forgotten leaves their posts under no name. Whoever takes them along has every text deleted on
which nobody else's words stand. It stays, without a name, where it is
the opening of a thread in which others wrote, an accepted answer to somebody else, or a post that others answered.
"""

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from forum.actions.purging import efface
from forum.actions.removal import take_down
from forum.actions.uploads import forget_uploads
from forum.loading import hold_threads
from forum.models import Board, Post, Thread, Upload
from kernel.db import session
from kernel.personal import Leaver, leaves

AT_ONCE = 100

Other = aliased(Post, name="other")


@leaves("forum.posts")
def let_posts_go(leaver: Leaver, after: int) -> int | None:
    """The next of their posts, where they take them along."""
    if not leaver.removes:
        return None
    query = select(Post.id).where(Post.author_id == leaver.id, Post.id > after, Post.purged_at.is_(None))
    ids = session().scalars(query.order_by(Post.id).limit(AT_ONCE)).all()
    for post_id in ids:
        _let_go(leaver, post_id)
    return ids[-1] if ids else None


@leaves("forum.files")
def forget_files(leaver: Leaver, _after: int) -> int | None:
    """Files that no post shows any more."""
    return 0 if forget_uploads(Upload.owner_id == leaver.id) else None


def _let_go(leaver: Leaver, post_id: int) -> None:
    thread_id = session().scalar(select(Post.thread_id).where(Post.id == post_id))
    hold_threads(thread_id or 0)
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
    if _is_needed(row.Post, row.Thread):
        return
    if row.Post.number == 1 and row.Thread.deleted_at is None:
        take_down(row.Thread)
    efface(leaver.viewer, row.Post, row.Thread, row.Board)


def _is_needed(post: Post, thread: Thread) -> bool:
    """Whether somebody else's words stand on it."""
    others = (
        Other.thread_id == post.thread_id,
        Other.deleted_at.is_(None),
        Other.author_id.is_distinct_from(post.author_id),
    )
    if post.deleted_at is not None:
        return False
    if post.number == 1:
        return bool(session().scalar(select(exists().where(*others))))
    if post.number == thread.accepted_number and thread.author_id != post.author_id:
        return True
    return bool(session().scalar(select(exists().where(*others, Other.reply_to_id == post.id))))

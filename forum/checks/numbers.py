from sqlalchemy import func, or_, select

from forum.actions.numbering import close_gaps
from forum.checks.comparing import compare
from forum.models import Post, ReadMark, Thread
from kernel.checks import check
from kernel.db import session


@check
def post_numbers(*, mend: bool) -> list[str]:
    """Numbers in a thread are 1, 2, 3 …; that none is given twice is a constraint of the table."""
    first, last, count = func.min(Post.number), func.max(Post.number), func.count()
    rows = (
        session()
        .execute(
            select(Post.thread_id, first.label("first"), last.label("last"), count.label("count"))
            .group_by(Post.thread_id)
            .having(or_(first != 1, last != count))
            .order_by(Post.thread_id)
        )
        .all()
    )
    if mend:
        for row in rows:
            close_gaps(row.thread_id)
        session().expire_all()
    return [
        f"Thread {row.thread_id}: {row.count} posts are numbered {row.first} to {row.last}, with gaps." for row in rows
    ]


@check
def post_counts(*, mend: bool) -> list[str]:
    """A thread's number of posts is its highest number."""
    truth = select(Post.thread_id, func.max(Post.number).label("right")).group_by(Post.thread_id).subquery()
    return compare(
        Thread.post_count, func.coalesce(truth.c.right, 0), (truth, truth.c.thread_id == Thread.id), mend=mend
    )


@check
def read_marks(*, mend: bool) -> list[str]:
    """Nobody has read further than a thread goes."""
    beyond = (
        select(ReadMark, Thread.post_count)
        .join(Thread, Thread.id == ReadMark.thread_id)
        .where(ReadMark.number > Thread.post_count)
        .order_by(ReadMark.thread_id, ReadMark.user_id)
    )
    rows = session().execute(beyond).all()
    faults = [
        f"Person {mark.user_id} has read thread {mark.thread_id} up to post {mark.number} of {count}."
        for mark, count in rows
    ]
    if mend:
        for mark, count in rows:
            mark.number = count
        session().flush()
    return faults

"""Post numbers are dense and unique in their thread; where posts come or go in numbers, they are dealt anew.

Each renumbering goes over negative numbers, because (thread, number) is unique at every single moment.
What is kept by number goes with it: read marks and the accepted answer.
"""

from typing import Any

from sqlalchemy import Subquery, and_, case, delete, func, or_, select, update

from forum.counters import DIRECT
from forum.models import Post, ReadMark, Thread
from kernel.db import session


def close_gaps(thread_id: int) -> None:
    """Number the posts of a thread 1, 2, 3 … in the order they are in.

    Somebody who had read up to a number has read the posts that are left up to there.
    """
    session().flush()
    upto = select(func.count()).where(Post.thread_id == thread_id)
    session().execute(
        update(ReadMark)
        .where(ReadMark.thread_id == thread_id)
        .values(number=upto.where(Post.number <= ReadMark.number).correlate(ReadMark).scalar_subquery())
        .execution_options(**DIRECT)
    )
    session().execute(
        delete(ReadMark).where(ReadMark.thread_id == thread_id, ReadMark.number == 0).execution_options(**DIRECT)
    )
    session().execute(
        update(Thread)
        .where(Thread.id == thread_id, Thread.accepted_number.is_not(None))
        .values(accepted_number=upto.where(Post.number <= Thread.accepted_number).correlate(Thread).scalar_subquery())
        .execution_options(**DIRECT)
    )
    places = (
        select(Post.id, func.row_number().over(order_by=Post.number).label("place"))
        .where(Post.thread_id == thread_id)
        .subquery()
    )
    _deal(thread_id, places, and_(Post.id == places.c.id, Post.number != places.c.place))


def interleave(thread_id: int, other_id: int) -> None:
    """Bring the posts of another thread into this one, by time after the opening post.

    Readers of this thread stay at the post they had reached. Marks in the other are dropped: its posts are new
    to whoever has not come by that number here.
    """
    session().flush()
    is_other = case((Post.thread_id == thread_id, 0), else_=1)
    is_opening = and_(Post.thread_id == thread_id, Post.number == 1)
    places = (
        select(
            Post.id,
            Post.thread_id,
            Post.number,
            func.row_number()
            .over(order_by=(case((is_opening, 0), else_=1), Post.created_at, is_other, Post.number))
            .label("place"),
        )
        .where(Post.thread_id.in_([thread_id, other_id]))
        .subquery()
    )
    session().execute(
        update(ReadMark)
        .where(ReadMark.thread_id == thread_id, places.c.thread_id == thread_id, places.c.number == ReadMark.number)
        .values(number=places.c.place)
        .execution_options(**DIRECT)
    )
    session().execute(delete(ReadMark).where(ReadMark.thread_id == other_id).execution_options(**DIRECT))
    session().execute(
        update(Thread)
        .where(Thread.id == thread_id, places.c.thread_id == thread_id, places.c.number == Thread.accepted_number)
        .values(accepted_number=places.c.place)
        .execution_options(**DIRECT)
    )
    _deal(
        thread_id,
        places,
        and_(Post.id == places.c.id, or_(Post.thread_id == other_id, Post.number != places.c.place)),
    )


def _deal(thread_id: int, places: Subquery, changed: Any) -> None:
    """Give every post its place; what was rendered of the changed ones is stale."""
    session().execute(
        update(Post)
        .where(changed)
        .values(thread_id=thread_id, number=-places.c.place, version=Post.version + 1)
        .execution_options(**DIRECT)
    )
    session().execute(
        update(Post)
        .where(Post.thread_id == thread_id, Post.number < 0)
        .values(number=-Post.number)
        .execution_options(**DIRECT)
    )

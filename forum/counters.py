"""Every counter of the forum, each kept by one function here and compared with the truth by `guildhall check`."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, Date, delete, func, literal, select, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite

from forum.events import ThreadChanged
from forum.models import Board, BoardDay, Post, Tag, Thread, ThreadTag
from forum.models.thread import ThreadKind
from kernel.clock import now
from kernel.db import db, session
from kernel.events import subscribe
from kernel.viewer import PUBLIC

DIRECT = {"synchronize_session": False}


def take_number(thread_id: int) -> int:
    """The next post number of a thread. The row stays locked, so that two replies at once get two numbers."""
    number: int = (
        session()
        .execute(
            update(Thread)
            .where(Thread.id == thread_id)
            .values(post_count=Thread.post_count + 1, live_post_count=Thread.live_post_count + 1)
            .returning(Thread.post_count)
            .execution_options(**DIRECT)
        )
        .scalar_one()
    )
    return number


def count_post(board_id: int, *, change: int = 1, is_new: bool = True) -> None:
    """A post appeared on a board, or (`change=-1`) disappeared from it; a new one also raises the bar of the day."""
    session().execute(
        update(Board)
        .where(Board.id == board_id)
        .values(post_count=Board.post_count + change, version=Board.version + 1)
        .execution_options(**DIRECT)
    )
    if change > 0 and is_new:
        insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(BoardDay)
        session().execute(
            insert.values(board_id=board_id, day=now().date(), posts=change).on_conflict_do_update(
                index_elements=["board_id", "day"], set_={"posts": BoardDay.posts + change}
            )
        )


def count_live_posts(thread_id: int, *, change: int) -> None:
    """Posts of a thread were deleted or came back."""
    session().execute(
        update(Thread)
        .where(Thread.id == thread_id)
        .values(live_post_count=Thread.live_post_count + change)
        .execution_options(**DIRECT)
    )


def count_thread(thread: Thread, *, sign: int) -> None:
    """A thread with all its posts appeared on its board (`sign=1`) or left it (`sign=-1`).

    Reads the thread's state as it is in the session: call it with -1 before, and with +1 after, the change.
    """
    session().flush()
    live = select(Thread.live_post_count).where(Thread.id == thread.id).scalar_subquery()
    session().execute(
        update(Board)
        .where(Board.id == thread.board_id)
        .values(
            thread_count=Board.thread_count + sign,
            post_count=Board.post_count + sign * live,
            open_question_count=Board.open_question_count + (sign if waits_for_answer(thread) else 0),
            version=Board.version + 1,
        )
        .execution_options(**DIRECT)
    )


def count_open_question(board_id: int, *, change: int) -> None:
    """A question found its answer, or lost it."""
    session().execute(
        update(Board)
        .where(Board.id == board_id)
        .values(open_question_count=Board.open_question_count + change, version=Board.version + 1)
        .execution_options(**DIRECT)
    )


def waits_for_answer(thread: Thread) -> bool:
    """Whether it counts as an open question."""
    return thread.kind == ThreadKind.QUESTION and thread.accepted_number is None


def recount_tags(tag_ids: list[int]) -> None:
    """Derive how many live public threads bear each of these tags."""
    if not tag_ids:
        return
    session().flush()
    hold_tags(tag_ids)
    truth = (
        select(func.count())
        .select_from(ThreadTag)
        .join(Thread, Thread.id == ThreadTag.thread_id)
        .join(Board, Board.id == Thread.board_id)
        .where(ThreadTag.tag_id == Tag.id, Thread.deleted_at.is_(None), Board.audience == PUBLIC)
        .correlate(Tag)
        .scalar_subquery()
    )
    session().execute(
        update(Tag).where(Tag.id.in_(tag_ids)).values(public_thread_count=truth).execution_options(**DIRECT)
    )


def hold_tags(tag_ids: Collection[int]) -> None:
    """Let nobody else count these tags until the transaction ends: what is counted afterwards stays true."""
    session().execute(select(Tag.id).where(Tag.id.in_(tag_ids)).order_by(Tag.id).with_for_update(key_share=True))


def hold_boards(*board_ids: int) -> None:
    """Take the boards in one order, so that two acts between the same two boards never wait for each other."""
    session().execute(
        select(Board.id).where(Board.id.in_(board_ids)).order_by(Board.id).with_for_update(key_share=True)
    )


def recount_thread(thread_id: int) -> None:
    """Derive what a thread counts of its posts, after many of them came or went; hold the thread first."""
    session().flush()
    posts = select(Post.id).where(Post.thread_id == Thread.id).correlate(Thread)
    session().execute(
        update(Thread)
        .where(Thread.id == thread_id)
        .values(
            post_count=posts.with_only_columns(func.coalesce(func.max(Post.number), 0)).scalar_subquery(),
            live_post_count=posts.with_only_columns(func.count()).where(Post.deleted_at.is_(None)).scalar_subquery(),
            has_math=posts.where(Post.has_math).exists(),
        )
        .execution_options(**DIRECT)
    )
    settle_last_post(thread_id)


def settle_last_post(thread_id: int) -> None:
    """Derive when and by whom a thread was last written to: the live post with the highest number says it."""
    session().flush()
    last = (
        select(Post.id)
        .where(Post.thread_id == Thread.id, Post.deleted_at.is_(None))
        .order_by(Post.number.desc())
        .limit(1)
        .correlate(Thread)
    )
    session().execute(
        update(Thread)
        .where(Thread.id == thread_id, last.exists())
        .values(
            last_post_at=last.with_only_columns(Post.created_at).scalar_subquery(),
            last_author_id=last.with_only_columns(Post.author_id).scalar_subquery(),
            last_author_name=last.with_only_columns(Post.author_name).scalar_subquery(),
        )
        .execution_options(**DIRECT)
    )


def day_of_post() -> ColumnElement[date]:
    """The day (UTC) on which a post was written, in SQL."""
    if db.engine.dialect.name == "postgresql":
        return type_coerce(func.date(func.timezone("UTC", Post.created_at)), Date)
    return type_coerce(func.date(Post.created_at), Date)


def shift_days(thread_id: int, *, source: int, target: int) -> None:
    """The posts of a thread, deleted ones too, now belong to the days of another board."""
    if source == target:
        return
    session().flush()
    day = day_of_post()
    days = select(day.label("day"), func.count().label("posts")).where(Post.thread_id == thread_id).group_by(day)
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(BoardDay)
    added = insert.from_select(["board_id", "day", "posts"], days.with_only_columns(literal(target), day, func.count()))
    session().execute(
        added.on_conflict_do_update(
            index_elements=["board_id", "day"], set_={"posts": BoardDay.posts + added.excluded.posts}
        )
    )
    gone = days.subquery()
    session().execute(
        update(BoardDay)
        .where(BoardDay.board_id == source, BoardDay.day == gone.c.day)
        .values(posts=BoardDay.posts - gone.c.posts)
        .execution_options(**DIRECT)
    )
    session().execute(
        delete(BoardDay).where(BoardDay.board_id == source, BoardDay.posts == 0).execution_options(**DIRECT)
    )


def touch(thread_id: int) -> None:
    """Something that the thread's page shows has changed: whatever was rendered of it is stale."""
    session().execute(
        update(Thread).where(Thread.id == thread_id).values(version=Thread.version + 1).execution_options(**DIRECT)
    )


@subscribe(ThreadChanged)
def touch_lists(event: ThreadChanged) -> None:
    """What the lists show of a thread has changed: the rendered lists of its board are stale."""
    board = select(Thread.board_id).where(Thread.id == event.thread.id).scalar_subquery()
    session().execute(
        update(Board).where(Board.id == board).values(version=Board.version + 1).execution_options(**DIRECT)
    )

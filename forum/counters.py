"""Every counter of the forum, each kept by one function here and compared with the truth by `guildhall check`."""

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from forum.events import ThreadChanged
from forum.models import Board, BoardDay, Tag, Thread, ThreadTag
from forum.models.thread import ThreadKind
from kernel.clock import now
from kernel.db import db, session
from kernel.events import subscribe
from kernel.viewer import PUBLIC

DIRECT = {"synchronize_session": False}


def take_number(thread_id: int) -> int:
    """The next post number of a thread. The row stays locked, so that two replies at once get two numbers."""
    number: int = session().execute(
        update(Thread)
        .where(Thread.id == thread_id)
        .values(post_count=Thread.post_count + 1, live_post_count=Thread.live_post_count + 1)
        .returning(Thread.post_count)
        .execution_options(**DIRECT)
    ).scalar_one()
    return number


def count_post(board_id: int, *, change: int = 1) -> None:
    """A post appeared on a board, or (`change=-1`) disappeared from it; the bar of a day only ever grows."""
    session().execute(
        update(Board).where(Board.id == board_id).values(post_count=Board.post_count + change, version=Board.version + 1).execution_options(**DIRECT)
    )
    if change > 0:
        insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(BoardDay)
        session().execute(
            insert.values(board_id=board_id, day=now().date(), posts=change).on_conflict_do_update(
                index_elements=["board_id", "day"], set_={"posts": BoardDay.posts + change}
            )
        )


def count_live_posts(thread_id: int, *, change: int) -> None:
    """Posts of a thread were deleted or came back."""
    session().execute(
        update(Thread).where(Thread.id == thread_id).values(live_post_count=Thread.live_post_count + change)
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
        update(Board).where(Board.id == board_id)
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
    truth = (
        select(func.count())
        .select_from(ThreadTag)
        .join(Thread, Thread.id == ThreadTag.thread_id)
        .join(Board, Board.id == Thread.board_id)
        .where(ThreadTag.tag_id == Tag.id, Thread.deleted_at.is_(None), Board.audience == PUBLIC)
        .correlate(Tag)
        .scalar_subquery()
    )
    session().execute(update(Tag).where(Tag.id.in_(tag_ids)).values(public_thread_count=truth).execution_options(**DIRECT))


def touch(thread_id: int) -> None:
    """Something that the thread's page shows has changed: whatever was rendered of it is stale."""
    session().execute(
        update(Thread).where(Thread.id == thread_id).values(version=Thread.version + 1).execution_options(**DIRECT)
    )


@subscribe(ThreadChanged)
def touch_lists(event: ThreadChanged) -> None:
    """What the lists show of a thread has changed: the rendered lists of its board are stale."""
    board = select(Thread.board_id).where(Thread.id == event.thread.id).scalar_subquery()
    session().execute(update(Board).where(Board.id == board).values(version=Board.version + 1).execution_options(**DIRECT))

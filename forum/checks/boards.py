from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import InstrumentedAttribute

from forum.checks.comparing import compare
from forum.counters import day_of_post
from forum.models import Board, BoardDay, Post, Thread
from forum.models.thread import ThreadKind
from kernel.checks import check
from kernel.db import session


@check
def board_counts(*, mend: bool) -> list[str]:
    """A board counts its live threads, the live posts in them, and the questions that wait for an answer."""
    waiting = (Thread.kind == ThreadKind.QUESTION) & Thread.accepted_number.is_(None)
    truth = (
        select(
            Thread.board_id,
            func.count().label("threads"),
            func.sum(Thread.live_post_count).label("posts"),
            func.count().filter(waiting).label("questions"),
        )
        .where(Thread.deleted_at.is_(None))
        .group_by(Thread.board_id)
        .subquery()
    )
    counters: list[tuple[InstrumentedAttribute[Any], str]] = [
        (Board.thread_count, "threads"),
        (Board.post_count, "posts"),
        (Board.open_question_count, "questions"),
    ]
    return [
        fault
        for column, name in counters
        for fault in compare(column, func.coalesce(truth.c[name], 0), (truth, truth.c.board_id == Board.id), mend=mend)
    ]


@check
def board_days(*, mend: bool) -> list[str]:
    """Each day of a board counts the posts that were written on it, those deleted since included."""
    day = day_of_post()
    written = (
        select(Thread.board_id, day.label("day"), func.count().label("posts"))
        .select_from(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .group_by(Thread.board_id, day)
        .subquery()
    )
    same = (BoardDay.board_id == written.c.board_id) & (BoardDay.day == written.c.day)
    missing = (
        session()
        .execute(
            select(written.c.board_id, written.c.day, BoardDay.posts.label("kept"), written.c.posts.label("right"))
            .select_from(written)
            .outerjoin(BoardDay, same)
            .where(BoardDay.posts.is_distinct_from(written.c.posts))
            .order_by(written.c.board_id, written.c.day)
        )
        .all()
    )
    surplus = (
        session()
        .execute(
            select(BoardDay.board_id, BoardDay.day, BoardDay.posts.label("kept"))
            .outerjoin(written, same)
            .where(written.c.posts.is_(None), BoardDay.posts != 0)
            .order_by(BoardDay.board_id, BoardDay.day)
        )
        .all()
    )
    if mend and (missing or surplus):
        session().execute(delete(BoardDay))
        session().execute(
            insert(BoardDay).from_select(
                ["board_id", "day", "posts"], select(written.c.board_id, written.c.day, written.c.posts)
            )
        )
    return [
        *(f"Board {row.board_id} on {row.day}: posts is {row.kept or 0}, should be {row.right}." for row in missing),
        *(f"Board {row.board_id} on {row.day}: posts is {row.kept}, should be 0." for row in surplus),
    ]

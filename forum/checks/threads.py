from typing import Any

from sqlalchemy import ColumnElement, and_, func, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from forum.checks.comparing import compare
from forum.models import Board, Poll, Post, Thread
from kernel.checks import check


@check
def communities_of_threads(*, mend: bool) -> list[str]:
    """A thread is in the community of its board, and in the alliance, if it has one."""
    board = (Board, Board.id == Thread.board_id)
    return [
        *compare(Thread.community_id, Board.community_id, board, mend=mend),
        *compare(Thread.alliance_id, Board.alliance_id, board, mend=mend),
    ]


@check
def live_post_counts(*, mend: bool) -> list[str]:
    """How many posts of a thread are not deleted."""
    truth = (
        select(Post.thread_id, func.count().label("right"))
        .where(Post.deleted_at.is_(None))
        .group_by(Post.thread_id)
        .subquery()
    )
    return compare(
        Thread.live_post_count, func.coalesce(truth.c.right, 0), (truth, truth.c.thread_id == Thread.id), mend=mend
    )


@check
def last_posts(*, mend: bool) -> list[str]:
    """When and by whom a thread was last written to is what its last live post says."""
    last = (
        select(Post.thread_id, func.max(Post.number).label("number"))
        .where(Post.deleted_at.is_(None))
        .group_by(Post.thread_id)
        .subquery()
    )
    pairs: list[tuple[InstrumentedAttribute[Any], ColumnElement[Any]]] = [
        (Thread.last_post_at, Post.__table__.c.created_at),
        (Thread.last_author_id, Post.__table__.c.author_id),
        (Thread.last_author_name, Post.__table__.c.author_name),
    ]
    return [
        fault
        for column, truth in pairs
        for fault in compare(
            column,
            truth,
            (last, last.c.thread_id == Thread.id),
            (Post, and_(Post.thread_id == Thread.id, Post.number == last.c.number)),
            where=[last.c.number.is_not(None)],
            mend=mend,
        )
    ]


@check
def accepted_answers(*, mend: bool) -> list[str]:
    """An accepted answer is a live reply."""
    return compare(
        Thread.accepted_number,
        null(),
        (Post, and_(Post.thread_id == Thread.id, Post.number == Thread.accepted_number)),
        where=[or_(Post.id.is_(None), Post.deleted_at.is_not(None), Post.number == 1)],
        mend=mend,
    )


@check
def merged_threads(*, mend: bool) -> list[str]:
    """A merged thread leads straight to one that was not merged itself, and is out of every list."""
    into = aliased(Thread)
    joined = (into, into.id == Thread.merged_into_id)
    return [
        *compare(
            Thread.merged_into_id, into.merged_into_id, joined, where=[into.merged_into_id.is_not(None)], mend=mend
        ),
        *compare(
            Thread.deleted_at,
            Thread.last_post_at,
            where=[Thread.merged_into_id.is_not(None), Thread.deleted_at.is_(None)],
            mend=mend,
        ),
    ]


@check
def polls_of_threads(*, mend: bool) -> list[str]:
    """A thread says whether it has a poll."""
    return compare(Thread.has_poll, Poll.id.is_not(None), (Poll, Poll.thread_id == Thread.id), mend=mend)

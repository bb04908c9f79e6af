from functools import cache
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, select

from forum.models import Poll, PollOption, PollVote, Thread
from forum.queries.rows import PollOptionRow, PollRow
from kernel.clock import now
from kernel.db import session
from kernel.viewer import Viewer


def poll_of(viewer: Viewer, thread: Thread, *, may_vote: bool) -> PollRow:
    """The poll of a thread, with the choice of this viewer."""
    rows = session().connection().execute(_statement(), {"thread_id": thread.id, "me": viewer.own_id}).all()
    poll = rows[0]
    options = tuple(
        PollOptionRow(
            id=option.option_id,
            text=option.text,
            vote_count=option.vote_count,
            percent=round(100 * option.vote_count / poll.voter_count) if poll.voter_count else 0,
            is_mine=option.user_id is not None,
        )
        for option in rows
    )
    return PollRow(
        id=poll.id,
        question=poll.question,
        max_choices=poll.max_choices,
        closes_at=poll.closes_at,
        is_open=may_vote and (poll.closes_at is None or poll.closes_at > now()),
        has_voted=any(option.is_mine for option in options),
        voter_count=poll.voter_count,
        options=options,
    )


@cache
def _statement() -> Any:
    me: BindParameter[int] = bindparam("me")
    return (
        select(
            Poll.id,
            Poll.question,
            Poll.max_choices,
            Poll.closes_at,
            Poll.voter_count,
            PollOption.id.label("option_id"),
            PollOption.text,
            PollOption.vote_count,
            PollVote.user_id,
        )
        .join(PollOption, PollOption.poll_id == Poll.id)
        .outerjoin(PollVote, and_(PollVote.option_id == PollOption.id, PollVote.user_id == me))
        .where(Poll.thread_id == bindparam("thread_id"))
        .order_by(PollOption.position)
    )

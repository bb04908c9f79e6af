"""What waits at the gate, and whoever lets it through."""

from typing import Any

from sqlalchemy import select

from accounts.models import User
from accounts.viewers import viewer_for
from forum.actions.posts import reply
from forum.models import Thread
from kernel.db import session
from kernel.work import unit_of_work
from moderation.actions.reviews import decide
from moderation.contributions import SUBMISSION
from moderation.models import Review, ReviewState, Submission
from moderation.reviewables import Decision, Outcome
from tests.makers.people import newcomer


def waiting(*, thread: Thread, author: User | None = None, body: str = "Mine held for 900 hours.") -> Submission:
    """A reply of somebody new, which waits."""
    author = author or newcomer()
    with unit_of_work():
        made = reply(viewer_for(author.id), thread_id=thread.id, body=body)
    assert isinstance(made, Submission), "it was published at once"
    return made


def review_of(submission: Submission) -> Review:
    """Where it stands in the queue, or stood last."""
    query = select(Review).where(Review.kind == SUBMISSION, Review.ref_id == submission.id)
    return session().scalars(query.order_by(Review.id.desc()).limit(1)).one()


def decided(by: User, submission: Submission, outcome: Outcome = Outcome.APPROVE, **said: Any) -> Submission:
    """The submission, after `by` decided about it."""
    with unit_of_work():
        decide(viewer_for(by.id), review_id=review_of(submission).id, decision=Decision(outcome, **said))
    return session().get_one(Submission, submission.id, populate_existing=True)


def is_open(submission: Submission) -> bool:
    """Whether it stands in the queue."""
    return review_of(submission).state == ReviewState.OPEN

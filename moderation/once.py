"""Sent twice, waiting once: what a key of `kernel.idempotency` remembers of something that waits."""

from typing import TypeVar

from kernel.db import Model, session
from moderation.models import Submission

M = TypeVar("M", bound=Model)
_WAITS = "submission:"


def kept_as(submission: Submission) -> str:
    """What is kept under the key."""
    return f"{_WAITS}{submission.id}"


def first_made(model: type[M], done: str) -> M | Submission:
    """What was made when it was first sent."""
    if done.startswith(_WAITS):
        return session().get_one(Submission, int(done.removeprefix(_WAITS)))
    return session().get_one(model, int(done))

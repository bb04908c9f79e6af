"""What shows that somebody is known here: numbers that rooms bring, each for many people at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select

from accounts.models import User
from kernel.clock import now
from kernel.db import session
from moderation.models import Review, ReviewKind, ReviewState, Sanction, SanctionKind, Visit
from moderation.reviewables import Outcome


class Fact(StrEnum):
    """One number of the conditions."""

    AGE = "age"
    DAYS = "days"
    THREADS = "threads"
    POSTS = "posts"
    WRITTEN = "written"
    REACTIONS = "reactions"
    FLAGS = "flags"
    SANCTIONS = "sanctions"


Bring = Callable[[Sequence[int], datetime | None], Mapping[int, int]]
_brings: dict[Fact, Bring] = {}


def evidence(fact: Fact) -> Callable[[Bring], Bring]:
    """Register who knows this number: of these people, since a moment or of all time; who has none is left out."""

    def register(function: Bring) -> Bring:
        _brings[fact] = function
        return function

    return register


def facts_of(people: Sequence[int], since: datetime | None) -> dict[int, dict[Fact, int]]:
    """All numbers of these people."""
    brought = {fact: bring(people, since) for fact, bring in _brings.items()}
    return {person: {fact: brought.get(fact, {}).get(person, 0) for fact in Fact} for person in people}


@evidence(Fact.AGE)
def _age(people: Sequence[int], _since: datetime | None) -> Mapping[int, int]:
    """Days since they came, however long one looks back."""
    rows = session().execute(select(User.id, User.created_at).where(User.id.in_(people)))
    return {row.id: (now() - row.created_at) // timedelta(days=1) for row in rows}


@evidence(Fact.DAYS)
def _days(people: Sequence[int], since: datetime | None) -> Mapping[int, int]:
    query = select(Visit.user_id, func.count()).where(Visit.user_id.in_(people)).group_by(Visit.user_id)
    return _pairs(query if since is None else query.where(Visit.day >= since.date()))


@evidence(Fact.FLAGS)
def _flags(people: Sequence[int], since: datetime | None) -> Mapping[int, int]:
    """Things of theirs that were removed after somebody flagged them."""
    upheld = (
        Review.author_id.in_(people),
        Review.why == ReviewKind.FLAG,
        Review.state == ReviewState.DECIDED,
        Review.outcome == Outcome.REMOVE,
    )
    query = select(Review.author_id, func.count()).where(*upheld).group_by(Review.author_id)
    return _pairs(query if since is None else query.where(Review.decided_at >= since))


@evidence(Fact.SANCTIONS)
def _sanctions(people: Sequence[int], since: datetime | None) -> Mapping[int, int]:
    """How often they were silenced or suspended, but for what was lifted."""
    imposed = (Sanction.user_id.in_(people), Sanction.kind != SanctionKind.WARNING, Sanction.lifted_at.is_(None))
    query = select(Sanction.user_id, func.count()).where(*imposed).group_by(Sanction.user_id)
    return _pairs(query if since is None else query.where(Sanction.created_at >= since))


def _pairs(query: object) -> dict[int, int]:
    return {person: int(count) for person, count in session().execute(query)}  # type: ignore[call-overload]

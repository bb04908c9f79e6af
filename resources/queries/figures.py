"""What the site says of itself: how many needs are answered, how soon, how they end; counted from what happened."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Select, String, cast, func, select

from kernel.clock import now
from kernel.db import session
from resources.kinds.listings import LISTING
from resources.models import Answer, Match, Need, NeedState
from resources.models.answer import WAITING

WITHIN = timedelta(days=21)
YEAR = timedelta(days=365)
MONTHS = 12
FEW = 10


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many. Below `FEW` the share says little, and is shown as a count."""

    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        """In whole per cent; None of nothing."""
        return round(100 * self.part / self.whole) if self.whole else None

    @property
    def is_small(self) -> bool:
        """Whether one more or less would change it visibly."""
        return self.whole < FEW


@dataclass(frozen=True, slots=True)
class Month:
    """What was published and answered in one month."""

    name: str
    needs: int
    answers: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures, of the whole site: counts only, so that they tell nothing of a need that one may not see."""

    needs: int
    answers: int
    answered: Share
    median_first_answer: timedelta | None
    met: Share
    with_message: Share
    matches: Share
    months: list[Month]
    counted_at: datetime


def figures() -> Figures:
    """Count the needs that were published within a year, and what became of them.

    A need counts under "answered" once it is three weeks old, or sooner if it has ended: before that there may not
    have been time to answer.
    """
    moment = now()
    since = moment - YEAR
    first = select(func.min(Answer.created_at)).where(Answer.need_id == Need.id).correlate(Need).scalar_subquery()
    needs = (
        session()
        .execute(
            select(Need.published_at, Need.ended_at, Need.state, first.label("first_at")).where(
                Need.published_at > since
            )
        )
        .all()
    )
    waits = [row.first_at - row.published_at if row.first_at is not None else None for row in needs]
    ripe = [
        wait
        for row, wait in zip(needs, waits, strict=True)
        if row.ended_at is not None or row.published_at <= moment - WITHIN
    ]
    ended = [row for row in needs if row.ended_at is not None]
    return Figures(
        needs=len(needs),
        answers=_count(select(func.count(Answer.id)).where(Answer.created_at > since)),
        answered=Share(sum(wait is not None and wait <= WITHIN for wait in ripe), len(ripe)),
        median_first_answer=_median([wait for wait in waits if wait is not None]),
        met=Share(sum(row.state == NeedState.MET for row in ended), len(ended)),
        with_message=_with_message(since),
        matches=_matches(since),
        months=_months(since),
        counted_at=moment,
    )


def _count(query: Select[int]) -> int:
    return session().scalar(query) or 0


def _median(waits: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(wait.total_seconds() for wait in waits)) if waits else None


def _with_message(since: datetime) -> Share:
    """Of the answers that ended, those that ended with words to their author."""
    ended = select(func.count(Answer.id)).where(Answer.created_at > since, Answer.state.not_in(WAITING))
    return Share(_count(ended.where(Answer.ending_message != "")), _count(ended))


def _matches(since: datetime) -> Share:
    """Of the pairs of which the listing's owner was told, those whose need they answered afterwards."""
    told = select(func.count(Match.id)).where(
        Match.found_at > since, Match.kind == LISTING, Match.owner_told_at.is_not(None)
    )
    answered = (
        select(Answer.id)
        .where(
            Answer.need_id == Match.need_id,
            Answer.author_id == Match.owner_id,
            Answer.created_at >= Match.owner_told_at,
        )
        .exists()
    )
    return Share(_count(told.where(answered)), _count(told))


def _months(since: datetime) -> list[Month]:
    """Month by month, the oldest first; months in which nothing happened too."""
    counts = [
        Counter(session().scalars(select(func.substr(cast(column, String), 1, 7)).where(column > since)))
        for column in (Need.published_at, Answer.created_at)
    ]
    year, month = since.year, since.month
    found = []
    for _step in range(MONTHS + 1):
        name = f"{year}-{month:02}"
        found.append(Month(name, counts[0][name], counts[1][name]))
        year, month = (year, month + 1) if month < MONTHS else (year + 1, 1)
    return found[1:]

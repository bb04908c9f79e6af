"""How the log grew, day by day, for people who would rather look than read."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import String, cast, func, select

from ip_registry.models import LedgerCheckpoint
from kernel.clock import now
from kernel.db import session

DAYS = 60
FEWEST_DAYS = 14


@dataclass(frozen=True, slots=True)
class Day:
    """How many entries the log had when the day (in UTC, by our own clock) ended, and how many came on it."""

    day: date
    size: int
    added: int


@dataclass(frozen=True, slots=True)
class Growth:
    """The log's size over some days, the oldest first; a day on which nothing was signed repeats the one before."""

    days: list[Day]

    @property
    def size(self) -> int:
        """Entries now."""
        return self.days[-1].size

    @property
    def added(self) -> int:
        """Entries that came in these days."""
        return sum(day.added for day in self.days)

    @property
    def busy(self) -> list[Day]:
        """The days on which the log grew, the newest first: what the table behind the figure lists."""
        return [day for day in reversed(self.days) if day.added]


def growth(log_id: int | None, *, days: int = DAYS) -> Growth:
    """The log's size at the end of each of the last days; a young log is shown from its first day, or for two weeks."""
    first = now().date() - timedelta(days=days - 1)
    midnight = datetime.combine(first, time(), UTC)
    of_day = func.substr(cast(LedgerCheckpoint.created_at, String), 1, 10)
    rows = session().execute(
        select(of_day.label("day"), func.max(LedgerCheckpoint.size).label("size"))
        .where(LedgerCheckpoint.log_id == log_id, LedgerCheckpoint.created_at >= midnight)
        .group_by(of_day)
    )
    ends = {date.fromisoformat(row.day): int(row.size) for row in rows}
    size = int(
        session().scalar(
            select(func.max(LedgerCheckpoint.size)).where(
                LedgerCheckpoint.log_id == log_id, LedgerCheckpoint.created_at < midnight
            )
        )
        or 0
    )
    found = []
    for step in range(days):
        at = first + timedelta(days=step)
        end = max(ends.get(at, size), size)
        found.append(Day(at, end, end - size))
        size = end
    begun = next((place for place, one in enumerate(found) if one.size), days)
    return Growth(found[min(begun, days - FEWEST_DAYS) :])

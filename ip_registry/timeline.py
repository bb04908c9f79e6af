"""The public timeline in few lines: sealed works of one day, of which it can show no more than numbers, are one."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from ip_registry.queries.lists import RecordRow
from ip_registry.queries.times import Interval
from kernel.i18n import zone

Intervals = Mapping[tuple[int, int], Interval]


@dataclass(frozen=True, slots=True)
class Line:
    """One record, or several that nobody can tell apart but by their numbers, the latest first.

    `until` is the latest time that outsiders prove for the first of them.
    """

    rows: tuple[RecordRow, ...]
    until: datetime | None


def lines_of(rows: Sequence[RecordRow], intervals: Intervals, *, timezone: str) -> list[Line]:
    """The rows in their order; those that stand alone have a line each."""
    lines: list[Line] = []
    for _key, run in groupby(rows, key=lambda row: _sort_of(row, _until(row, intervals), timezone)):
        found = tuple(run)
        lines.append(Line(found, _until(found[0], intervals)))
    return lines


def _sort_of(row: RecordRow, until: datetime | None, timezone: str) -> Hashable:
    if row.title or row.is_seen or row.is_disputed:
        return row.id
    return _day(until, timezone), row.log_id


def _day(until: datetime | None, timezone: str) -> date | None:
    return None if until is None else until.astimezone(zone(timezone)).date()


def _until(row: RecordRow, intervals: Intervals) -> datetime | None:
    interval = None if row.index is None else intervals.get((row.log_id, row.index))
    return None if interval is None else interval.not_after

"""Achievements as the gallery, the thread's page and programs see them: one statement, whatever asks for it.

A record is shown on a card as the whole world sees it, whoever looks: once it is closed again, not even which it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from accounts.models import User
from forum.addresses import community_url, thread_url
from forum.models import Board, Community, Thread
from ip_registry.addresses import address_of, number_of
from ip_registry.models import Achievement, AchievementWish, Cooperation, LedgerEntry, LedgerLog, Record
from ip_registry.queries.times import Interval, proven_intervals
from kernel.db import session
from kernel.viewer import PUBLIC, Viewer

MARKS = dict.fromkeys(map(ord, "*`$#>"))


@dataclass(frozen=True, slots=True)
class Badge:
    """The record behind an achievement, which stands in the log and says to everybody what it registers."""

    number: str
    url: str
    leaf_hash: str
    is_disputed: bool
    interval: Interval | None

    @property
    def is_verified(self) -> bool:
        """Whether an outsider vouches for the time, too: before that, only our own clock does."""
        return self.interval is not None


@dataclass(frozen=True, slots=True)
class AchievementRow:
    """An achievement with its place, its author and its record.

    `is_record_closed`: one was named that is not public any more. `record_number` is for whoever may change the card.
    """

    id: int
    thread_id: int
    title: str
    url: str
    lang: str
    problem: str
    method: str
    author_name: str
    author_handle: str | None
    community: str
    community_name: str
    community_url: str
    trl: int | None
    ip_status: str
    cooperation: tuple[str, ...]
    region: str
    city: str
    award_name: str
    award_level: str
    award_year: int | None
    created_at: datetime
    record: Badge | None
    is_record_closed: bool
    record_number: str

    @property
    def excerpt(self) -> str:
        """The problem without the marks of Markdown."""
        return self.problem.translate(MARKS)

    @property
    def place(self) -> str:
        """The code of the city, or else of the province."""
        return self.city or self.region


def statement() -> Any:
    """Cards with all that is shown beside them; who sees which is for the caller to say."""
    return (
        select(
            Achievement,
            Thread.id.label("thread_id"),
            Thread.title,
            Thread.slug,
            Thread.lang,
            Thread.created_at,
            Thread.author_name,
            User.handle,
            User.display_name,
            Community.slug.label("community"),
            Community.name_zh,
            Community.name_en,
            Record.leaf_hash,
            Record.audience,
            Record.is_disputed,
            Record.log_id,
            Record.after_size,
            LedgerEntry.index.label("place"),
            LedgerLog.label,
        )
        .join(Thread, Thread.id == Achievement.thread_id)
        .join(Board, Board.id == Thread.board_id)
        .join(Community, Community.id == Thread.community_id)
        .outerjoin(User, User.id == Thread.author_id)
        .outerjoin(Record, Record.id == Achievement.record_id)
        .outerjoin(LedgerLog, LedgerLog.id == Record.log_id)
        .outerjoin(LedgerEntry, LedgerEntry.leaf_hash == Record.leaf_hash)
    )


def rows_of(viewer: Viewer, rows: Sequence[Row[Any]]) -> list[AchievementRow]:
    """What `statement` found, with the wishes of all and the proven times of their records."""
    wished = _wishes([row.Achievement.id for row in rows])
    times = _times(rows)
    return [_row(viewer, row, wished, times) for row in rows]


def card_of(viewer: Viewer, thread_id: int) -> AchievementRow | None:
    """The card of a thread that the viewer sees."""
    rows = session().execute(statement().where(Achievement.thread_id == thread_id)).all()
    return rows_of(viewer, rows)[0] if rows else None


def marks_of(thread_ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    """What search finds by `has:record`: threads whose record everybody may see."""
    found = session().scalars(
        select(Achievement.thread_id)
        .join(Record, Record.id == Achievement.record_id)
        .where(Achievement.thread_id.in_(thread_ids), Record.audience == PUBLIC)
    )
    return dict.fromkeys(found, ("record",))


def _wishes(ids: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    if not ids:
        return {}
    found: dict[int, set[str]] = defaultdict(set)
    rows = session().execute(
        select(AchievementWish.achievement_id, AchievementWish.kind).where(AchievementWish.achievement_id.in_(ids))
    )
    for row in rows:
        found[row.achievement_id].add(row.kind)
    return {key: tuple(kind.value for kind in Cooperation if kind in kinds) for key, kinds in found.items()}


def _times(rows: Iterable[Row[Any]]) -> Mapping[tuple[int, int], Interval]:
    """By log and index; only of records that everybody sees."""
    facts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        if row.audience == PUBLIC and row.place is not None:
            facts[row.log_id].append((row.place, row.after_size))
    return {
        (log_id, index): interval
        for log_id, some in facts.items()
        for index, interval in proven_intervals(log_id, some).items()
    }


def _row(
    viewer: Viewer,
    row: Row[Any],
    wished: Mapping[int, tuple[str, ...]],
    times: Mapping[tuple[int, int], Interval],
) -> AchievementRow:
    card: Achievement = row.Achievement
    is_public = row.audience == PUBLIC and row.place is not None
    return AchievementRow(
        id=card.id,
        thread_id=row.thread_id,
        title=row.title,
        url=thread_url(row.thread_id, row.slug),
        lang=row.lang,
        problem=card.problem,
        method=card.method,
        author_name=row.display_name or row.author_name,
        author_handle=row.handle,
        community=row.community,
        community_name=row.name_zh if viewer.locale.startswith("zh") else row.name_en,
        community_url=community_url(row.community),
        trl=card.trl,
        ip_status=card.ip_status,
        cooperation=wished.get(card.id, ()),
        region=card.region,
        city=card.city,
        award_name=card.award_name,
        award_level=card.award_level,
        award_year=card.award_year,
        created_at=row.created_at,
        record=_badge(row, times) if is_public else None,
        is_record_closed=row.leaf_hash is not None and not is_public,
        record_number=number_of(row.label, row.place),
    )


def _badge(row: Row[Any], times: Mapping[tuple[int, int], Interval]) -> Badge:
    number = number_of(row.label, row.place)
    return Badge(
        number=number,
        url=address_of(number, row.leaf_hash),
        leaf_hash=row.leaf_hash.hex(),
        is_disputed=row.is_disputed,
        interval=times.get((row.log_id, row.place)),
    )

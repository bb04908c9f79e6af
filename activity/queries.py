from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Integer, ScalarSelect, func, literal_column, select, tuple_

from accounts.audience import holds
from accounts.models import User
from accounts.queries import PersonFacts, persons
from accounts.viewers import contribute_count
from activity.models import Bookmark, Follow, Level, LogEntry, Notice
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.refs import Card, Ref, cards
from kernel.viewer import Viewer

T = TypeVar("T")

PAGE = 40
MOST_UNREAD = 100


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice with what it is about and where, both seen by this viewer."""

    notice: Notice
    card: Card
    place: Card
    actor: PersonFacts | None


@dataclass(frozen=True, slots=True)
class BookmarkRow:
    """A thing put aside that the viewer still sees."""

    id: int
    note: str
    at: datetime
    card: Card

    @property
    def title(self) -> str:
        """What it is called now."""
        return self.card.title

    @property
    def url(self) -> str:
        """Where it is now."""
        return self.card.url

    @property
    def lang(self) -> str:
        """The language of the title."""
        return self.card.lang

    @property
    def kind(self) -> str:
        """What sort of thing it is."""
        return self.card.ref.kind


@dataclass(frozen=True, slots=True)
class LogRow:
    """An act in the log; `card` is None once the thing is gone or out of sight."""

    entry: LogEntry
    card: Card | None
    actor: PersonFacts | None


def levels_for(viewer: Viewer, refs: Iterable[Ref]) -> dict[Ref, Level]:
    """How much the viewer hears of each of `refs`; one query."""
    wanted = list(refs)
    levels = dict.fromkeys(wanted, Level.NORMAL)
    if viewer.user_id is not None and wanted:
        rows = session().execute(
            select(Follow.kind, Follow.ref_id, Follow.level).where(
                Follow.user_id == viewer.user_id,
                tuple_(Follow.kind, Follow.ref_id).in_([(ref.kind, ref.id) for ref in wanted]),
            )
        )
        levels.update({Ref(row.kind, row.ref_id): Level(row.level) for row in rows})
    return levels


def followed(viewer: Viewer, *, kinds: Sequence[str], limit: int = 50) -> list[tuple[Card, Level]]:
    """What of these kinds the viewer tracks or watches, newest first."""
    if viewer.user_id is None:
        return []
    rows = (
        session()
        .execute(
            select(Follow.kind, Follow.ref_id, Follow.level)
            .where(
                Follow.user_id == viewer.user_id,
                Follow.kind.in_(kinds),
                Follow.level.in_([Level.TRACKING, Level.WATCHING]),
            )
            .order_by(Follow.created_at.desc())
            .limit(limit)
        )
        .all()
    )
    found = cards(viewer, [Ref(row.kind, row.ref_id) for row in rows])
    pairs = [(found.get(Ref(row.kind, row.ref_id)), Level(row.level)) for row in rows]
    return [(card, level) for card, level in pairs if card is not None]


def followers(ref: Ref, levels: Iterable[Level]) -> list[int]:
    """Who follows `ref` at one of these levels."""
    return list(
        session().scalars(
            select(Follow.user_id).where(
                Follow.kind == ref.kind, Follow.ref_id == ref.id, Follow.level.in_(list(levels))
            )
        )
    )


def bookmarked(viewer: Viewer, refs: Iterable[Ref]) -> set[Ref]:
    """Which of `refs` the viewer has put aside; one query."""
    wanted = [(ref.kind, ref.id) for ref in refs]
    if viewer.user_id is None or not wanted:
        return set()
    rows = session().execute(
        select(Bookmark.kind, Bookmark.ref_id).where(
            Bookmark.user_id == viewer.user_id, tuple_(Bookmark.kind, Bookmark.ref_id).in_(wanted)
        )
    )
    return {Ref(row.kind, row.ref_id) for row in rows}


def notices_page(viewer: Viewer, *, cursor: str | None = None, limit: int = PAGE) -> Page[NoticeRow]:
    """The viewer's notices, newest first; what has gone out of sight is left out."""
    query = select(Notice).where(Notice.user_id == viewer.me, Notice.audience.in_(viewer.audience))
    page = keyset_page(query, keys=[Notice.id], limit=limit, cursor=cursor).map(_first)
    found = cards(viewer, [ref for notice in page.items for ref in (notice.ref, notice.place)])
    actors = persons({notice.actor_id for notice in page.items if notice.actor_id is not None})
    rows = [
        NoticeRow(notice, found[notice.ref], found[notice.place], actors.get(notice.actor_id or 0))
        for notice in page.items
        if notice.ref in found and notice.place in found
    ]
    return Page(rows, page.next)


def bookmarks_page(viewer: Viewer, *, cursor: str | None = None, limit: int = PAGE) -> Page[BookmarkRow]:
    """What the viewer has put aside, newest first; what has gone out of sight is left out."""
    query = select(Bookmark).where(Bookmark.user_id == viewer.me)
    page = keyset_page(query, keys=[Bookmark.id], limit=limit, cursor=cursor).map(_first)
    found = cards(viewer, [Ref(mark.kind, mark.ref_id) for mark in page.items])
    marks = [(mark, found.get(Ref(mark.kind, mark.ref_id))) for mark in page.items]
    return Page([BookmarkRow(mark.id, mark.note, mark.created_at, card) for mark, card in marks if card], page.next)


def log_page(viewer: Viewer, *, cursor: str | None = None, place: Ref | None = None, limit: int = PAGE) -> Page[LogRow]:
    """Acts with rights over others' things, newest first, as far as the viewer may see where they happened."""
    query = select(LogEntry).where(LogEntry.audience.in_(viewer.audience))
    if place is not None:
        query = query.where(LogEntry.place_kind == place.kind, LogEntry.place_id == place.id)
    page = keyset_page(query, keys=[LogEntry.id], limit=limit, cursor=cursor).map(_first)
    found = cards(viewer, [Ref(entry.kind, entry.ref_id) for entry in page.items])
    actors = persons({entry.actor_id for entry in page.items if entry.actor_id is not None})
    return page.map(
        lambda entry: LogRow(entry, found.get(Ref(entry.kind, entry.ref_id)), actors.get(entry.actor_id or 0))
    )


def _first(row: Sequence[T]) -> T:
    return row[0]


def _unread(user_id: ColumnElement[int]) -> ScalarSelect[int]:
    """Up to a hundred unread notices that this person may see: the same rule as `notices_page`, in SQL."""
    notice = Notice.__table__
    seen = (
        select(literal_column("1").label("one"))
        .where(notice.c.user_id == user_id, notice.c.read_at.is_(None), holds(notice.c.audience))
        .correlate(User.__table__)
        .limit(literal_column(str(MOST_UNREAD), Integer))
        .subquery()
    )
    return select(func.count()).select_from(seen).scalar_subquery()


contribute_count("unread_notices", _unread)

from dataclasses import dataclass

from sqlalchemy import select

from accounts.queries import PersonFacts, persons
from activity.models import LogEntry
from kernel.paging import Page, keyset_page
from kernel.refs import Card, Ref, cards
from kernel.viewer import Viewer

PAGE = 40


@dataclass(frozen=True, slots=True)
class LogRow:
    """An act in the log; `card` is None once the thing is gone or out of sight."""

    entry: LogEntry
    card: Card | None
    actor: PersonFacts | None


def log_page(viewer: Viewer, *, cursor: str | None = None, place: Ref | None = None, limit: int = PAGE) -> Page[LogRow]:
    """Acts with rights over others' things, newest first, as far as the viewer may see where they happened."""
    query = select(LogEntry).where(LogEntry.audience.in_(viewer.audience))
    if place is not None:
        query = query.where(LogEntry.place_kind == place.kind, LogEntry.place_id == place.id)
    page = keyset_page(query, keys=[LogEntry.id], limit=limit, cursor=cursor).map(lambda row: row[0])
    found = cards(viewer, [Ref(entry.kind, entry.ref_id) for entry in page.items])
    actors = persons({entry.actor_id for entry in page.items if entry.actor_id is not None})
    return page.map(
        lambda entry: LogRow(entry, found.get(Ref(entry.kind, entry.ref_id)), actors.get(entry.actor_id or 0))
    )

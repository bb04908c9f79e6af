"""Whose a record was and is, key by key; and the line of its versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, select, union

from accounts.queries import PersonFacts
from ip_registry.addresses import address_of, number_of
from ip_registry.models import EventType, LedgerEntry, LedgerLog, Record
from ip_registry.policy import visible_records
from ip_registry.queries.life import EventRow
from kernel.db import session
from kernel.viewer import Viewer

BEGINS = (EventType.REGISTER, EventType.VERSION)


@dataclass(frozen=True, slots=True)
class TitleRow:
    """From which event on which key spoke for the record. Without a person, only the log's part is known.

    `is_in_force` is false for a new key that the old one contradicted, or that still waits.
    """

    how: str
    key: str
    person: PersonFacts | None
    index: int | None
    leaf_hash: str
    at: datetime | None
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A record in the line of versions; its title only for those who see it."""

    number: str
    url: str
    leaf_hash: str
    index: int | None
    title: str
    lang: str
    is_this: bool


def chain_of_title(events: Sequence[EventRow], *, owner_key: str) -> list[TitleRow]:
    """The keys that spoke for a record, the first one first, as its events tell it."""
    rows: list[TitleRow] = []
    person: PersonFacts | None = None
    for place, event in enumerate(events):
        if event.type in BEGINS or event.type == EventType.ACCEPT:
            person = event.actor
            rows.append(_title(event, event.key, person, is_in_force=True))
        elif event.type == EventType.KEY_ROTATE and event.next_key is not None:
            signs_later = any(later.key == event.next_key for later in events[place + 1 :])
            in_force = event.key != event.next_key or signs_later or owner_key == event.next_key
            rows.append(_title(event, event.next_key, person, is_in_force=in_force))
    return rows


def versions_of(viewer: Viewer, record_id: int) -> list[VersionRow]:
    """The records before and after this one in its line, itself among them, the oldest first; in one query."""
    before = select(Record.id, Record.parent_id).where(Record.id == record_id).cte("before", recursive=True)
    before = before.union(select(Record.id, Record.parent_id).join(before, Record.id == before.c.parent_id))
    after = select(Record.id).where(Record.id == record_id).cte("after", recursive=True)
    after = after.union(select(Record.id).join(after, Record.parent_id == after.c.id))
    seen = visible_records(viewer)
    rows = session().execute(
        select(
            Record.id,
            Record.leaf_hash,
            LedgerEntry.index.label("place"),
            LedgerLog.label,
            case((seen, Record.title), else_="").label("title"),
            case((seen, Record.lang), else_="").label("lang"),
        )
        .outerjoin(LedgerEntry, LedgerEntry.leaf_hash == Record.leaf_hash)
        .outerjoin(LedgerLog, LedgerLog.id == LedgerEntry.log_id)
        .where(Record.id.in_(union(select(before.c.id), select(after.c.id))))
        .order_by(Record.id)
    )
    found = []
    for row in rows:
        number = number_of(row.label, row.place)
        found.append(
            VersionRow(
                number=number,
                url=address_of(number, row.leaf_hash),
                leaf_hash=row.leaf_hash.hex(),
                index=row.place,
                title=row.title,
                lang=row.lang,
                is_this=row.id == record_id,
            )
        )
    return found


def _title(event: EventRow, key: str, person: PersonFacts | None, *, is_in_force: bool) -> TitleRow:
    return TitleRow(
        how=event.type,
        key=key,
        person=person,
        index=event.index,
        leaf_hash=event.leaf_hash,
        at=event.at,
        is_in_force=is_in_force,
    )

"""The events of a record in their order, each with as much of it as the viewer may know."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from accounts.queries import PersonFacts
from ip_registry.models import EventType, LedgerEntry, PendingLeaf, RecordEvent
from ip_registry.queries.sight import Sight
from kernel.db import session
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event. The upper half is what the log shows to everybody; `index` is None while it waits for its place.

    It may stand in a later log than the record, whose own was closed; `log_id` says in which.

    `at` is our own clock, a hint and no proof. `details` are None where they are not for this viewer, or gone.
    `hidden_reason` says why staff hid its statement, which is then empty for all but them and its author.
    """

    id: int
    type: str
    leaf_hash: str
    log_id: int | None
    index: int | None
    after_size: int
    key: str
    next_key: str | None
    leaf: str

    at: datetime | None
    actor: PersonFacts | None
    details: Mapping[str, Any] | None
    details_text: str | None
    salt: str | None
    is_public: bool
    hidden_reason: str | None


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A contradiction, and the owner's answer if there is one."""

    dispute: EventRow
    answer: EventRow | None


def stored_events(record_id: int) -> Sequence[Row[Any]]:
    """The rows of a record's events with their leaves, wherever these stand or wait."""
    return list(
        session().execute(
            select(
                RecordEvent,
                LedgerEntry.log_id,
                LedgerEntry.index.label("place"),
                LedgerEntry.leaf,
                PendingLeaf.leaf.label("waiting"),
            )
            .outerjoin(LedgerEntry, LedgerEntry.leaf_hash == RecordEvent.leaf_hash)
            .outerjoin(PendingLeaf, PendingLeaf.leaf_hash == RecordEvent.leaf_hash)
            .where(RecordEvent.record_id == record_id)
            .order_by(RecordEvent.id)
        )
    )


def actors_of(stored: Sequence[Row[Any]], sight: Sight) -> set[int]:
    """Whose names are shown beside the events."""
    if not sight.sees_all:
        return set()
    return {row.RecordEvent.actor_id for row in stored if row.RecordEvent.actor_id is not None}


def events_shown(
    viewer: Viewer, stored: Sequence[Row[Any]], sight: Sight, people: Mapping[int, PersonFacts]
) -> list[EventRow]:
    """The same rows as this viewer may know them."""
    return [_shown(viewer, row, sight, people) for row in stored]


def disputes_in(events: Sequence[EventRow]) -> list[DisputeRow]:
    """The contradictions among the events, each with its answer."""
    answers = {event.details["dispute"]: event for event in events if event.type == EventType.ANSWER and event.details}
    return [
        DisputeRow(event, answers.get(event.leaf_hash))
        for event in events
        if event.type == EventType.DISPUTE and event.details
    ]


def open_paths(events: Sequence[EventRow]) -> tuple[str, ...]:
    """The files of a sealed record that everybody may see."""
    shown = [event.details for event in events if _is_open_file(event.type, event.details)]
    return tuple(dict.fromkeys(path for details in shown if details for path in details["paths"] or ()))


def _shown(viewer: Viewer, row: Row[Any], sight: Sight, people: Mapping[int, PersonFacts]) -> EventRow:
    event: RecordEvent = row.RecordEvent
    leaf = json.loads(row.leaf or row.waiting)
    details = json.loads(event.details) if event.details is not None else None
    may_read = details is not None and _may_read(viewer, event, details, sight)
    is_hidden = event.hidden_reason is not None and not viewer.is_staff and event.actor_id != viewer.user_id
    if details is not None and is_hidden:
        details = {**details, "statement": ""}
    return EventRow(
        id=event.id,
        type=event.type,
        leaf_hash=event.leaf_hash.hex(),
        log_id=row.log_id,
        index=row.place,
        after_size=_after_size(leaf["after"], row.place),
        key=leaf["k"],
        next_key=leaf.get("n"),
        leaf=(row.leaf or row.waiting).decode(),
        at=event.created_at if sight.sees_all else None,
        actor=people.get(event.actor_id or 0) if sight.sees_all else None,
        details=details if may_read else None,
        details_text=event.details if may_read and not is_hidden else None,
        salt=event.salt if may_read and not is_hidden else None,
        is_public=event.is_public and may_read,
        hidden_reason=event.hidden_reason if may_read else None,
    )


def _after_size(after: str, place: int | None) -> int:
    """The size that the leaf names; none where that is of a log that was closed before the leaf got its place."""
    size = int(after.partition(":")[0])
    return size if place is None or size <= place else 0


def _may_read(viewer: Viewer, event: RecordEvent, details: Mapping[str, Any], sight: Sight) -> bool:
    """What somebody did, they and those inside know; what was made public, everybody who sees the record."""
    if viewer.signed_in and event.actor_id == viewer.user_id:
        return True
    if sight.is_inside or (event.is_public and sight.sees_all):
        return True
    if sight.is_next_owner and event.type == EventType.ASSIGN:
        return bool(details["to"] == viewer.handle)
    return event.is_public and _is_open_file(event.type, details)


def _is_open_file(kind: str, details: Mapping[str, Any] | None) -> bool:
    return kind == EventType.REVEAL and details is not None and details["scope"] == "file"

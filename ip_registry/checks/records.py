"""What must hold of records: their life is one chain in the log, and nobody sees more of them than they should."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import func, or_, select

from ip_registry.envelopes.openings import commitment
from ip_registry.models import (
    Deposit,
    EventType,
    LedgerEntry,
    PendingLeaf,
    Record,
    RecordEvent,
    RecordParty,
    RecordState,
)
from kernel.checks import check
from kernel.db import session
from kernel.viewer import PUBLIC

AT_ONCE = 1_000

Event = tuple[RecordEvent, bytes | None]


@check
def lives_of_records(*, mend: bool) -> list[str]:  # noqa: ARG001 - what was signed cannot be mended
    """Every event names the one before it, its details open its leaf, and the record knows the last one."""
    faults: list[str] = []
    for records in _in_pieces():
        events, children = _events([record.id for record in records]), _children([record.id for record in records])
        for record in records:
            faults += _faults_of_life(record, events[record.id], children[record.id])
    return faults


@check
def audiences_of_records(*, mend: bool) -> list[str]:  # noqa: ARG001 - who should see it, a person decides
    """A disclosed record is everybody's, every other one its owner's; an erased one has nothing left that opens it."""
    faults = []
    for records in _in_pieces():
        kept = _kept([record.id for record in records])
        for record in records:
            is_public = record.state == RecordState.DISCLOSED
            right = PUBLIC if is_public else f"user:{record.owner_id}"
            if record.audience != right:
                faults.append(f"record {record.id} is for {record.audience}, and should be for {right}")
            if record.state == RecordState.ERASED and (record.title or record.id in kept):
                faults.append(f"record {record.id} was erased, and something of it is kept")
    return faults


@check
def deposits_open_their_records(*, mend: bool) -> list[str]:  # noqa: ARG001 - only its owner could mend it
    """What is deposited is what the leaf commits to, and the title in lists is the one of the opening."""
    faults = []
    query = select(Record, Deposit.opening, Deposit.salt).join(Deposit, Deposit.record_id == Record.id)
    for record, opening, salt in session().execute(query.order_by(Record.id).execution_options(yield_per=AT_ONCE)):
        if opening is None or salt is None:
            continue
        if commitment(bytes.fromhex(salt), opening) != record.commitment.hex():
            faults.append(f"the deposit of record {record.id} does not open its leaf")
        if json.loads(opening)["title"] != record.title:
            faults.append(f"record {record.id} is listed under another title than its opening has")
    return faults


def _faults_of_life(record: Record, events: Sequence[Event], children: Sequence[bytes]) -> Iterator[str]:
    before: set[bytes | None] = {None}
    for event, text in events:
        if text is None:
            yield f"event {event.id} of record {record.id} is in no log"
            return
        leaf = json.loads(text)
        previous = bytes.fromhex(leaf["prev"]) if leaf["prev"] else None
        is_first = event.leaf_hash == record.leaf_hash
        if previous not in before and not is_first:
            yield f"event {event.id} of record {record.id} does not follow the one before it"
        if event.details is not None and event.salt is not None:
            opens = commitment(bytes.fromhex(event.salt), event.details) == leaf["c"]
            if not opens:
                yield f"the details of event {event.id} of record {record.id} do not open its leaf"
        before = {event.leaf_hash, *children}
    if record.last_hash not in before:
        yield f"record {record.id} does not know its last event"
    disputed = any(event.type == EventType.DISPUTE for event, _text in events)
    if record.is_disputed != disputed:
        mark = "disputed" if record.is_disputed else "undisputed"
        yield f"record {record.id} is marked as {mark}, and its events say otherwise"


def _in_pieces() -> Iterator[list[Record]]:
    last = 0
    while records := list(session().scalars(select(Record).where(Record.id > last).order_by(Record.id).limit(AT_ONCE))):
        last = records[-1].id
        yield records


def _events(ids: Sequence[int]) -> dict[int, list[Event]]:
    """The events of these records, each with its leaf, wherever that stands or waits."""
    found: dict[int, list[Event]] = defaultdict(list)
    leaf = func.coalesce(LedgerEntry.leaf, PendingLeaf.leaf)
    rows = session().execute(
        select(RecordEvent, leaf.label("leaf"))
        .outerjoin(LedgerEntry, LedgerEntry.leaf_hash == RecordEvent.leaf_hash)
        .outerjoin(PendingLeaf, PendingLeaf.leaf_hash == RecordEvent.leaf_hash)
        .where(RecordEvent.record_id.in_(ids))
        .order_by(RecordEvent.record_id, RecordEvent.id)
    )
    for row in rows:
        found[row.RecordEvent.record_id].append((row.RecordEvent, row.leaf))
    return found


def _children(ids: Sequence[int]) -> dict[int, list[bytes]]:
    """The first leaves of versions: each follows an event of the older record, and may be followed by its next one."""
    found: dict[int, list[bytes]] = defaultdict(list)
    for row in session().execute(select(Record.parent_id, Record.leaf_hash).where(Record.parent_id.in_(ids))):
        if row.parent_id is not None:
            found[row.parent_id].append(row.leaf_hash)
    return found


def _kept(ids: Sequence[int]) -> set[int]:
    """Which of these have anything that opens them or names somebody."""
    kept = set(session().scalars(select(Deposit.record_id).where(Deposit.record_id.in_(ids))))
    kept |= set(session().scalars(select(RecordParty.record_id).where(RecordParty.record_id.in_(ids))))
    told = or_(RecordEvent.details.is_not(None), RecordEvent.salt.is_not(None))
    return kept | set(session().scalars(select(RecordEvent.record_id).where(RecordEvent.record_id.in_(ids), told)))

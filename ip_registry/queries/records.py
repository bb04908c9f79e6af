"""One record as its page shows it: to its parties what it says, to everybody else what the log shows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select

from accounts.queries import PersonFacts, persons
from ip_registry.addresses import address_of, number_of
from ip_registry.envelopes.manifests import FileRecord
from ip_registry.envelopes.openings import Opening, parse_opening
from ip_registry.models import (
    Deposit,
    LedgerEntry,
    LedgerLog,
    PartyRole,
    PartyState,
    Record,
    RecordParty,
    RecordState,
)
from ip_registry.queries.acts import acts_of
from ip_registry.queries.chain import TitleRow, VersionRow, chain_of_title, versions_of
from ip_registry.queries.life import (
    DisputeRow,
    EventRow,
    actors_of,
    disputes_in,
    events_shown,
    open_paths,
    stored_events,
)
from ip_registry.queries.sight import ENDED, Sight, sight_of
from ip_registry.record_loading import is_called, is_known
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class PartyRow:
    """Somebody who has to do with the record. An author without consent is named by the owner, and unconfirmed.

    The account of an author who did not consent is for those inside: the rest of the world reads the claimed name.
    `share` and `message` are for those inside only; `paths` are the files that a reader was shown, None for all.
    """

    id: int
    role: str
    state: str
    position: int
    name: str
    person: PersonFacts | None
    id_commit: str
    key: str | None
    share: str
    message: str
    paths: tuple[str, ...] | None
    decided_at: datetime | None
    is_me: bool

    @property
    def is_confirmed(self) -> bool:
        """Signed with a key of their own."""
        return self.state == PartyState.CONSENTED


@dataclass(frozen=True, slots=True)
class RecordView:
    """Everything that the page of a record shows this viewer.

    The upper half is what the log shows to everybody, the same for every record. The lower half is empty for whoever
    sees no more than that; `state` then reads `sealed`, whatever has happened.
    """

    record_id: int
    log_id: int
    origin: str
    label: str
    number: str
    url: str
    index: int | None
    tree_size: int
    leaf_hash: str
    commitment: str
    after_size: int
    owner_key: str
    last_hash: str
    events: list[EventRow]
    chain: list[TitleRow]
    versions: list[VersionRow]
    open_paths: tuple[str, ...]

    sight: Sight
    next_key: str | None
    state: str
    title: str
    kind: str
    lang: str
    opening: Opening | None
    salt: str | None
    owner: PersonFacts | None
    next_owner: PersonFacts | None
    parties: list[PartyRow]
    disputes: list[DisputeRow]
    is_disputed: bool
    embargo_until: date | None
    embargo_mode: str
    created_at: datetime | None
    disclosed_at: datetime | None
    erased_at: datetime | None
    is_in_custody: bool
    may: frozenset[str]

    @property
    def authors(self) -> list[PartyRow]:
        """The named authors in the order of the opening."""
        return [party for party in self.parties if party.role == PartyRole.AUTHOR]

    @property
    def consents(self) -> tuple[int, int]:
        """How many of the named authors signed, and how many there are."""
        return sum(party.is_confirmed for party in self.authors), len(self.authors)

    @property
    def is_sealed_to_me(self) -> bool:
        """Whether the viewer sees no more than the log shows."""
        return not self.sight.sees_title

    @property
    def leaves(self) -> dict[int, list[EventRow]]:
        """The events that have their place, by log: what proven intervals are asked by."""
        found: dict[int, list[EventRow]] = {}
        for event in self.events:
            if event.log_id is not None:
                found.setdefault(event.log_id, []).append(event)
        return found


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a record that the viewer may know, and its place in the manifest."""

    position: int
    file: FileRecord


@dataclass(frozen=True, slots=True)
class Files:
    """Those files of a record that the viewer may know, of how many. What proves them, `queries.copies` gives."""

    size: int
    rows: list[FileRow]


def record_view(viewer: Viewer, name: str) -> RecordView:
    """The record of this number, or with this leaf hash in its life. Five queries for whoever looks at whatever."""
    row = session().execute(_stored().where(is_called(name), is_known(viewer))).first()
    if row is None:
        raise NotFoundError
    record: Record = row.Record
    parties = _parties(record.id)
    sight = sight_of(viewer, record, parties)
    stored = stored_events(record.id)
    people = persons(_people(record, parties, sight) | actors_of(stored, sight))
    events = events_shown(viewer, stored, sight, people)
    return _view(viewer, row, sight, events, [_party(viewer, one, sight, people) for one in parties], people)


def record_files(viewer: Viewer, record_id: int) -> Files | None:
    """The files of a record, as far as this viewer may know them; None when no manifest lies here or none is theirs."""
    record = session().get(Record, record_id)
    if record is None:
        return None
    sight = sight_of(viewer, record, _parties(record_id))
    events = events_shown(viewer, stored_events(record_id), sight, {})
    allowed = None if sight.sees_all else {*open_paths(events), *sight.paths}
    texts = session().scalar(select(Deposit.manifest).where(Deposit.record_id == record_id))
    if not texts or (allowed is not None and not allowed):
        return None
    rows = [FileRow(position, _file(str(text))) for position, text in enumerate(texts)]
    return Files(len(texts), [row for row in rows if allowed is None or row.file.path in allowed])


def _file(text: str) -> FileRecord:
    """A record of a file as it lies here: it was checked when it was deposited, and there may be a hundred thousand."""
    return FileRecord(**json.loads(text))


def _stored() -> Any:
    return (
        select(
            Record,
            LedgerEntry.index.label("place"),
            LedgerLog.label,
            LedgerLog.origin,
            LedgerLog.size,
            Deposit.opening,
            Deposit.salt,
            Deposit.custody.is_not(None).label("is_in_custody"),
            Deposit.next_custody.is_not(None).label("is_next_in_custody"),
        )
        .outerjoin(LedgerEntry, LedgerEntry.leaf_hash == Record.leaf_hash)
        .join(LedgerLog, LedgerLog.id == Record.log_id)
        .outerjoin(Deposit, Deposit.record_id == Record.id)
    )


def _parties(record_id: int) -> list[RecordParty]:
    query = select(RecordParty).where(RecordParty.record_id == record_id)
    return list(session().scalars(query.order_by(RecordParty.role, RecordParty.position, RecordParty.id)))


def _people(record: Record, parties: Sequence[RecordParty], sight: Sight) -> set[int]:
    """Who is named on the page."""
    if not sight.sees_all:
        return set()
    ids = {record.owner_id, record.next_owner_id, *(party.user_id for party in parties)}
    return {number for number in ids if number is not None}


def _view(
    viewer: Viewer,
    row: Row[Any],
    sight: Sight,
    events: list[EventRow],
    parties: list[PartyRow],
    people: Mapping[int, PersonFacts],
) -> RecordView:
    record: Record = row.Record
    number = number_of(row.label, row.place)
    is_seen, disputes = sight.sees_all, disputes_in(events)
    has_opening = row.opening is not None
    return RecordView(
        record_id=record.id,
        log_id=record.log_id,
        origin=row.origin,
        label=row.label,
        number=number,
        url=address_of(number, record.leaf_hash),
        index=row.place,
        tree_size=row.size,
        leaf_hash=record.leaf_hash.hex(),
        commitment=record.commitment.hex(),
        after_size=record.after_size,
        owner_key=record.owner_key,
        last_hash=record.last_hash.hex(),
        next_key=record.next_key if sight.sees_all else None,
        events=events,
        chain=chain_of_title(events, owner_key=record.owner_key),
        versions=versions_of(viewer, record.id),
        open_paths=open_paths(events),
        sight=sight,
        state=record.state if is_seen else RecordState.SEALED,
        title=record.title if sight.sees_title else "",
        kind=record.kind if sight.sees_title else "",
        lang=record.lang if sight.sees_title else "",
        opening=parse_opening(row.opening) if is_seen and has_opening else None,
        salt=row.salt if is_seen else None,
        owner=people.get(record.owner_id),
        next_owner=people.get(record.next_owner_id or 0) if sight.is_inside or sight.is_next_owner else None,
        parties=[party for party in parties if _is_shown(party, sight)],
        disputes=disputes if is_seen else [],
        is_disputed=record.is_disputed and is_seen,
        embargo_until=record.embargo_until if sight.is_inside else None,
        embargo_mode=record.embargo_mode if sight.is_inside else "",
        created_at=record.created_at if is_seen else None,
        disclosed_at=record.disclosed_at if is_seen else None,
        erased_at=record.erased_at if is_seen else None,
        is_in_custody=bool((sight.is_owner and row.is_in_custody) or (sight.is_next_owner and row.is_next_in_custody)),
        may=acts_of(viewer, record, sight, disputes=disputes, parties=parties, has_opening=has_opening),
    )


def _is_shown(party: PartyRow, sight: Sight) -> bool:
    """Authors and past owners stand on the record; whom it was shown to is the owner's business, and their own."""
    if party.role == PartyRole.READER:
        return party.state not in ENDED and (sight.is_owner or party.is_me)
    return sight.sees_all


def _party(viewer: Viewer, party: RecordParty, sight: Sight, people: Mapping[int, PersonFacts]) -> PartyRow:
    return PartyRow(
        id=party.id,
        role=party.role,
        state=party.state,
        position=party.position,
        name=party.name,
        person=people.get(party.user_id or 0) if party.state == PartyState.CONSENTED or sight.is_inside else None,
        id_commit=party.id_commit,
        key=party.vkey,
        share=party.share if sight.is_inside else "",
        message=party.message if sight.is_owner else "",
        paths=None if party.paths is None else tuple(str(path) for path in party.paths),
        decided_at=party.decided_at,
        is_me=viewer.signed_in and party.user_id == viewer.user_id,
    )

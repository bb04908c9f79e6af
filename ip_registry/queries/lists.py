"""Records in lists: one's own, what waits for one, what one was shown, and the timeline that everybody sees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, case, false, func, select, union

from accounts.queries import PersonFacts, persons
from ip_registry.addresses import address_of, number_of
from ip_registry.models import (
    EventType,
    LedgerEntry,
    LedgerLog,
    PartyRole,
    PartyState,
    Record,
    RecordEvent,
    RecordParty,
    RecordState,
)
from ip_registry.policy import visible_records
from ip_registry.queries.sight import ENDED
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.viewer import PUBLIC, Viewer

LIST = 30
MOST_WAITING = 50


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record in a list. What the viewer may not see of it is empty, and its state then reads `sealed`."""

    id: int
    number: str
    url: str
    leaf_hash: str
    log_id: int
    index: int | None
    after_size: int
    state: str
    title: str
    kind: str
    lang: str
    owner: PersonFacts | None
    is_mine: bool
    is_seen: bool
    is_disputed: bool
    consents: tuple[int, int]
    embargo_until: date | None
    created_at: datetime | None
    disclosed_at: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A record on which the viewer has something to decide: `consent`, `accept` or `answer`."""

    row: RecordRow
    what: str


def my_records(viewer: Viewer, *, cursor: str | None = None, limit: int = LIST) -> Page[RecordRow]:
    """The viewer's own records, the newest first."""
    query = _rows(viewer).where(Record.owner_id == viewer.me)
    page = keyset_page(query, keys=[Record.id], limit=limit, cursor=cursor)
    return Page(_shown(page.items), page.next)


def shown_to_me(viewer: Viewer, *, cursor: str | None = None, limit: int = LIST) -> Page[RecordRow]:
    """Records of others in which the viewer has a part, or that somebody showed them, the newest first."""
    mine = select(RecordParty.record_id).where(RecordParty.user_id == viewer.me, RecordParty.state.not_in(ENDED))
    query = _rows(viewer).where(Record.owner_id != viewer.me, Record.id.in_(mine))
    page = keyset_page(query, keys=[Record.id], limit=limit, cursor=cursor)
    return Page(_shown(page.items), page.next)


def waiting_for_me(viewer: Viewer, *, limit: int = MOST_WAITING) -> list[WaitingRow]:
    """What the viewer is asked to consent to, to accept, or to answer, the newest record first."""
    asked = _asked(viewer)
    offered = select(Record.id).where(Record.next_owner_id == viewer.me)
    what = case(
        (Record.id.in_(asked), EventType.CONSENT.value),
        (Record.next_owner_id == viewer.me, EventType.ACCEPT.value),
        else_=EventType.ANSWER.value,
    )
    waiting = union(asked, offered, _contradicted(viewer)).subquery()
    query = _rows(viewer).add_columns(what.label("what")).where(Record.id.in_(select(waiting.c[0])))
    rows = session().execute(query.order_by(Record.id.desc()).limit(limit)).all()
    return [WaitingRow(row, found.what) for row, found in zip(_shown(rows), rows, strict=True)]


def public_timeline(*, cursor: str | None = None, limit: int = LIST, disclosed_only: bool = False) -> Page[RecordRow]:
    """The records of all logs, the latest first, as a stranger sees them: sealed ones are a number and a hash."""
    query, keys = _rows(Viewer()).where(LedgerEntry.index.is_not(None)), [LedgerEntry.log_id, LedgerEntry.index]
    if disclosed_only:
        query, keys = query.where(Record.audience == PUBLIC), [Record.id]
    page = keyset_page(query, keys=keys, limit=limit, cursor=cursor)
    return Page(_shown(page.items), page.next)


def disclosed_by(user_id: int, *, limit: int = LIST) -> list[RecordRow]:
    """The public records of somebody, the latest first."""
    query = _rows(Viewer()).where(Record.owner_id == user_id, Record.audience == PUBLIC)
    return _shown(session().execute(query.order_by(Record.id.desc()).limit(limit)).all())


def _asked(viewer: Viewer) -> Select[Any]:
    """The records that name the viewer as an author and were not answered."""
    return (
        select(RecordParty.record_id)
        .join(Record, Record.id == RecordParty.record_id)
        .where(
            RecordParty.user_id == viewer.me,
            RecordParty.role == PartyRole.AUTHOR,
            RecordParty.state == PartyState.NAMED,
            Record.state.not_in((RecordState.WITHDRAWN, RecordState.ERASED)),
        )
    )


def _contradicted(viewer: Viewer) -> Select[Any]:
    """The viewer's records with more disputes than answers: each dispute has one answer at most."""
    balance = func.sum(case((RecordEvent.type == EventType.DISPUTE.value, 1), else_=-1))
    return (
        select(RecordEvent.record_id)
        .join(Record, Record.id == RecordEvent.record_id)
        .where(
            Record.owner_id == viewer.me,
            Record.is_disputed,
            Record.state != RecordState.ERASED,
            RecordEvent.type.in_((EventType.DISPUTE, EventType.ANSWER)),
        )
        .group_by(RecordEvent.record_id)
        .having(balance > 0)
    )


def _rows(viewer: Viewer) -> Any:
    seen = visible_records(viewer)
    authors = select(func.count(RecordParty.id)).where(
        RecordParty.record_id == Record.id, RecordParty.role == PartyRole.AUTHOR
    )
    consented = authors.where(RecordParty.state == PartyState.CONSENTED)
    is_mine = Record.owner_id == viewer.user_id if viewer.signed_in else false()
    return (
        select(
            Record.id,
            Record.leaf_hash,
            Record.log_id,
            LedgerEntry.index.label("place"),
            LedgerLog.label,
            Record.after_size,
            seen.label("is_seen"),
            is_mine.label("is_mine"),
            Record.state,
            Record.title,
            Record.kind,
            Record.lang,
            Record.owner_id,
            Record.is_disputed,
            authors.correlate(Record).scalar_subquery().label("authors"),
            consented.correlate(Record).scalar_subquery().label("consented"),
            Record.embargo_until,
            Record.created_at,
            Record.disclosed_at,
        )
        .select_from(Record)
        .outerjoin(LedgerEntry, LedgerEntry.leaf_hash == Record.leaf_hash)
        .join(LedgerLog, LedgerLog.id == Record.log_id)
    )


def _shown(rows: Sequence[Row[Any]]) -> list[RecordRow]:
    people = persons({row.owner_id for row in rows if row.is_seen})
    return [_row(row, people) if row.is_seen else _sealed_row(row) for row in rows]


def _row(row: Row[Any], people: Mapping[int, PersonFacts]) -> RecordRow:
    number = number_of(row.label, row.place)
    return RecordRow(
        id=row.id,
        number=number,
        url=address_of(number, row.leaf_hash),
        leaf_hash=row.leaf_hash.hex(),
        log_id=row.log_id,
        index=row.place,
        after_size=row.after_size,
        state=row.state,
        title=row.title,
        kind=row.kind,
        lang=row.lang,
        owner=people.get(row.owner_id),
        is_mine=bool(row.is_mine),
        is_seen=True,
        is_disputed=row.is_disputed,
        consents=(row.consented, row.authors),
        embargo_until=row.embargo_until if row.is_mine else None,
        created_at=row.created_at,
        disclosed_at=row.disclosed_at,
    )


def _sealed_row(row: Row[Any]) -> RecordRow:
    """What the log shows of it."""
    number = number_of(row.label, row.place)
    return RecordRow(
        id=row.id,
        number=number,
        url=address_of(number, row.leaf_hash),
        leaf_hash=row.leaf_hash.hex(),
        log_id=row.log_id,
        index=row.place,
        after_size=row.after_size,
        state=RecordState.SEALED,
        title="",
        kind="",
        lang="",
        owner=None,
        is_mine=False,
        is_seen=False,
        is_disputed=False,
        consents=(0, 0),
        embargo_until=None,
        created_at=None,
        disclosed_at=None,
    )

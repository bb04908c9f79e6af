"""Records as documents: what they say, for those who see all of it. A blind record says nothing, an erased one neither.

`audience` is `public`, or the owner, or, where others see a sealed record too, a token of that record alone. Whoever
was shown single files finds none of its words.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, union

from accounts.models import User
from ip_registry.addresses import address_of, number_of
from ip_registry.events import (
    ConsentDeclined,
    OfferEnded,
    RecordAssigned,
    RecordChangedHands,
    RecordDisclosed,
    RecordErased,
    RecordsDeposited,
    RecordShown,
    RecordsRegistered,
    RecordWithdrawn,
    SightEnded,
)
from ip_registry.kinds import RECORD
from ip_registry.models import Deposit, LedgerEntry, LedgerLog, PartyRole, PartyState, Record, RecordParty
from ip_registry.words import kind_name
from kernel.db import session
from kernel.events import subscribe
from kernel.i18n import LOCALES
from kernel.refs import Ref
from kernel.viewer import PUBLIC, Viewer
from kernel.words import gettext as _
from search_index import feed
from search_index.documents import Document, Shown, Source, register_source
from search_index.facets import ONE, name_values

ENDED = (PartyState.DECLINED, PartyState.REVOKED)
MOST_TOKENS = 2_000


def documents(ids: Sequence[int]) -> Iterable[Document]:
    """Those that have a title here."""
    rows = session().execute(
        select(Record, Deposit.opening, User.handle, User.display_name)
        .join(User, User.id == Record.owner_id)
        .outerjoin(Deposit, Deposit.record_id == Record.id)
        .where(Record.id.in_(ids), Record.title != "")
    )
    found = [(row.Record, row.opening, (row.handle, row.display_name)) for row in rows]
    numbers = [record.id for record, _opening, _owner in found]
    authors, shared = _authors(numbers), _shared(numbers)
    return [
        Document(
            key=f"{RECORD}:{record.id}",
            kind="record",
            title=record.title,
            body=_body(record, opening, authors.get(record.id, ()), LOCALES),
            audience=_token(record, is_shared=record.id in shared),
            at=record.disclosed_at or record.created_at,
            authors=tuple(dict.fromkeys((*owner, *authors.get(record.id, ())))),
            facets={"record_kind": (record.kind,)},
            lang=record.lang,
        )
        for record, opening, owner in found
    ]


def ids(after: int, limit: int) -> Sequence[int]:
    """The next records that say something."""
    query = select(Record.id).where(Record.id > after, Record.title != "").order_by(Record.id).limit(limit)
    return list(session().scalars(query))


def tokens(viewer: Viewer) -> Iterable[str]:
    """The viewer's own, and one for each sealed record that several people see, the viewer among them."""
    yield from viewer.audience
    if not viewer.signed_in:
        return
    own = select(Record.id).where(
        Record.owner_id == viewer.user_id, or_(_has_parties(), Record.next_owner_id.is_not(None))
    )
    shared = union(own, *_takes_part(viewer)).subquery()
    query = select(Record.id).where(Record.audience != PUBLIC, Record.title != "", Record.id.in_(select(shared.c[0])))
    yield from (_own_token(number) for number in session().scalars(query.order_by(Record.id.desc()).limit(MOST_TOKENS)))


def show(viewer: Viewer, wanted: Sequence[int]) -> Mapping[int, Shown]:
    """How records read among what was found."""
    is_mine = [Record.owner_id == viewer.user_id, *(Record.id.in_(part) for part in _takes_part(viewer))]
    is_seen = or_(Record.audience.in_(sorted(viewer.audience)), *(is_mine if viewer.signed_in else ()))
    rows = session().execute(
        select(Record, Deposit.opening, LedgerEntry.index.label("place"), LedgerLog.label)
        .join(LedgerLog, LedgerLog.id == Record.log_id)
        .outerjoin(LedgerEntry, LedgerEntry.leaf_hash == Record.leaf_hash)
        .outerjoin(Deposit, Deposit.record_id == Record.id)
        .where(Record.id.in_(wanted), Record.title != "", is_seen)
    )
    found = {row.Record.id: row for row in rows}
    authors = _authors(list(found))
    return {
        number: Shown(
            ref=Ref(RECORD, number),
            title=row.Record.title,
            url=address_of(number_of(row.label, row.place), row.Record.leaf_hash),
            text=_body(row.Record, row.opening, authors.get(number, ()), (viewer.locale,)),
            at=row.Record.disclosed_at or row.Record.created_at,
            kind="record",
            lang=row.Record.lang,
            facts=tuple(filter(None, (number_of(row.label, row.place), kind_name(row.Record.kind, viewer.locale)))),
        )
        for number, row in found.items()
    }


@subscribe(RecordsRegistered, RecordsDeposited)
def index_new(event: RecordsRegistered | RecordsDeposited) -> None:
    """New documents, if they say anything."""
    feed.changed(*(Ref(RECORD, number) for number in event.opened_ids))


@subscribe(RecordDisclosed, RecordShown, RecordAssigned)
def index_shown(event: RecordDisclosed | RecordShown | RecordAssigned) -> None:
    """More people see it."""
    feed.changed(Ref(RECORD, event.record_id))


@subscribe(RecordWithdrawn, RecordErased, SightEnded, ConsentDeclined, OfferEnded, RecordChangedHands)
def index_hidden(
    event: RecordWithdrawn | RecordErased | SightEnded | ConsentDeclined | OfferEnded | RecordChangedHands,
) -> None:
    """Fewer people see it, or others: nobody finds it until that is applied."""
    feed.changed(Ref(RECORD, event.record_id), hides=True)


def _body(record: Record, opening: str | None, authors: Iterable[str], locales: Iterable[str]) -> str:
    abstract = json.loads(opening)["abstract"] if opening else ""
    kinds = " · ".join(kind_name(record.kind, locale) for locale in locales)
    return "\n".join(filter(None, [abstract, " · ".join(authors), kinds]))


def _authors(numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The names under which authors stand on each record."""
    rows = session().execute(
        select(RecordParty.record_id, RecordParty.name)
        .where(RecordParty.record_id.in_(numbers), RecordParty.role == PartyRole.AUTHOR)
        .order_by(RecordParty.record_id, RecordParty.position)
    )
    found: dict[int, list[str]] = {}
    for number, name in rows:
        found.setdefault(number, []).append(name)
    return {number: tuple(names) for number, names in found.items()}


def _shared(numbers: Sequence[int]) -> set[int]:
    """Which of these others than their owner see in full."""
    query = select(Record.id).where(Record.id.in_(numbers), or_(_has_parties(), Record.next_owner_id.is_not(None)))
    return set(session().scalars(query))


def _token(record: Record, *, is_shared: bool) -> str:
    return _own_token(record.id) if is_shared and record.audience != PUBLIC else record.audience


def _own_token(record_id: int) -> str:
    return f"record:{record_id}"


def _sees_in_full() -> list[ColumnElement[bool]]:
    return [RecordParty.state.not_in(ENDED), RecordParty.paths.is_(None)]


def _has_parties() -> ColumnElement[bool]:
    others = select(RecordParty.id).where(
        RecordParty.record_id == Record.id, *_sees_in_full(), RecordParty.user_id != Record.owner_id
    )
    return others.correlate(Record).exists()


def _takes_part(viewer: Viewer) -> tuple[Select[Any], Select[Any]]:
    """The records of others that the viewer sees in full: as one of their parties, and as the next owner."""
    party = select(RecordParty.record_id).where(*_sees_in_full(), RecordParty.user_id == viewer.user_id)
    return party, select(Record.id).where(Record.next_owner_id == viewer.user_id)


def _kinds(_viewer: Viewer, _values: Collection[str]) -> Mapping[str, str]:
    return {"record": _("Registered works")}


def _one(_viewer: Viewer, _values: Collection[str]) -> Mapping[str, str]:
    return {"record": _("Registered work")}


register_source(Source(kind=RECORD, documents=documents, ids=ids, show=show, tokens=tokens))
name_values("kind", _kinds)
name_values(ONE, _one)
name_values("record_kind", lambda viewer, values: {code: kind_name(code, viewer.locale) for code in values})

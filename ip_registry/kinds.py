"""How the rest of the house finds records, their events and their parties: a card for those who see the record."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from ip_registry.addresses import address_of, number_of
from ip_registry.models import LedgerEntry, LedgerLog, Record, RecordEvent, RecordParty
from ip_registry.policy import visible_records
from kernel.db import session
from kernel.refs import Card, Kind, Ref, register_kind
from kernel.viewer import Viewer
from kernel.words import gettext as _

RECORD, EVENT, PARTY = "registry.record", "registry.event", "registry.party"


def _records(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(_cards(viewer).where(Record.id.in_(sorted(ids))))
    return {row.id: _card(RECORD, row.id, row) for row in rows}


def _events(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    query = _cards(viewer).join(RecordEvent, RecordEvent.record_id == Record.id)
    rows = session().execute(query.add_columns(RecordEvent.id.label("thing")).where(RecordEvent.id.in_(sorted(ids))))
    return {row.thing: _card(EVENT, row.thing, row) for row in rows}


def _parties(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    query = _cards(viewer).join(RecordParty, RecordParty.record_id == Record.id)
    rows = session().execute(query.add_columns(RecordParty.id.label("thing")).where(RecordParty.id.in_(sorted(ids))))
    return {row.thing: _card(PARTY, row.thing, row) for row in rows}


def _cards(viewer: Viewer) -> Any:
    return (
        select(
            Record.id, Record.leaf_hash, Record.title, Record.lang, LedgerEntry.index.label("place"), LedgerLog.label
        )
        .join(LedgerLog, LedgerLog.id == Record.log_id)
        .outerjoin(LedgerEntry, LedgerEntry.leaf_hash == Record.leaf_hash)
        .where(visible_records(viewer))
    )


def _card(kind: str, thing: int, row: Any) -> Card:
    number = number_of(row.label, row.place)
    title = row.title or (_("Record %(number)s", number=number) if number else _("A sealed record"))
    return Card(Ref(kind, thing), title, address_of(number, row.leaf_hash), row.lang if row.title else "")


for _name, _find in ((RECORD, _records), (EVENT, _events), (PARTY, _parties)):
    register_kind(Kind(_name, _find))

"""Loading what is to be acted on: by its number or by the hash of any of its leaves, and held until the unit ends."""

from sqlalchemy import ColumnElement, and_, or_, select

from ip_registry.addresses import HASH, parse_number
from ip_registry.models import Deposit, LedgerEntry, LedgerLog, Record, RecordEvent
from ip_registry.policy import visible_records
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.viewer import Viewer


def is_called(name: str) -> ColumnElement[bool]:
    """The condition that finds a record by its number or by the hash of one of its leaves."""
    if HASH.fullmatch(name):
        digest = bytes.fromhex(name)
        event = select(RecordEvent.record_id).where(RecordEvent.leaf_hash == digest).scalar_subquery()
        return or_(Record.leaf_hash == digest, Record.id == event)
    place = parse_number(name)
    if place is None:
        raise NotFoundError
    label, index = place
    first = (
        select(LedgerEntry.leaf_hash)
        .join(LedgerLog, LedgerLog.id == LedgerEntry.log_id)
        .where(LedgerLog.label == label, LedgerEntry.index == index)
        .correlate(None)
        .scalar_subquery()
    )
    return Record.leaf_hash == first


def is_known(viewer: Viewer) -> ColumnElement[bool]:
    """What stands in the log is known to everybody; what still waits, to those who see the record.

    For queries in which `LedgerEntry` is outer-joined by the record's leaf hash.
    """
    return or_(LedgerEntry.index.is_not(None), visible_records(viewer))


def record_at(viewer: Viewer, name: str) -> Record:
    """A record that the viewer knows of, whether or not they see what it says."""
    query = select(Record).outerjoin(LedgerEntry, LedgerEntry.leaf_hash == Record.leaf_hash)
    record = session().scalar(query.where(is_called(name), is_known(viewer)))
    if record is None:
        raise NotFoundError
    return record


def seen_record(viewer: Viewer, record_id: int) -> Record:
    """A record whose content the viewer sees."""
    record = session().scalar(select(Record).where(and_(Record.id == record_id, visible_records(viewer))))
    if record is None:
        raise NotFoundError
    return record


def hold_record(record_id: int) -> Record:
    """The record as it is now; whoever changes it, or what hangs on it, holds it first and until the unit ends."""
    query = select(Record).where(Record.id == record_id).with_for_update()
    return session().scalars(query.execution_options(populate_existing=True)).one()


def deposit_of(record: Record) -> Deposit | None:
    """What opens the record, if it lies here."""
    return session().get(Deposit, record.id, populate_existing=True)

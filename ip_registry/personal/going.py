"""What becomes of records when their owner goes: what opens them is erased, the lines in the log stay."""

from collections.abc import Iterable

from sqlalchemy import select, update

from ip_registry.actions.erasing import erase
from ip_registry.addresses import address_of, number_of
from ip_registry.models import LedgerEntry, LedgerLog, PartyRole, PartyState, Record, RecordParty, RecordState
from kernel.db import session
from kernel.personal import Hindrance, Leaver, hinders, leaves
from kernel.viewer import Viewer
from kernel.words import gettext as _

AT_ONCE = 20


@hinders
def shared_records(viewer: Viewer) -> Iterable[Hindrance]:
    """Whoever signed as an author of a record relies on it: it is assigned to one of them, or its owner erases it."""
    signed = select(RecordParty.id).where(
        RecordParty.record_id == Record.id,
        RecordParty.role == PartyRole.AUTHOR,
        RecordParty.state == PartyState.CONSENTED,
        RecordParty.user_id != viewer.me,
    )
    query = (
        select(Record, LedgerLog.label, LedgerEntry.index.label("place"))
        .join(LedgerLog, LedgerLog.id == Record.log_id)
        .outerjoin(LedgerEntry, LedgerEntry.leaf_hash == Record.leaf_hash)
        .where(Record.owner_id == viewer.me, Record.state != RecordState.ERASED, signed.exists())
        .order_by(Record.id)
    )
    for row in session().execute(query):
        number = number_of(row.label, row.place)
        sentence = _(
            "Others signed “%(title)s” as its authors. Assign the record to one of them, or erase it.",
            title=row.Record.title or number,
        )
        yield Hindrance(sentence, address_of(number, row.Record.leaf_hash))


@leaves("registry.records")
def erase_records(leaver: Leaver, after: int) -> int | None:
    """As if their owner erased each of them."""
    query = select(Record).where(Record.owner_id == leaver.id, Record.id > after).order_by(Record.id)
    rows = session().scalars(query.limit(AT_ONCE)).all()
    for record in rows:
        if record.state != RecordState.ERASED:
            erase(leaver.viewer, record=record)
    return rows[-1].id if rows else None


@leaves("registry.parties")
def leave_records(leaver: Leaver, _after: int) -> int | None:
    """Records of others do not lead to them any more; a transfer that waits for them waits for nobody."""
    work = session()
    work.execute(update(Record).where(Record.next_owner_id == leaver.id).values(next_owner_id=None, next_key=None))
    theirs = RecordParty.user_id == leaver.id
    work.execute(update(RecordParty).where(theirs, RecordParty.role != PartyRole.AUTHOR).values(name=""))
    work.execute(update(RecordParty).where(theirs).values(user_id=None, message="", id_commit=""))
    return None

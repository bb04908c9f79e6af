"""Erasing what opens a record. Its entries in the log stay, and say nothing to anybody any more."""

from sqlalchemy import delete, select, update

from ip_registry.actions.achievements import untie
from ip_registry.events import RecordErased
from ip_registry.models import Deposit, Record, RecordEvent, RecordParty, RecordState, TimeToken
from ip_registry.policy import RegistryRight
from ip_registry.record_loading import hold_record
from kernel.clock import now
from kernel.db import overwrite_what_is_deleted, session
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer


def erase(viewer: Viewer, *, record: Record) -> Record:
    """Delete opening, salt, names, details and keys that lie here, for good; doing it twice is doing it once.

    Without the salt nobody can show any more what the commitment in the log stood for, whoever kept the work itself.
    """
    record = hold_record(record.id)
    if record.state == RecordState.ERASED and record.owner_id == viewer.user_id:
        return record
    authorise(viewer, RegistryRight.MANAGE, record)
    overwrite_what_is_deleted()
    _forget_rows(record.id)
    untie(record.id)
    record.title = record.kind = record.lang = ""
    record.state, record.audience = RecordState.ERASED, f"user:{record.owner_id}"
    record.next_key = record.next_owner_id = record.embargo_until = None
    record.erased_at = now()
    session().flush()
    emit(RecordErased(record.id))
    return record


def _forget_rows(record_id: int) -> None:
    work = session()
    mute = update(RecordEvent).where(RecordEvent.record_id == record_id)
    work.execute(mute.values(details=None, salt=None, actor_id=None))
    work.execute(delete(Deposit).where(Deposit.record_id == record_id))
    work.execute(delete(RecordParty).where(RecordParty.record_id == record_id))
    # A token over a file of its own names the file's hash.
    tokens = select(TimeToken.id).where(TimeToken.record_id == record_id)
    work.execute(update(TimeToken).where(TimeToken.renews_id.in_(tokens)).values(renews_id=None))
    work.execute(delete(TimeToken).where(TimeToken.record_id == record_id))

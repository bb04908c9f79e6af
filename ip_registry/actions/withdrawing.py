"""The owner does not stand by a record any more."""

from sqlalchemy import update

from ip_registry.actions.acting import Act, must_be_signed_by_owner, must_stand
from ip_registry.actions.transfers import end_offer
from ip_registry.events import RecordWithdrawn
from ip_registry.models import EventType, RecordEvent, RecordState
from kernel.db import session
from kernel.events import emit


def withdraw(act: Act) -> None:
    """Take it, and single files of it, from everybody's sight but the parties'. The log and the proof stay."""
    must_stand(act.record)
    must_be_signed_by_owner(act)
    record = act.record
    record.state, record.audience = RecordState.WITHDRAWN, f"user:{record.owner_id}"
    record.embargo_until = None
    end_offer(record)
    shown = update(RecordEvent).where(RecordEvent.record_id == record.id, RecordEvent.type == EventType.REVEAL)
    session().execute(shown.values(is_public=False))
    session().flush()
    emit(RecordWithdrawn(record.id))

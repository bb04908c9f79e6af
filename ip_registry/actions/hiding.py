"""Staff hide what somebody wrote in a dispute. Its leaf stays in the log, and that something was hidden is shown."""

from sqlalchemy import select

from activity.actions import record_act
from ip_registry.kinds import EVENT, RECORD
from ip_registry.models import EventType, Record, RecordEvent
from ip_registry.policy import RegistryRight, visible_records
from ip_registry.record_loading import hold_record
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.texts import clean_line
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_REASON = 200
STATEMENTS = (EventType.DISPUTE, EventType.ANSWER)


def hide_statement(viewer: Viewer, *, leaf_hash: bytes, reason: str) -> Record:
    """Show the words of a dispute, or of the answer to one, to nobody but staff and whoever wrote them."""
    record, event = _held(viewer, leaf_hash)
    reason = clean_line(reason)
    if not reason or len(reason) > LONGEST_REASON:
        sentence = _("Say why, in at most %(count)s characters: everybody can read it.", count=LONGEST_REASON)
        raise InvalidError(sentence, errors={"reason": sentence})
    if event.hidden_reason is not None:
        raise ConflictError(_("This statement is hidden already."))
    event.hidden_reason = reason
    _record(viewer, "registry.hide-statement", record, event, reason)
    return record


def show_statement(viewer: Viewer, *, leaf_hash: bytes) -> Record:
    """Show it to everybody again."""
    record, event = _held(viewer, leaf_hash)
    if event.hidden_reason is None:
        raise ConflictError(_("This statement is not hidden."))
    event.hidden_reason = None
    _record(viewer, "registry.show-statement", record, event, "")
    return record


def _held(viewer: Viewer, leaf_hash: bytes) -> tuple[Record, RecordEvent]:
    query = (
        select(RecordEvent)
        .join(Record, Record.id == RecordEvent.record_id)
        .where(
            RecordEvent.leaf_hash == leaf_hash,
            RecordEvent.type.in_(STATEMENTS),
            RecordEvent.is_public,
            visible_records(viewer),
        )
    )
    event = session().scalar(query)
    if event is None:
        raise NotFoundError
    record = hold_record(event.record_id)
    authorise(viewer, RegistryRight.HIDE, record)
    session().refresh(event)
    return record, event


def _record(viewer: Viewer, act: str, record: Record, event: RecordEvent, reason: str) -> None:
    session().flush()
    record_act(
        viewer,
        act=act,
        ref=Ref(EVENT, event.id),
        place=Ref(RECORD, record.id),
        audience=record.audience,
        reason=reason,
        details={"right": RegistryRight.HIDE.value},
    )

"""Somebody contradicts a record, and its owner answers. Both stand side by side; the registry never rules."""

import json

from sqlalchemy import select

from ip_registry.actions.acting import Act, must_be_signed_by_owner, must_stand
from ip_registry.events import DisputeAnswered, RecordDisputed
from ip_registry.models import EventType, Record, RecordEvent
from ip_registry.policy import visible_records
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError
from kernel.events import emit
from kernel.viewer import Viewer
from kernel.words import gettext as _


def dispute(act: Act) -> None:
    """Put a statement, and perhaps a record of one's own, beside a record that one sees."""
    record = act.record
    if not _sees(act.viewer, record):
        raise ForbiddenError(_("A record can be disputed by those who see what it says."))
    must_stand(record)
    if act.leaf.k == record.owner_key:
        raise ForbiddenError(_("A dispute is signed with a key of one's own, not with the owner's."))
    own = act.details["own_record"]
    if own is not None and not _is_own(act.viewer, own):
        raise InvalidError(
            _("There is no such record of yours."), errors={"own_record": _("The leaf hash of a record of your own.")}
        )
    if _has_open_dispute(act):
        raise ConflictError(_("Your dispute of this record is not answered yet."))
    record.is_disputed = act.event.is_public = True
    session().flush()
    emit(RecordDisputed(record.id, event_id=act.event.id, actor_id=act.viewer.me))


def answer(act: Act) -> None:
    """The owner's side of a dispute, once."""
    must_be_signed_by_owner(act)
    disputed = session().scalar(
        select(RecordEvent).where(
            RecordEvent.record_id == act.record.id,
            RecordEvent.type == EventType.DISPUTE,
            RecordEvent.leaf_hash == bytes.fromhex(act.details["dispute"]),
        )
    )
    if disputed is None:
        raise InvalidError(
            _("This record has no such dispute."), errors={"dispute": _("The leaf hash of a dispute of this record.")}
        )
    if disputed.leaf_hash.hex() in _answered(act):
        raise ConflictError(_("This dispute is answered already."))
    act.event.is_public = True
    session().flush()
    emit(DisputeAnswered(act.record.id, event_id=act.event.id, challenger_id=disputed.actor_id))


def _sees(viewer: Viewer, record: Record) -> bool:
    query = select(Record.id).where(Record.id == record.id, visible_records(viewer))
    return session().scalar(query) is not None


def _is_own(viewer: Viewer, leaf_hash: str) -> bool:
    query = select(Record.id).where(Record.leaf_hash == bytes.fromhex(leaf_hash), Record.owner_id == viewer.me)
    return session().scalar(query) is not None


def _has_open_dispute(act: Act) -> bool:
    mine = session().scalars(
        select(RecordEvent.leaf_hash).where(
            RecordEvent.record_id == act.record.id,
            RecordEvent.type == EventType.DISPUTE,
            RecordEvent.actor_id == act.viewer.me,
            RecordEvent.id != act.event.id,
        )
    )
    return bool({digest.hex() for digest in mine} - _answered(act))


def _answered(act: Act) -> set[str]:
    """The leaf hashes of those disputes of the record that have an answer."""
    texts = session().scalars(
        select(RecordEvent.details).where(
            RecordEvent.record_id == act.record.id,
            RecordEvent.type == EventType.ANSWER,
            RecordEvent.details.is_not(None),
            RecordEvent.id != act.event.id,
        )
    )
    return {json.loads(text)["dispute"] for text in texts if text}

"""The day on which an embargo ends: the record is published as its owner arranged, or the owner is reminded."""

from datetime import timedelta

import structlog
from sqlalchemy import select

from accounts.viewers import viewer_for
from ip_registry.actions.custody import act_in_custody
from ip_registry.actions.disclosing import REVEAL
from ip_registry.actions.events import add_event
from ip_registry.events import EmbargoEnded
from ip_registry.models import Deposit, EventType, Record, RecordState
from ip_registry.record_loading import deposit_of, hold_record
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, GuildhallError
from kernel.events import emit
from kernel.viewer import Viewer

log = structlog.get_logger("guildhall.registry")

REMINDED = "reminded"
LAST_ZONE = timedelta(hours=12)  # behind UTC: published too early would destroy novelty, a few hours late harms nobody
AT_ONCE = 100
SEALED = (RecordState.PROPOSED, RecordState.SEALED)


def end_embargoes(*, secret: str) -> int:
    """Everything whose day has begun all over the earth; says how many. Each is handled once."""
    today = (now() - LAST_ZONE).date()
    due = (
        select(Record.id)
        .where(Record.embargo_until <= today, Record.embargo_mode != REMINDED, Record.state.in_(SEALED))
        .order_by(Record.embargo_until, Record.id)
        .limit(AT_ONCE)
    )
    ended = 0
    for record_id in session().scalars(due).all():
        record = hold_record(record_id)
        is_due = record.embargo_until is not None and record.embargo_until <= today and record.state in SEALED
        if is_due and record.embargo_mode != REMINDED:
            _end(record, secret)
            ended += 1
    return ended


def _end(record: Record, secret: str) -> None:
    is_published = record.embargo_mode == REVEAL and _published(record, secret)
    if not is_published:
        record.embargo_mode = REMINDED
        session().flush()
    emit(EmbargoEnded(record.id, is_published=is_published))


def _published(record: Record, secret: str) -> bool:
    """Whether it could be published by itself: with the key that is kept here, or as the owner signed beforehand."""
    deposit, owner = deposit_of(record), viewer_for(record.owner_id)
    if deposit is None or not owner.is_member:
        return False
    try:
        with session().begin_nested():
            if deposit.custody is not None:
                reveal = {"scope": "public", "paths": None, "to": None}
                act_in_custody(owner, record=record, type=EventType.REVEAL, secret=secret, **reveal)
            else:
                _send_presigned(owner, record, deposit)
            if record.state != RecordState.DISCLOSED:
                raise ConflictError("what was signed does not publish it")  # and undoes what it does
    except (GuildhallError, ValueError) as refusal:  # one that cannot be read must not keep all others waiting
        log.warning("an embargo ended with a reminder", record=record.id, reason=str(refusal))
        session().refresh(record)
        return False
    return True


def _send_presigned(owner: Viewer, record: Record, deposit: Deposit) -> None:
    signed = deposit.presigned
    if signed is None:
        return
    add_event(
        owner,
        record=record,
        leaf=str(signed["leaf"]).encode(),
        details=str(signed["details"]),
        salt=bytes.fromhex(str(signed["salt"])),
    )

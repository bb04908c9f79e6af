"""An event of a record: a leaf that names the one before it, checked by one table of rules, accepted, acted upon."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from ip_registry.actions import consents, disclosing, disputes, rekeying, transfers, withdrawing
from ip_registry.actions.acting import Act
from ip_registry.actions.pending import accept_leaf, writable_log
from ip_registry.actions.registering import must_be_ours, refusal_of
from ip_registry.envelopes.details import parse_details
from ip_registry.envelopes.errors import EnvelopeError
from ip_registry.envelopes.leaves import Leaf, parse_leaf
from ip_registry.envelopes.openings import commitment
from ip_registry.models import EventType, Record, RecordEvent
from ip_registry.policy import RegistryRight
from ip_registry.record_loading import hold_record
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _


@dataclass(frozen=True, slots=True)
class Rule:
    """Whose right an event is, what it does, and whether it can stay blind: a leaf without its details."""

    right: RegistryRight
    do: Callable[[Act], None]
    may_be_blind: bool = False


RULES: Mapping[str, Rule] = {
    EventType.CONSENT: Rule(RegistryRight.CONSENT, consents.consent),
    EventType.REVEAL: Rule(RegistryRight.MANAGE, disclosing.reveal),
    EventType.EMBARGO: Rule(RegistryRight.MANAGE, disclosing.embargo),
    EventType.ASSIGN: Rule(RegistryRight.MANAGE, transfers.assign),
    EventType.ACCEPT: Rule(RegistryRight.ACCEPT, transfers.accept, may_be_blind=True),
    EventType.LICENCE: Rule(RegistryRight.MANAGE, transfers.license_out, may_be_blind=True),
    EventType.WITHDRAW: Rule(RegistryRight.MANAGE, withdrawing.withdraw, may_be_blind=True),
    EventType.DISPUTE: Rule(RegistryRight.DISPUTE, disputes.dispute),
    EventType.ANSWER: Rule(RegistryRight.MANAGE, disputes.answer),
    EventType.KEY_ROTATE: Rule(RegistryRight.MANAGE, rekeying.rotate, may_be_blind=True),
}


def add_event(
    viewer: Viewer,
    *,
    record: Record,
    leaf: bytes,
    details: str | None,
    salt: bytes | None,
    password: str | None = None,
) -> RecordEvent:
    """Add one event to the life of a record, and do what it says. Sent again, the same leaf answers the first event.

    Raises `ForbiddenError` for whom or which key it is not for, `ConflictError` when the record moved on since the leaf
    was signed, `InvalidError` for what is not an event or does not open the leaf's commitment.
    """
    sent = _parse(leaf)
    rule = RULES[sent.type]
    record = hold_record(record.id)
    before = _sent_before(viewer, record, sent)
    if before is not None:
        return before
    rekeying.settle(record, signed_by=sent.k)
    authorise(viewer, rule.right, record)
    opened = _opened(record, sent, details, salt, may_be_blind=rule.may_be_blind)
    _must_be_next(record, sent)
    must_be_ours(writable_log(), [sent])
    if not accept_leaf(sent):
        raise ConflictError(_("This leaf stands in the log already."))
    event = RecordEvent(
        record_id=record.id,
        type=sent.type,
        leaf_hash=bytes.fromhex(sent.hash),
        actor_id=viewer.me,
        details=details,
        salt=salt.hex() if salt is not None else None,
    )
    session().add(event)
    record.last_hash = event.leaf_hash
    session().flush()
    rule.do(Act(viewer, record, sent, opened, event, password))
    session().flush()
    return event


def _parse(data: bytes) -> Leaf:
    try:
        leaf = parse_leaf(data)
    except EnvelopeError as error:
        raise refusal_of(error, "leaf") from None
    if leaf.type not in RULES:
        raise InvalidError(
            _("This leaf is not an event of a record."),
            errors={"leaf": _("Its type must be one of: %(types)s.", types=", ".join(sorted(RULES)))},
        )
    return leaf


def _sent_before(viewer: Viewer, record: Record, sent: Leaf) -> RecordEvent | None:
    event = session().scalar(select(RecordEvent).where(RecordEvent.leaf_hash == bytes.fromhex(sent.hash)))
    if event is None:
        return None
    if event.record_id != record.id or event.actor_id != viewer.user_id:
        raise ConflictError(_("This leaf stands in the log already."))
    return event


def _opened(
    record: Record, sent: Leaf, details: str | None, salt: bytes | None, *, may_be_blind: bool
) -> Mapping[str, Any]:
    """The details, once it is certain that the leaf commits to them and that they speak of this record."""
    if details is None and salt is None and may_be_blind:
        return {}
    if details is None or salt is None:
        raise InvalidError(
            _("This event needs its details and their salt."),
            errors={"details" if details is None else "salt": _("It is missing.")},
        )
    try:
        found = parse_details(sent.type, details)
        opens = commitment(salt, details) == sent.c
    except EnvelopeError as error:
        raise refusal_of(error, "details") from None
    if not opens:
        raise InvalidError(
            _("The details do not belong to the leaf."), errors={"details": _("Their commitment differs from “c”.")}
        )
    if bytes.fromhex(found["record"]) != record.leaf_hash:
        raise InvalidError(
            _("The details speak of another record."), errors={"details": _("“record” is not this record's leaf hash.")}
        )
    return found


def _must_be_next(record: Record, sent: Leaf) -> None:
    if sent.prev != record.last_hash.hex():
        raise ConflictError(
            _("Something else has happened to this record in between. Look at its last event, then sign anew.")
        )

"""A record changes hands when the next owner accepts; a licence lets others use it."""

from sqlalchemy import select

from accounts.models import User
from ip_registry.actions.acting import Act, must_be_signed_by_owner, must_not_change_keys, must_stand
from ip_registry.actions.disclosing import REMIND, REVEAL
from ip_registry.events import LicenceGiven, OfferEnded, RecordAssigned, RecordChangedHands
from ip_registry.models import EventType, PartyRole, PartyState, Record, RecordEvent, RecordParty, RecordState
from ip_registry.record_loading import deposit_of, hold_record
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError
from kernel.events import emit
from kernel.viewer import PUBLIC, Viewer
from kernel.words import gettext as _


def assign(act: Act) -> None:
    """Offer the record to the next owner, whose key the leaf names. Until they accept, nothing has changed hands."""
    must_stand(act.record)
    must_be_signed_by_owner(act)
    must_not_change_keys(act.record)
    if act.leaf.n in (None, act.leaf.k):
        raise InvalidError(_("The next owner needs a key of their own."), errors={"leaf": _("“n” is your own key.")})
    handle = (act.details["to"] or "").strip().removeprefix("@").lower()
    person = session().scalar(
        select(User).where(User.handle == handle, User.suspended_at.is_(None), User.email_confirmed_at.is_not(None))
    )
    if person is None or person.id == act.record.owner_id:
        raise InvalidError(errors={"to": _("Name the account that shall have the record; nobody goes by this handle.")})
    act.record.next_owner_id, act.record.next_key = person.id, act.leaf.n
    session().flush()
    emit(RecordAssigned(act.record.id, to_id=person.id))


def accept(act: Act) -> None:
    """Take the record over with one's own key. What opens it comes along; the owner before keeps seeing it."""
    record = act.record
    must_stand(record)
    if act.leaf.k != record.next_key:
        raise ForbiddenError(_("This leaf is not signed with the key to which the record was assigned."))
    if act.details and bytes.fromhex(act.details["assign"]) != _last_assignment(record):
        raise ConflictError(_("This accepts another assignment than the last one."))
    before, record.owner_id = record.owner_id, act.viewer.me
    record.owner_key = act.leaf.k
    end_offer(record, is_accepted=True)
    if record.embargo_mode == REVEAL:
        record.embargo_mode = REMIND  # whether it is published by itself, the next owner says anew
    if record.audience != PUBLIC:
        record.audience = f"user:{record.owner_id}"
    person = session().get_one(User, before)
    session().add(
        RecordParty(
            record_id=record.id,
            user_id=before,
            role=PartyRole.PAST_OWNER,
            state=PartyState.CONSENTED,
            name=person.display_name[:120],
            decided_at=now(),
        )
    )
    session().flush()
    emit(RecordChangedHands(record.id, from_id=before))


def take_back(viewer: Viewer, *, record: Record) -> None:
    """End an offer that was not accepted: its owner takes it back, or the one to whom it was made refuses."""
    record = hold_record(record.id)
    to_id = record.next_owner_id
    if viewer.user_id not in (record.owner_id, to_id) or record.state == RecordState.ERASED:
        raise ForbiddenError(_("Only the owner of the record can do this."))
    if to_id is None:
        raise ConflictError(_("This record is offered to nobody."))
    end_offer(record)
    session().flush()
    emit(OfferEnded(record.id, to_id=to_id, actor_id=viewer.me))


def end_offer(record: Record, *, is_accepted: bool = False) -> None:
    """Nobody is waited for; a key that was kept here for the next owner is theirs now, or goes."""
    record.next_owner_id = record.next_key = None
    deposit = deposit_of(record)
    if deposit is not None:
        if is_accepted:
            deposit.custody, deposit.presigned = deposit.next_custody, None
        deposit.next_custody = None


def license_out(act: Act) -> None:
    """Let somebody use the work. The registry keeps the terms and judges none."""
    must_stand(act.record)
    must_be_signed_by_owner(act)
    emit(LicenceGiven(act.record.id))


def _last_assignment(record: Record) -> bytes | None:
    query = select(RecordEvent.leaf_hash).where(
        RecordEvent.record_id == record.id, RecordEvent.type == EventType.ASSIGN
    )
    return session().scalar(query.order_by(RecordEvent.id.desc()).limit(1))

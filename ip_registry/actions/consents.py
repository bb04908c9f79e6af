"""Named authors agree, each with a key of their own, or say that it is not theirs."""

from sqlalchemy import select

from ip_registry.actions.acting import Act, must_stand
from ip_registry.events import ConsentDeclined, ConsentGiven
from ip_registry.models import PartyRole, PartyState, Record, RecordParty, RecordState
from ip_registry.policy import RegistryRight
from ip_registry.record_loading import hold_record
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError
from kernel.events import emit
from kernel.policy import authorise
from kernel.texts import clean_body
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_MESSAGE = 500


def consent(act: Act) -> None:
    """A named author signs; when nobody is left to be asked, the record is sealed."""
    party = _must_be_asked(act.viewer, act.record, position=act.details["author"])
    must_stand(act.record)
    if party.id_commit != act.details["id_commit"]:
        raise InvalidError(
            _("This consent is for another author."), errors={"details": _("Its id_commit is not yours.")}
        )
    if act.leaf.k == act.record.owner_key:
        raise ForbiddenError(_("A consent is signed with a key of one's own, not with the owner's."))
    if party.vkey is not None and party.vkey != act.leaf.k:
        raise ForbiddenError(_("The opening names another key for this author."))
    party.vkey, party.state, party.decided_at = act.leaf.k, PartyState.CONSENTED, now()
    session().flush()
    emit(ConsentGiven(act.record.id, party.id, is_last=_seal(act.record)))


def decline(viewer: Viewer, *, record: Record, message: str) -> RecordParty:
    """Say that one is not an author of it. The owner is told why; the log is not."""
    authorise(viewer, RegistryRight.CONSENT, record)
    record = hold_record(record.id)
    party = _must_be_asked(viewer, record)
    party.state, party.decided_at = PartyState.DECLINED, now()
    party.message = clean_body(message).strip()[:LONGEST_MESSAGE]
    session().flush()
    emit(ConsentDeclined(record.id, party.id))
    return party


def authors_of(record_id: int) -> list[RecordParty]:
    """Everybody whom the record names as an author, in the order of the opening."""
    query = select(RecordParty).where(RecordParty.record_id == record_id, RecordParty.role == PartyRole.AUTHOR)
    return list(session().scalars(query.order_by(RecordParty.position)))


def _must_be_asked(viewer: Viewer, record: Record, *, position: int | None = None) -> RecordParty:
    """The place of the viewer among the named authors, still undecided."""
    mine = [party for party in authors_of(record.id) if party.user_id == viewer.user_id]
    if not mine or record.state == RecordState.ERASED:
        raise ForbiddenError(_("You are not named as an author of this record."))
    at = [party for party in mine if position in (None, party.position)]
    if not at:
        raise ForbiddenError(_("You are named as an author of this record, but not in this place."))
    if at[0].state == PartyState.CONSENTED:
        raise ConflictError(_("You have consented already."))
    if at[0].state == PartyState.DECLINED:
        raise ConflictError(_("You have declined. The owner can register the work anew and ask you again."))
    return at[0]


def _seal(record: Record) -> bool:
    """Whether nobody is left to be asked."""
    if any(party.state != PartyState.CONSENTED for party in authors_of(record.id)):
        return False
    if record.state == RecordState.PROPOSED:
        record.state = RecordState.SEALED
    return True

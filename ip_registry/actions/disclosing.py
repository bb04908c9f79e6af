"""Showing a record: to everybody, one file of it, to one person; and until when it stays sealed."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select

from accounts.models import User
from ip_registry.actions.acting import Act, must_be_signed_by_owner, must_stand
from ip_registry.actions.registering import refusal_of
from ip_registry.envelopes.details import parse_details
from ip_registry.envelopes.errors import EnvelopeError
from ip_registry.envelopes.leaves import Leaf, parse_leaf
from ip_registry.envelopes.manifests import parse_file_record
from ip_registry.envelopes.openings import commitment
from ip_registry.events import EmbargoSet, FilesDisclosed, RecordDisclosed, RecordShown, SightEnded
from ip_registry.models import Deposit, EventType, PartyRole, PartyState, Record, RecordParty, RecordState
from ip_registry.policy import RegistryRight
from ip_registry.record_loading import deposit_of, hold_record
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import PUBLIC, Viewer
from kernel.words import gettext as _

REMIND, REVEAL = "remind", "reveal"


def reveal(act: Act) -> None:
    """Show what the details say. What was shown to everybody cannot be taken back."""
    must_stand(act.record)
    must_be_signed_by_owner(act)
    deposit = _must_lie_here(act.record)
    paths = act.details["paths"]
    if paths is not None:
        _must_be_files(deposit, paths)
    if act.details["scope"] == "public":
        _disclose(act)
    elif act.details["scope"] == "file":
        act.event.is_public = True
        emit(FilesDisclosed(act.record.id))
    else:
        _show_to(act, handle=act.details["to"], paths=paths)


def embargo(act: Act) -> None:
    """Say until when the record stays sealed, and what happens on that day; without a day, nothing happens."""
    must_stand(act.record)
    must_be_signed_by_owner(act)
    record, until = act.record, act.details["until"]
    if record.state == RecordState.DISCLOSED:
        raise ConflictError(_("This record is public already."))
    if act.details["mode"] == REVEAL:
        _must_lie_here(record)
    day = date.fromisoformat(until) if until else None
    if day is not None and day < now().date():
        raise InvalidError(errors={"until": _("This day has passed.")})
    record.embargo_until = day
    record.embargo_mode = act.details["mode"]
    emit(EmbargoSet(record.id))


def keep_presigned(viewer: Viewer, *, record: Record, leaf: str, details: str, salt: str) -> None:
    """Keep a disclosure that the owner signed for the end of an embargo; it must follow the embargo's own leaf.

    It is worth something only as long as nothing else happens to the record: then the day brings a reminder.
    """
    authorise(viewer, RegistryRight.MANAGE, record)
    record = hold_record(record.id)
    deposit = _must_lie_here(record)
    try:
        signed = parse_leaf(leaf.encode())
    except EnvelopeError as error:
        raise refusal_of(error, "then") from None
    fits = signed.type == EventType.REVEAL and signed.k == record.owner_key and record.embargo_mode == REVEAL
    if not fits or signed.prev != record.last_hash.hex() or not _publishes(record, signed, details, salt):
        raise InvalidError(
            _("This is not a disclosure that follows the embargo."),
            errors={"then": _("A reveal of this record's key whose “prev” is the embargo.")},
        )
    deposit.presigned = {"leaf": leaf, "details": details, "salt": salt}


def _publishes(record: Record, signed: Leaf, details: str, salt: str) -> bool:
    """Whether it would show the whole record to everybody: the day does nothing else."""
    try:
        said = parse_details(EventType.REVEAL, details)
        opens = commitment(bytes.fromhex(salt), details) == signed.c
    except ValueError:  # no envelope, or no hexadecimal
        return False
    return opens and said["scope"] == "public" and bytes.fromhex(said["record"]) == record.leaf_hash


def end_showing(viewer: Viewer, *, record: Record, party_id: int) -> None:
    """Somebody whom it was shown to does not see it here any more; what they saw, they know."""
    authorise(viewer, RegistryRight.MANAGE, record)
    record = hold_record(record.id)
    party = session().get(RecordParty, party_id)
    if party is None or party.record_id != record.id or party.role != PartyRole.READER:
        raise NotFoundError
    party.state, party.decided_at = PartyState.REVOKED, now()
    session().flush()
    emit(SightEnded(record.id))


def paths_in(manifest: Sequence[str] | None) -> list[str]:
    """The paths of a deposited manifest, in its order."""
    return [parse_file_record(text).path for text in manifest or ()]


def _disclose(act: Act) -> None:
    record = act.record
    if record.state == RecordState.DISCLOSED:
        raise ConflictError(_("This record is public already."))
    act.event.is_public = True
    record.state, record.audience, record.disclosed_at = RecordState.DISCLOSED, PUBLIC, now()
    record.embargo_until = None
    session().flush()
    emit(RecordDisclosed(record.id))


def _show_to(act: Act, *, handle: str, paths: Sequence[str] | None) -> None:
    record = act.record
    name = handle.strip().removeprefix("@").lower()
    person = session().scalar(select(User).where(User.handle == name, User.suspended_at.is_(None)))
    if person is None or person.id == record.owner_id:
        raise InvalidError(errors={"to": _("Nobody to be shown this goes by this handle.")})
    party = session().scalar(
        select(RecordParty).where(
            RecordParty.record_id == record.id,
            RecordParty.user_id == person.id,
            RecordParty.role == PartyRole.READER,
        )
    )
    if party is None:
        party = RecordParty(record_id=record.id, user_id=person.id, role=PartyRole.READER, paths=paths)
        session().add(party)
    else:
        _widen(party, paths)
    party.state, party.name, party.decided_at = PartyState.CONSENTED, person.display_name[:120], now()
    session().flush()
    emit(RecordShown(record.id, party.id))


def _widen(party: RecordParty, paths: Sequence[str] | None) -> None:
    """What somebody saw they go on seeing, unless it was ended in between."""
    if party.state == PartyState.REVOKED:
        party.paths = None if paths is None else list(paths)
    elif paths is None:
        party.paths = None
    elif party.paths is not None:
        party.paths = list(dict.fromkeys([*party.paths, *paths]))


def _must_lie_here(record: Record) -> Deposit:
    deposit = deposit_of(record)
    if deposit is None or deposit.opening is None:
        raise ConflictError(_("What opens this record is not kept here, so there is nothing that could be shown."))
    return deposit


def _must_be_files(deposit: Deposit, paths: Collection[str]) -> None:
    missing = sorted(set(paths) - set(paths_in(deposit.manifest)))
    if missing:
        raise InvalidError(
            _("The record has no such file: %(path)s", path=missing[0]), errors={"paths": ", ".join(missing)[:500]}
        )

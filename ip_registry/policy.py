"""Who may do what with records, and beside it the one condition of what may be seen of them."""

from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select

from ip_registry.models import PartyState, Record, RecordParty, RecordState
from kernel.policy import ALLOWED, Denied, Door, Verdict, rule
from kernel.viewer import Viewer


class RegistryRight(StrEnum):
    """Every deed around records that somebody may or may not do."""

    READ = "registry.read"
    REGISTER = "registry.register"
    MANAGE = "registry.manage"
    CONSENT = "registry.consent"
    ACCEPT = "registry.accept"
    DISPUTE = "registry.dispute"
    HIDE = "registry.hide"


def visible_records(viewer: Viewer) -> ColumnElement[bool]:
    """Records whose content the viewer may see: disclosed ones, one's own, and those one is a party of.

    Of every other record the world sees only what the log shows anyway.
    """
    is_in_audience = Record.audience.in_(sorted(viewer.audience))
    if not viewer.signed_in:
        return is_in_audience
    party = (
        select(RecordParty.id)
        .where(
            RecordParty.record_id == Record.id,
            RecordParty.user_id == viewer.user_id,
            RecordParty.state.not_in((PartyState.DECLINED, PartyState.REVOKED)),
        )
        .correlate(Record)
        .exists()
    )
    return or_(is_in_audience, Record.owner_id == viewer.user_id, Record.next_owner_id == viewer.user_id, party)


@rule(RegistryRight.READ, door=Door.ANYONE)
def _read(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # what is read is scoped by `visible_records`


@rule(RegistryRight.REGISTER, door=Door.MEMBER)
def _register(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED


@rule(RegistryRight.MANAGE, door=Door.MEMBER)
def _manage(viewer: Viewer, record: Record) -> Verdict:
    if record.owner_id != viewer.user_id:
        return Denied(_("Only the owner of the record can do this."))
    if record.state == RecordState.ERASED:
        return Denied(_("This record was erased: there is nothing left to act on."))
    return ALLOWED


@rule(RegistryRight.CONSENT, door=Door.MEMBER)
def _consent(_viewer: Viewer, _record: Record) -> Verdict:
    return ALLOWED  # the action looks for the viewer among the named authors


@rule(RegistryRight.ACCEPT, door=Door.MEMBER)
def _accept(viewer: Viewer, record: Record) -> Verdict:
    if record.next_owner_id != viewer.user_id:
        return Denied(_("This record was not assigned to you."))
    return ALLOWED


@rule(RegistryRight.DISPUTE, door=Door.SPEAKER)
def _dispute(viewer: Viewer, record: Record) -> Verdict:
    if record.owner_id == viewer.user_id:
        return Denied(_("You cannot dispute a record of your own."))
    return ALLOWED


@rule(RegistryRight.HIDE, door=Door.STAFF)
def _hide(_viewer: Viewer, _record: Record) -> Verdict:
    return ALLOWED

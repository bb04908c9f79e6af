"""Who may do what with organisations: the tokens of a seat say it, without a query."""

from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select, true

from accounts.models import Organisation, OrganisationSeat
from kernel.policy import ALLOWED, Denied, Door, Verdict, rule
from kernel.viewer import Viewer

CLOSED = "closed"  # how the seats of an organisation end when its page is closed


class OrganisationRight(StrEnum):
    """Every deed around organisations that somebody may or may not do."""

    READ = "organisation.read"
    FOUND = "organisation.found"
    JOIN = "organisation.join"
    EDIT = "organisation.edit"
    ADD = "organisation.add-colleague"
    LEAD = "organisation.lead"
    KEEP = "organisation.keep"


def seat_token(organisation_id: int) -> str:
    """Held by everybody with a seat."""
    return f"organisation:{organisation_id}"


def editor_token(organisation_id: int) -> str:
    """Held by those who write its page: editors and admins."""
    return f"organisation:{organisation_id}:editor"


def admin_token(organisation_id: int) -> str:
    """Held by those who act for it."""
    return f"organisation:{organisation_id}:admin"


def visible_organisations(viewer: Viewer) -> ColumnElement[bool]:
    """All that are open; a closed one only for the staff, and for those whose seats its closing ended."""
    if viewer.is_staff:
        return true()
    is_open = Organisation.closed_at.is_(None)
    if not viewer.signed_in:
        return is_open
    was_mine = select(OrganisationSeat.id).where(
        OrganisationSeat.organisation_id == Organisation.id,
        OrganisationSeat.user_id == viewer.me,
        OrganisationSeat.outcome == CLOSED,
    )
    return or_(is_open, was_mine.correlate(Organisation).exists())


@rule(OrganisationRight.READ, door=Door.ANYONE)
def _read(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # what is read is scoped by `visible_organisations`


@rule(OrganisationRight.FOUND, door=Door.SPEAKER)
def _found(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED


@rule(OrganisationRight.JOIN, door=Door.MEMBER)
def _join(_viewer: Viewer, organisation: Organisation | None) -> Verdict:
    return _open(organisation)


@rule(OrganisationRight.EDIT, door=Door.MEMBER)
def _edit(viewer: Viewer, organisation: Organisation) -> Verdict:
    if editor_token(organisation.id) not in viewer.audience:
        return Denied(_("Only the editors and admins of this organisation do this; an admin can make you one."))
    return _open(organisation)


@rule(OrganisationRight.ADD, door=Door.MEMBER)
def _add(viewer: Viewer, organisation: Organisation) -> Verdict:
    return _edit(viewer, organisation)


@rule(OrganisationRight.LEAD, door=Door.MEMBER)
def _lead(viewer: Viewer, organisation: Organisation) -> Verdict:
    if admin_token(organisation.id) not in viewer.audience:
        return Denied(_("Only the admins of this organisation do this."))
    return _open(organisation)


@rule(OrganisationRight.KEEP, door=Door.STAFF)
def _keep(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED


def _open(organisation: Organisation | None) -> Verdict:
    if organisation is not None and organisation.closed_at is not None:
        return Denied(_("The page of this organisation is closed."))
    return ALLOWED

"""What the staff do with organisations: convert a wrong kind, close a page, find an admin where none is left."""

from accounts.actions.seat_holding import has_admin
from accounts.actions.seats import end_all, seat_admin
from accounts.actions.vouching import withdraw_all
from accounts.assertions import CODE, DOCUMENT, MAIL_DOMAIN, VOUCH
from accounts.events import OrganisationChanged, StaffActed
from accounts.mails import mail_organisation_closed
from accounts.models import Organisation
from accounts.names import clean_line
from accounts.organisation_kinds import PATENT_FIRM, organisation_kinds, sub_kinds_of
from accounts.organisations import organisation_at, people_with_role
from accounts.policy import OrganisationRight
from accounts.policy.organisations import CLOSED
from accounts.queries import person_by_handle
from kernel.clock import now
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_REASON = 300


def convert_organisation(viewer: Viewer, *, slug: str, kind: str, note: str) -> Organisation:
    """Another kind in place of the wrong one; what does not fit it any more falls away. Its admins read the note."""
    organisation = _held(viewer, slug)
    if kind not in organisation_kinds("en") or kind == organisation.kind:
        raise InvalidError(errors={"kind": _("Please choose another kind than the present one.")})
    note = _reason(note, "note")
    organisation.kind = kind
    organisation.sub_kinds = [sub_kind for sub_kind in organisation.sub_kinds if sub_kind in sub_kinds_of(kind, "en")]
    if kind != PATENT_FIRM:
        organisation.licence_number = ""
    emit(StaffActed(viewer.me, "organisation.convert", organisation.id, None, note))
    emit(OrganisationChanged(organisation.id))
    return organisation


def appoint_admin(viewer: Viewer, *, slug: str, handle: str, reason: str) -> None:
    """Somebody acts for it again; only where nobody can."""
    organisation = _held(viewer, slug)
    if has_admin(organisation.id):
        raise ConflictError(_("It has an admin; they appoint others."))
    try:
        person = person_by_handle(clean_line(handle).lstrip("@"))
    except NotFoundError:
        raise InvalidError(errors={"handle": _("Nobody here has this handle.")}) from None
    reason = _reason(reason, "reason")
    seat_admin(viewer, organisation, person)
    emit(StaffActed(viewer.me, "organisation.appoint", organisation.id, None, reason))


def close_organisation(viewer: Viewer, *, slug: str, reason: str) -> Organisation:
    """The page is out of sight and its seats end; its code and domain are free for the one whose they are.

    Whoever acted for it is written to, since they will not find a notice about what they cannot open.
    """
    organisation = _held(viewer, slug)
    reason = _reason(reason, "reason")
    for admin in people_with_role(organisation.id):
        mail_organisation_closed(admin, name=organisation.name, reason=reason)
    end_all(viewer, organisation, outcome=CLOSED, answer=reason)
    for kind in (CODE, DOCUMENT, MAIL_DOMAIN):
        withdraw_all(kind, organisation_id=organisation.id)
    withdraw_all(VOUCH, by_organisation_id=organisation.id)
    organisation.code = organisation.mail_domain = None
    organisation.closed_at = now()
    emit(StaffActed(viewer.me, "organisation.close", organisation.id, None, reason))
    emit(OrganisationChanged(organisation.id, is_closed=True))
    return organisation


def _held(viewer: Viewer, slug: str) -> Organisation:
    organisation = organisation_at(viewer, slug, hold=True)
    authorise(viewer, OrganisationRight.KEEP, organisation)
    if organisation.closed_at is not None:
        raise ConflictError(_("The page of this organisation is closed."))
    return organisation


def _reason(text: str, field: str) -> str:
    text = clean_line(text)
    if not text:
        raise InvalidError(errors={field: _("Please say why, in a sentence.")})
    if len(text) > LONGEST_REASON:
        raise InvalidError(errors={field: _("This may have at most %(count)s characters.", count=LONGEST_REASON)})
    return text

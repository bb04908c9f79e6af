"""Dated assertions: given by those who may speak, and withdrawn, never deleted."""

from datetime import date, datetime, time

from sqlalchemy import select, update

from accounts.actions.seat_holding import must_lead_now
from accounts.assertions import CODE, DOCUMENT, MAIL_DOMAIN, ORCID, VOUCH
from accounts.events import OrganisationChanged, PersonVouched, ProfileChanged, StaffActed
from accounts.models import Organisation, OrganisationSeat, SeatState, User, Vouch
from accounts.names import clean_line
from accounts.policy import AccountRight, OrganisationRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ForbiddenError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.i18n import zone
from kernel.policy import authorise, can
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_WHAT = 300


def vouch_for(viewer: Viewer, organisation: Organisation, *, seat_id: int) -> Vouch:
    """Say in the name of the organisation that somebody works there, as what their seat says now.

    Nobody says it of themselves.
    """
    must_lead_now(viewer, organisation)
    seat = session().get(OrganisationSeat, seat_id)
    if seat is None or seat.organisation_id != organisation.id or seat.state != SeatState.ACTIVE:
        raise NotFoundError
    if seat.user_id == viewer.me:
        raise ForbiddenError(_("Nobody vouches for themselves; another admin can."))
    withdraw_all(VOUCH, user_id=seat.user_id, by_organisation_id=organisation.id)
    vouch = Vouch(
        user_id=seat.user_id,
        kind=VOUCH,
        what=seat.title,
        by_user_id=viewer.me,
        by_organisation_id=organisation.id,
        at=now(),
    )
    session().add(vouch)
    session().flush()
    emit(PersonVouched(viewer.me, seat.user_id, vouch.id, organisation.id))
    emit(ProfileChanged(seat.user_id))
    return vouch


def document_of_organisation(viewer: Viewer, organisation: Organisation, *, what: str, on: date | None = None) -> Vouch:
    """The staff saw a paper of the organisation: which, and when."""
    authorise(viewer, OrganisationRight.KEEP, organisation)
    vouch = _document(viewer, what=what, on=on, organisation_id=organisation.id)
    emit(StaffActed(viewer.me, "organisation.document", organisation.id, None, vouch.what))
    emit(OrganisationChanged(organisation.id))
    return vouch


def document_of_person(viewer: Viewer, person: User, *, what: str, on: date | None = None) -> Vouch:
    """The staff saw a paper of somebody: which, and when."""
    authorise(viewer, AccountRight.VOUCH, person.id)
    vouch = _document(viewer, what=what, on=on, user_id=person.id)
    emit(PersonVouched(viewer.me, person.id, vouch.id, None))
    emit(StaffActed(viewer.me, "person.document", None, person.id, vouch.what))
    emit(ProfileChanged(person.id))
    return vouch


def withdraw_vouch(viewer: Viewer, *, vouch_id: int, reason: str = "") -> Vouch:
    """It does not stand any more: said by the staff, with a reason, or by an admin of the organisation that spoke."""
    vouch = session().get(Vouch, vouch_id, with_for_update=True, populate_existing=True)
    if vouch is None or vouch.withdrawn_at is not None:
        raise NotFoundError
    spoke = session().get(Organisation, vouch.by_organisation_id) if vouch.by_organisation_id else None
    if spoke is None or not can(viewer, OrganisationRight.LEAD, spoke):
        if not viewer.is_staff:
            raise NotFoundError
        authorise(viewer, OrganisationRight.KEEP)
        act = "person.withdraw-assertion" if vouch.organisation_id is None else "organisation.withdraw-assertion"
        emit(StaffActed(viewer.me, act, vouch.organisation_id, vouch.user_id, _needed(reason)))
    vouch.withdrawn_at = now()
    _let_go(vouch)
    if vouch.organisation_id is not None:
        emit(OrganisationChanged(vouch.organisation_id))
    elif vouch.user_id is not None:
        emit(ProfileChanged(vouch.user_id))
    return vouch


def _let_go(vouch: Vouch) -> None:
    """What was said by a rule was said of what stands on the page: it goes too, and is free for whoever has it."""
    if vouch.kind == ORCID and vouch.user_id is not None:
        session().get_one(User, vouch.user_id).orcid = None
    elif vouch.kind == MAIL_DOMAIN and vouch.organisation_id is not None:
        session().get_one(Organisation, vouch.organisation_id).mail_domain = None
    elif vouch.kind == CODE and vouch.organisation_id is not None:
        session().get_one(Organisation, vouch.organisation_id).code = None


def assert_by_rule(kind: str, what: str, *, organisation_id: int | None = None, user_id: int | None = None) -> None:
    """What a rule of this site found, and nobody in particular."""
    session().add(Vouch(kind=kind, what=what, organisation_id=organisation_id, user_id=user_id, at=now()))


def withdraw_all(
    kind: str,
    *,
    organisation_id: int | None = None,
    user_id: int | None = None,
    by_organisation_id: int | None = None,
) -> None:
    """Nothing of this kind stands any more, of whom, or by whom, is named."""
    asked = {"organisation_id": organisation_id, "user_id": user_id, "by_organisation_id": by_organisation_id}
    named = {column: value for column, value in asked.items() if value is not None}
    ids = session().scalars(select(Vouch.id).filter_by(kind=kind, withdrawn_at=None, **named)).all()
    if ids:
        session().execute(update(Vouch).where(Vouch.id.in_(ids)).values(withdrawn_at=now()))


def _document(
    viewer: Viewer, *, what: str, on: date | None, organisation_id: int | None = None, user_id: int | None = None
) -> Vouch:
    what = _needed(what, field="what")
    at = datetime.combine(on, time(12), zone(viewer.timezone)) if on else now()
    if at > now() and on != now().astimezone(zone(viewer.timezone)).date():
        raise InvalidError(errors={"on": _("This day is still to come.")})
    vouch = Vouch(
        organisation_id=organisation_id,
        user_id=user_id,
        kind=DOCUMENT,
        what=what,
        by_user_id=viewer.me,
        at=min(at, now()),
    )
    session().add(vouch)
    session().flush()
    return vouch


def _needed(text: str, *, field: str = "reason") -> str:
    text = clean_line(text)
    if not text:
        raise InvalidError(errors={field: _("Please fill this in.")})
    if len(text) > LONGEST_WHAT:
        raise InvalidError(errors={field: _("This may have at most %(count)s characters.", count=LONGEST_WHAT)})
    return text

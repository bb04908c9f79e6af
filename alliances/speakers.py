"""Who speaks for a party, looked up as it is now: the tokens of a viewer may be as old as the request."""

from collections.abc import Iterable

from sqlalchemy import select

from accounts.models import Organisation, OrganisationSeat, SeatRole, SeatState, User
from accounts.queries import person_by_handle
from alliances.here import visible_alliances
from alliances.models import Alliance, Office, PartyKind, State, Term
from alliances.parties import Party
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.texts import clean_line
from kernel.viewer import Viewer
from kernel.words import gettext as _

CHAIRS = (Office.CHAIR, Office.VICE_CHAIR)


def speakers_for(wanted: Iterable[Party]) -> dict[Party, list[int]]:
    """The people who found, sign, apply and answer for each: admins, the person, chairs. One query a kind."""
    found: dict[Party, list[int]] = {party: [] for party in wanted}
    numbers = {kind: [party.id for party in found if party.kind == kind] for kind in PartyKind}
    if ids := numbers[PartyKind.ORGANISATION]:
        admins = (
            select(OrganisationSeat.organisation_id, OrganisationSeat.user_id)
            .join(User, User.id == OrganisationSeat.user_id)
            .where(
                OrganisationSeat.organisation_id.in_(ids),
                OrganisationSeat.state == SeatState.ACTIVE,
                OrganisationSeat.role == SeatRole.ADMIN,
                User.suspended_at.is_(None),
            )
        )
        for organisation_id, user_id in session().execute(admins.order_by(OrganisationSeat.id)):
            found[Party(PartyKind.ORGANISATION, organisation_id)].append(user_id)
    if ids := numbers[PartyKind.PERSON]:
        for user_id in session().scalars(select(User.id).where(User.id.in_(ids), User.suspended_at.is_(None))):
            found[Party(PartyKind.PERSON, user_id)].append(user_id)
    if ids := numbers[PartyKind.ALLIANCE]:
        chairs = select(Term.alliance_id, Term.user_id).where(
            Term.alliance_id.in_(ids), Term.ended_at.is_(None), Term.office.in_(CHAIRS)
        )
        for alliance_id, user_id in session().execute(chairs.order_by(Term.id)):
            people = found[Party(PartyKind.ALLIANCE, alliance_id)]
            if user_id not in people:
                people.append(user_id)
    return found


def speaks_for(viewer: Viewer, party: Party) -> bool:
    """Whether the viewer speaks for it at this moment."""
    return viewer.is_member and viewer.me in speakers_for([party])[party]


def must_speak_for(viewer: Viewer, party: Party | None) -> Party:
    """The party of a form, if the viewer speaks for it."""
    if party is None or not speaks_for(viewer, party):
        raise InvalidError(
            _("Choose for whom you act."), errors={"party": _("You do not speak for this party; choose another.")}
        )
    return party


def can_work_for(party: Party, user_id: int) -> bool:
    """Whether somebody may hold a seat for it: the people of the organisation, the person, the ally's officers."""
    if party.kind == PartyKind.PERSON:
        return user_id == party.id
    if party.kind == PartyKind.ORGANISATION:
        seat = select(OrganisationSeat.id).where(
            OrganisationSeat.organisation_id == party.id,
            OrganisationSeat.user_id == user_id,
            OrganisationSeat.state == SeatState.ACTIVE,
        )
        return session().scalar(seat.limit(1)) is not None
    term = select(Term.id).where(Term.alliance_id == party.id, Term.user_id == user_id, Term.ended_at.is_(None))
    return session().scalar(term.limit(1)) is not None


def party_named(viewer: Viewer, kind: str, name: str) -> Party:
    """The organisation, person or alliance of this address or handle; raises `InvalidError` at the field `name`.

    An organisation may also be given by its whole name, if only one bears it.
    """
    full = clean_line(name)
    name = full.lower().removeprefix("@").rstrip("/").rpartition("/")[2]
    found: int | None = None
    if kind == PartyKind.ORGANISATION:
        found = _organisation(name, full)
    elif kind == PartyKind.PERSON:
        found = _person(name)
    elif kind == PartyKind.ALLIANCE:
        query = select(Alliance.id).where(
            Alliance.slug == name, Alliance.state == State.ACTIVE, visible_alliances(viewer)
        )
        found = session().scalar(query)
    if found is None:
        raise InvalidError(
            _("Please look at the marked fields."), errors={"name": _("Nothing here has this address or handle.")}
        )
    return Party(PartyKind(kind).value, found)


def _organisation(slug: str, name: str) -> int | None:
    is_open = Organisation.closed_at.is_(None)
    found = session().scalar(select(Organisation.id).where(Organisation.slug == slug, is_open))
    if found is None:
        bears_it = (Organisation.name == name) | (Organisation.name_en == name)
        named = session().scalars(select(Organisation.id).where(bears_it, is_open).limit(2)).all()
        found = named[0] if len(named) == 1 else None
    return found


def _person(handle: str) -> int | None:
    try:
        person = person_by_handle(handle)
    except NotFoundError:
        return None
    return person.id if person.email_confirmed_at is not None else None

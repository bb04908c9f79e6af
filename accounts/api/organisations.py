from accounts.actions import seats
from accounts.actions.organisations import found_organisation
from accounts.assertions import asserted_of_organisations
from accounts.models import OrganisationSeat, SeatRole, SeatState
from accounts.organisation_directory import organisation_page
from accounts.organisation_rows import row_of
from accounts.organisation_schemas import (
    OrganisationGiven,
    OrganisationList,
    OrganisationQuery,
    OrganisationShown,
    SeatAsked,
    SeatDecided,
    SeatList,
    SeatMade,
    SeatQuery,
    SeatShown,
    list_of,
)
from accounts.organisations import organisation_at, people_of
from accounts.policy import OrganisationRight
from kernel.api import Answer, endpoint, room
from kernel.limits import POSTING
from kernel.viewer import Viewer


@endpoint(
    room,
    "GET",
    "/organisations",
    may=OrganisationRight.READ,
    query=OrganisationQuery,
    answers={200: OrganisationList},
)
def list_organisations(viewer: Viewer, *, query: OrganisationQuery) -> OrganisationList:
    """The organisations of the directory, the newest first; a value that the house does not know is no filter."""
    page = organisation_page(viewer, query.wanted, cursor=query.cursor, limit=query.limit)
    return list_of(page.items, page.next)


@endpoint(room, "GET", "/organisations/<slug>", may=OrganisationRight.READ, answers={200: OrganisationShown})
def get_organisation(viewer: Viewer, *, slug: str) -> OrganisationShown:
    """One organisation, and what of it was checked by whom."""
    found = organisation_at(viewer, slug)
    row = row_of(found, viewer.locale, asserted_of_organisations([found.id])[found.id])
    return OrganisationShown.of_page(row, found)


@endpoint(
    room,
    "POST",
    "/organisations",
    may=OrganisationRight.FOUND,
    body=OrganisationGiven,
    answers={201: OrganisationShown},
    limit=POSTING,
    refusals=(409,),
)
def post_organisation(viewer: Viewer, *, body: OrganisationGiven) -> Answer:
    """Found the page of an organisation; look whether there is one already."""
    made = found_organisation(viewer, body.facts)
    row = row_of(made, viewer.locale, asserted_of_organisations([made.id])[made.id])
    return Answer(OrganisationShown.of_page(row, made), 201, location=f"/api/v1/organisations/{made.slug}")


@endpoint(
    room,
    "GET",
    "/organisations/<slug>/seats",
    may=OrganisationRight.READ,
    query=SeatQuery,
    answers={200: SeatList},
)
def list_seats(viewer: Viewer, *, slug: str, query: SeatQuery) -> SeatList:
    """Who belongs to it; and for its admins, who asks for a seat and who is invited."""
    found = organisation_at(viewer, slug)
    page = people_of(viewer, found.id, states=(query.state,), cursor=query.cursor, limit=query.limit)
    return SeatList(items=[SeatShown.of(row) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    "/organisations/<slug>/seats",
    may=OrganisationRight.JOIN,
    body=SeatAsked,
    answers={201: SeatMade},
    limit=POSTING,
    refusals=(409,),
)
def ask_seat(viewer: Viewer, *, slug: str, body: SeatAsked) -> Answer:
    """Ask for a seat; whoever's address is at the proven domain of the organisation has it at once."""
    made = seats.ask_for_seat(viewer, slug=slug, message=body.message, title=body.title)
    return Answer(_made(made), 201, location=f"/api/v1/organisations/{slug}/seats")


@endpoint(
    room,
    "PUT",
    "/organisations/<slug>/seats/<int:seat_id>/decision",
    may=OrganisationRight.LEAD,
    body=SeatDecided,
    answers={200: SeatMade},
    refusals=(409,),
)
def put_seat_decision(viewer: Viewer, *, slug: str, seat_id: int, body: SeatDecided) -> SeatMade:
    """Accept or refuse whoever asks for a seat in an organisation that you act for."""
    decided = seats.decide_seat(
        viewer, slug=slug, seat_id=seat_id, accept=body.accept, role=body.role, message=body.message
    )
    return _made(decided)


def _made(seat: OrganisationSeat) -> SeatMade:
    return SeatMade(id=seat.id, role=SeatRole(seat.role), state=SeatState(seat.state))

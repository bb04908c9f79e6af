"""Offices: who holds them, and giving, ending and giving them up outside elections."""

from alliances.actions import offices
from alliances.addresses import api_url
from alliances.here import here_at
from alliances.models import Term
from alliances.policy import AllianceRight
from alliances.queries.offices import officers, past_terms, term_at
from alliances.schemas.offices import OfficeGiven, OfficeList, OfficeQuery, OfficeShown, ResignationGiven, TermGiven
from alliances.schemas.shapes import ReasonGiven
from kernel.api import Answer, endpoint, room
from kernel.policy import authorise
from kernel.viewer import Viewer

OFFICES = "/alliances/<slug>/offices"
ONE = f"{OFFICES}/<int:term_id>"


@endpoint(room, "GET", OFFICES, may=AllianceRight.READ, query=OfficeQuery, answers={200: OfficeList})
def list_alliance_offices(viewer: Viewer, *, slug: str, query: OfficeQuery) -> OfficeList:
    """Who holds which office now, all at once; or, for its members, who held one before, page by page."""
    here = here_at(viewer, slug)
    if not query.past:
        return OfficeList(items=[OfficeShown.of(row) for row in officers(here)])
    authorise(viewer, AllianceRight.READ_INSIDE, here)
    page = past_terms(here, cursor=query.cursor, limit=query.limit)
    return OfficeList(items=[OfficeShown.of(row) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    OFFICES,
    may=AllianceRight.APPOINT,
    body=OfficeGiven,
    answers={201: OfficeShown},
    refusals=(409,),
)
def post_alliance_office(viewer: Viewer, *, slug: str, body: OfficeGiven) -> Answer:
    """Give somebody else an office; of a single office, an interim holder goes with that."""
    term = offices.appoint(viewer, slug=slug, office=body.office, handle=body.handle, ends_on=body.ends_on)
    return Answer(_shown(viewer, slug, term), 201, api_url(slug, "offices", term.id))


@endpoint(room, "GET", ONE, may=AllianceRight.READ, answers={200: OfficeShown})
def get_alliance_office(viewer: Viewer, *, slug: str, term_id: int) -> OfficeShown:
    """One term; who held an office before, and who leads a working group, is for the members."""
    return OfficeShown.of(term_at(here_at(viewer, slug), term_id))


@endpoint(
    room,
    "PUT",
    f"{ONE}/term",
    may=AllianceRight.APPOINT,
    body=TermGiven,
    answers={200: OfficeShown},
    refusals=(409,),
)
def put_alliance_office_term(viewer: Viewer, *, slug: str, term_id: int, body: TermGiven) -> OfficeShown:
    """Say until when somebody holds an office."""
    return _shown(viewer, slug, offices.set_term_end(viewer, slug=slug, term_id=term_id, ends_on=body.ends_on))


@endpoint(
    room,
    "PUT",
    f"{ONE}/ended",
    may=AllianceRight.APPOINT,
    body=ReasonGiven,
    answers={204: None},
    refusals=(409,),
)
def put_alliance_office_ended(viewer: Viewer, *, slug: str, term_id: int, body: ReasonGiven) -> None:
    """Take back an office that an officer gave, and say why."""
    offices.end_office(viewer, slug=slug, term_id=term_id, reason=body.reason)


@endpoint(
    room,
    "PUT",
    f"{ONE}/resigned",
    may=AllianceRight.LEAVE,
    body=ResignationGiven,
    answers={204: None},
    refusals=(409,),
)
def put_alliance_office_resigned(viewer: Viewer, *, slug: str, term_id: int, body: ResignationGiven) -> None:
    """Give your own office up, with a successor where too few would be left who can give offices."""
    offices.resign(viewer, slug=slug, term_id=term_id, reason=body.reason, successor=body.successor)


def _shown(viewer: Viewer, slug: str, term: Term) -> OfficeShown:
    return OfficeShown.of(term_at(here_at(viewer, slug), term.id))

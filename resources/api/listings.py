from collections.abc import Iterator
from contextlib import contextmanager

from kernel.api import Answer, endpoint, room
from kernel.errors import InvalidError
from kernel.limits import POSTING
from kernel.viewer import Viewer
from kernel.words import gettext as _
from resources.actions.listings import (
    change_listing,
    offer_listing,
    pause_listing,
    publish_listing,
    withdraw_listing,
)
from resources.in_name_of import by_address_and_name, with_number
from resources.listing_loading import listing_to
from resources.listing_schemas import (
    ListingChange,
    ListingGiven,
    ListingItem,
    ListingPage,
    ListingQuery,
    ListingShown,
)
from resources.models import ListingState
from resources.offers import FACT, read_offer, typed_of
from resources.policy import ListingRight
from resources.queries.listing_page import listing_view
from resources.queries.listing_search import shelf
from resources.queries.listings import Filters


@endpoint(room, "GET", "/listings", may=ListingRight.READ, query=ListingQuery, answers={200: ListingPage})
def list_listings(viewer: Viewer, *, query: ListingQuery) -> ListingPage:
    """What is on the shelf, the newest first; with words the best first."""
    filters = Filters(
        q=query.q,
        kind=query.kind or "",
        sector=query.sector,
        region=query.region,
        access=query.access or "",
        funding=query.funding or "",
        organisation=query.organisation,
    )
    page = shelf(viewer, filters, cursor=query.cursor, limit=query.limit).page
    return ListingPage(items=[ListingItem.of(row) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    "/listings",
    may=ListingRight.OFFER,
    body=ListingGiven,
    answers={201: ListingShown, 202: ListingShown},
    limit=POSTING,
)
def offer_by_program(viewer: Viewer, *, body: ListingGiven) -> Answer:
    """Offer something: published at once, or kept as a draft. 202: a moderator looks at it first."""
    with _named_as_given():
        typed = with_number({**body.typed(), "kind": body.kind.value}, by_address_and_name(viewer))
        offer = read_offer(typed, is_draft=not body.publish)
    made = offer_listing(viewer, offer, publish=body.publish)
    waits = body.publish and made.state == ListingState.DRAFT
    return Answer(_shown(viewer, made.id), 202 if waits else 201, location=f"/api/v1/listings/{made.id}")


@endpoint(room, "GET", "/listings/<int:listing_id>", may=ListingRight.READ, answers={200: ListingShown})
def show_listing(viewer: Viewer, *, listing_id: int) -> ListingShown:
    """A listing with all its facts."""
    return _shown(viewer, listing_id)


@endpoint(
    room,
    "PATCH",
    "/listings/<int:listing_id>",
    may=ListingRight.EDIT,
    body=ListingChange,
    answers={200: ListingShown, 202: ListingShown},
    refusals=(409,),
)
def patch_listing(viewer: Viewer, *, listing_id: int, body: ListingChange) -> Answer:
    """Say some of it anew, put it on the shelf, or take it down. Facts that are given replace all of them.

    202: it is changed, and on the shelf once a moderator has looked at it.
    """
    given = body.typed()
    if given.get("organisation"):
        given = with_number(given, by_address_and_name(viewer))
    if given:
        listing = listing_to(viewer, ListingRight.EDIT, listing_id)
        before = typed_of(listing)
        if body.facts is not None:
            before = {name: value for name, value in before.items() if not name.startswith(FACT)}
        if given.keys() & {"region", "city"}:
            before = {**before, "region": "", "city": ""}
        with _named_as_given():
            offer = read_offer({**before, **given}, is_draft=listing.state == ListingState.DRAFT)
        change_listing(viewer, listing_id=listing_id, offer=offer)
    if body.state is not None:
        _set_state(viewer, listing_id, body.state)
    shown = _shown(viewer, listing_id)
    waits = body.state is ListingState.PUBLISHED and shown.state == ListingState.DRAFT
    return Answer(shown, 202 if waits else 200)


@endpoint(room, "DELETE", "/listings/<int:listing_id>", may=ListingRight.CHANGE_STATE, answers={204: None})
def delete_listing(viewer: Viewer, *, listing_id: int) -> None:
    """Withdraw it for good; a draft is deleted."""
    withdraw_listing(viewer, listing_id=listing_id)


def _set_state(viewer: Viewer, listing_id: int, state: ListingState) -> None:
    if state is ListingState.DRAFT:
        raise InvalidError(errors={"state": _("What was published is paused or withdrawn; it is no draft again.")})
    deeds = {
        ListingState.PUBLISHED: publish_listing,
        ListingState.PAUSED: pause_listing,
        ListingState.WITHDRAWN: withdraw_listing,
    }
    with _named_as_given():
        deeds[state](viewer, listing_id=listing_id)


@contextmanager
def _named_as_given() -> Iterator[None]:
    """Faults of facts under the names that a program knows: `facts.model`."""
    try:
        yield
    except InvalidError as error:
        errors = {
            f"facts.{name.removeprefix(FACT)}" if name.startswith(FACT) else name: reason
            for name, reason in error.errors.items()
        }
        raise InvalidError(error.detail, errors=errors) from None


def _shown(viewer: Viewer, listing_id: int) -> ListingShown:
    return ListingShown.from_view(listing_view(viewer, listing_id))

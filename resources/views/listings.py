"""The shelf, and a listing's own page."""

from dataclasses import asdict
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from kernel.errors import InvalidError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.web import current_viewer
from resources.actions import listings as actions
from resources.actions.upkeep import confirm_listing
from resources.addresses import listing_url
from resources.models import ListingState
from resources.policy import ListingRight
from resources.queries.listing_facets import counts, facets_of
from resources.queries.listing_page import ListingView, listing_view, similar
from resources.queries.listing_search import shelf
from resources.queries.listings import Filters, my_counts, my_listings
from resources.queries.matching import needs_for
from resources.room import room
from resources.vocabulary import Access, name_of

LONGEST_QUERY = 300
PURPOSES = {Access.REQUEST: "request", Access.QUOTE: "quote", Access.BOOK: "book", Access.FIXED_PRICE: "request"}


@room.page("/listings", may=ListingRight.READ)
def listings() -> ResponseReturnValue:
    """What is offered, narrowed by what was chosen and by words."""
    viewer, filters = current_viewer(), filters_asked()
    found = shelf(viewer, filters, cursor=request.args.get("cursor"))
    return render_template(
        "resources/listings.html",
        page=found.page,
        total=found.total,
        filters=filters,
        facets=facets_of(found.counts or counts(viewer, filters), filters, viewer.locale),
        asked=filters.asked(),
        export_url=f"/listings/export.csv?{urlencode(filters.asked())}",
    )


@room.page("/listings/mine", may=ListingRight.OFFER)
def my_shelf() -> ResponseReturnValue:
    """What I offer, whatever its state."""
    viewer = current_viewer()
    asked = request.args.get("state", "")
    state = ListingState(asked) if asked in set(ListingState) else None
    return render_template(
        "resources/listings_mine.html",
        page=my_listings(viewer, state=state, cursor=request.args.get("cursor")),
        counts=my_counts(viewer),
        state=state or "",
        states=list(ListingState),
    )


@room.page("/listings/<int:listing_id>", may=ListingRight.READ)
def listing_without_slug(listing_id: int) -> ResponseReturnValue:
    """The same listing under its full address."""
    return listing(listing_id, "")


@room.page("/listings/<int:listing_id>-<slug>", may=ListingRight.READ)
def listing(listing_id: int, slug: str) -> ResponseReturnValue:
    """A listing, read like a record of a catalogue."""
    viewer = current_viewer()
    view = listing_view(viewer, listing_id)
    if view.row.url != listing_url(listing_id, slug):
        return redirect(view.row.url, 301)
    return page_of(view)


def page_of(view: ListingView, *, file_error: str = "") -> str:
    """The page of a listing."""
    viewer = current_viewer()
    return render_template(
        "resources/listing.html",
        view=view,
        similar=similar(viewer, view),
        needs=needs_for(viewer, view.listing) if view.is_public else [],
        funding_name=name_of("funding", view.row.funding, viewer.locale),
        ask_purpose=PURPOSES.get(view.access, "question"),
        file_error=file_error,
    )


@room.page("/listings/<int:listing_id>/publish", may=ListingRight.CHANGE_STATE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def publish_listing(listing_id: int) -> ResponseReturnValue:
    """Put it on the shelf; what lacks something that is needed is led to its form."""
    try:
        made = actions.publish_listing(current_viewer(), listing_id=listing_id)
    except InvalidError:
        flash(_("Something that is needed is still missing; the form says what when you save it."), "warning")
        return redirect(f"/listings/{listing_id}/edit", 303)
    if made.state == ListingState.DRAFT:
        flash(_("A moderator looks at it before it is on the shelf; you are told as soon as they have."), "success")
    else:
        flash(_("It is on the shelf now; search finds it in a moment."), "success")
    return redirect(listing_url(made.id, made.slug), 303)


@room.page("/listings/<int:listing_id>/pause", may=ListingRight.CHANGE_STATE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def pause_listing(listing_id: int) -> ResponseReturnValue:
    """Take it off the shelf for a while."""
    made = actions.pause_listing(current_viewer(), listing_id=listing_id)
    flash(_("It is off the shelf, and comes back when you publish it again."), "success")
    return redirect(listing_url(made.id, made.slug), 303)


@room.page("/listings/<int:listing_id>/withdraw", may=ListingRight.CHANGE_STATE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def withdraw_listing(listing_id: int) -> ResponseReturnValue:
    """Take it off the shelf for good; a draft is deleted."""
    made = actions.withdraw_listing(current_viewer(), listing_id=listing_id)
    flash(_("It is off the shelf for good.") if made else _("The draft is deleted."), "success")
    return redirect("/listings/mine", 303)


@room.page("/listings/<int:listing_id>/confirm", may=ListingRight.EDIT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def confirm(listing_id: int) -> ResponseReturnValue:
    """It is still true."""
    made = confirm_listing(current_viewer(), listing_id=listing_id)
    flash(_("Noted: it is still true today."), "success")
    return redirect(listing_url(made.id, made.slug), 303)


def filters_asked() -> Filters:
    """The filters of the address; what is too long to be one is cut."""
    names = asdict(Filters())
    return Filters(**{name: request.args.get(name, "").strip()[:LONGEST_QUERY] for name in names})

"""Offering something, and changing what is offered: forms that keep what was typed."""

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.errors import InvalidError
from kernel.limits import POSTING, is_write, limiter
from kernel.rooms import id_of
from kernel.web import current_viewer
from kernel.words import gettext as _
from resources.actions.listings import change_listing, offer_listing
from resources.addresses import listing_url
from resources.in_name_of import names_to_offer_in
from resources.listing_forms import ListingForm, listing_form
from resources.listing_loading import listing_to
from resources.models import Listing, ListingState
from resources.offers import read_offer, typed_of
from resources.policy import ListingRight
from resources.room import room
from resources.vocabulary import KINDS, ListingKind


@room.page("/listings/new", may=ListingRight.OFFER)
def offer() -> ResponseReturnValue:
    """Choose what kind of thing it is, then say what its kind asks for."""
    viewer = current_viewer()
    kind = KINDS.get(request.args.get("kind", ""))
    if kind is None:
        return render_template("resources/listing_kinds.html", kinds=list(KINDS.values()), locale=viewer.locale)
    asked = {name: request.args[name][:400] for name in ("title", "summary") if request.args.get(name)}
    return _page(kind, listing_form(kind, viewer.locale, asked, organisations=names_to_offer_in(viewer)))


@room.page("/listings/new/<kind>", may=ListingRight.OFFER, methods=("POST",))
@limiter.limit(POSTING)
def send_offer(kind: str) -> ResponseReturnValue:
    """Put it on the shelf, or keep it as a draft; what cannot be kept stays in the form."""
    viewer, chosen = current_viewer(), KINDS.get(kind)
    if chosen is None:
        raise InvalidError(_("Choose what kind of listing it is."))
    form = listing_form(chosen, viewer.locale, organisations=names_to_offer_in(viewer))
    publish = "draft" not in request.form
    made: Listing | None = None
    with form.attempt():
        offered = read_offer(form.typed(chosen.code), is_draft=not publish)
        made = offer_listing(viewer, offered, publish=publish, once=form.once.data or "")
    if made is None or not form.is_fine:
        return _page(chosen, form), 422
    flash(_kept(made, publish=publish), "success")
    return redirect(listing_url(made.id, made.slug), 303)


@room.page("/listings/<int:listing_id>/edit", may=ListingRight.EDIT, methods=("GET", "POST"))
@limiter.limit(POSTING, exempt_when=lambda: not is_write())
def edit_listing(listing_id: int) -> ResponseReturnValue:
    """Say it anew; a listing that lacks something can be kept only while it is a draft."""
    viewer = current_viewer()
    listing = listing_to(viewer, ListingRight.EDIT, listing_id, hold=is_write())
    kind, names = KINDS[listing.kind], names_to_offer_in(viewer, before=listing.organisation_id)
    if request.method == "GET":
        form = listing_form(kind, viewer.locale, typed_of(listing), organisations=names)
        form.version.data = listing.version
        return _page(kind, form, listing)
    form = listing_form(kind, viewer.locale, organisations=names)
    done = False
    with form.attempt():
        offered = read_offer(form.typed(kind.code), is_draft=listing.state == ListingState.DRAFT)
        change_listing(viewer, listing_id=listing_id, offer=offered, base=id_of(form.version.data))
        done = True
    if not done or not form.is_fine:
        return _page(kind, form, listing), 422
    flash(_("Saved."), "success")
    return redirect(listing_url(listing.id, listing.slug), 303)


def _kept(made: Listing, *, publish: bool) -> str:
    if publish and made.state == ListingState.DRAFT:
        return _("A moderator looks at it before it is on the shelf. Pictures and documents are added below.")
    if publish:
        return _("It is on the shelf now. Pictures and documents are added below.")
    return _("The draft is kept; only you see it. Pictures and documents are added below.")


def _page(kind: ListingKind, form: ListingForm, listing: Listing | None = None) -> str:
    return render_template(
        "resources/listing_form.html",
        kind=kind,
        form=form,
        listing=listing,
        listing_url=listing_url(listing.id, listing.slug) if listing else "",
        locale=current_viewer().locale,
    )

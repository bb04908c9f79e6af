"""What owners do with their listings: offer, change, put up, take down, confirm."""

from collections.abc import Callable

from flask_babel import gettext as _
from sqlalchemy import delete, insert, select

from activity.actions import follow_quietly, record_act
from activity.models import Level, LogEntry
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError
from kernel.events import emit
from kernel.idempotency import claim, fingerprint, keep
from kernel.ids import slug_of
from kernel.markup import cook
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from moderation.actions.holding import forget_waiting_at
from resources.actions.listing_files import forget_files
from resources.actions.upkeep import confirm
from resources.contributions import said_by, screen_change, waits_as_draft
from resources.events import ListingChanged, ListingPublished, ListingTakenDown
from resources.in_name_of import check_name
from resources.kinds.listings import LISTING
from resources.listing_loading import listing_to
from resources.models import Listing, ListingSector, ListingState
from resources.offers import Offer, read_offer, typed_of
from resources.policy import ListingRight, is_theirs
from search_index import feed

PUT_UP, TAKE_DOWN = "listing.put-up", "listing.take-down"  # what the staff did with what is not theirs
TAKEN_DOWN = (TAKE_DOWN, "review.remove", "review.hide")


def offer_listing(viewer: Viewer, offer: Offer, *, publish: bool, once: str = "") -> Listing:
    """Offer something, or keep it as a draft; what has to be approved first stays one until it is.

    `once` makes the second sending of the same form harmless.
    """
    authorise(viewer, ListingRight.OFFER)
    check_name(viewer, offer.organisation_id)
    if once:
        done = claim(viewer.me, once, fingerprint("listing", str(sorted(typed_of(offer).items()))))
        if done is not None:
            made = session().get(Listing, int(done))
            if made is None:
                raise ConflictError(_("The draft is deleted."))
            return made
    listing = add_listing(viewer, offer, publish=publish)
    if once:
        keep(viewer.me, once, str(listing.id))
    return listing


def add_listing(
    viewer: Viewer, offer: Offer, *, publish: bool, source: Callable[[Listing], None] | None = None
) -> Listing:
    """A new row for an offer; `source` notes where an imported one comes from before it is told of."""
    listing = Listing(owner_id=viewer.me, kind=offer.kind, state=ListingState.DRAFT, facts={}, sectors=[])
    write_offer(listing, offer)
    if source is not None:
        source(listing)
    session().add(listing)
    session().flush()
    _write_sectors(listing)
    follow_quietly(viewer.me, Ref(LISTING, listing.id), Level.WATCHING)
    if publish and not waits_as_draft(viewer, listing):
        _put_up(listing)
    return listing


def change_listing(viewer: Viewer, *, listing_id: int, offer: Offer, base: int | None = None) -> Listing:
    """Say it anew; `base` is the version that the change was made from."""
    listing = listing_to(viewer, ListingRight.EDIT, listing_id)
    check_name(viewer, offer.organisation_id, before=listing.organisation_id)
    if base is not None and base != listing.version:
        raise ConflictError(_("Somebody changed this listing in the meantime; look at it again before you save."))
    if listing.published_at is not None:
        screen_change(viewer, listing, title=offer.title, now=said_by(offer), before=said_by(listing))
    rewrite(listing, offer)
    return listing


def rewrite(listing: Listing, offer: Offer) -> bool:
    """Write a changed offer, and tell of it; says whether anything changed. Saying it anew confirms it."""
    if typed_of(listing) == typed_of(offer):
        return False
    write_offer(listing, offer)
    listing.version += 1
    listing.updated_at = now()
    confirm(listing)
    _write_sectors(listing)
    if listing.state == ListingState.PUBLISHED:
        feed.changed(Ref(LISTING, listing.id))
        emit(ListingChanged(listing.id, listing.owner_id))
    return True


def publish_listing(viewer: Viewer, *, listing_id: int) -> Listing:
    """Put it on the shelf, for the first time or again; raises `InvalidError` while something that is needed lacks.

    What has to be approved first stays as it is, and waits.
    """
    listing = listing_to(viewer, ListingRight.CHANGE_STATE, listing_id)
    if not viewer.is_staff and _was_taken_down_by_staff(listing):
        raise ConflictError(_("The staff took this listing off the shelf, and alone put it back."))
    read_offer(typed_of(listing))
    if listing.published_at is None and waits_as_draft(viewer, listing):
        return listing
    if listing.state != ListingState.PUBLISHED:
        _note_in_log(viewer, listing, PUT_UP)
        listing.version += 1
        _put_up(listing)
    return listing


def pause_listing(viewer: Viewer, *, listing_id: int) -> Listing:
    """Off the shelf for a while."""
    return _take_down(viewer, listing_id, ListingState.PAUSED)


def withdraw_listing(viewer: Viewer, *, listing_id: int) -> Listing | None:
    """Off the shelf for good; a draft, which nobody else ever saw, is deleted."""
    listing = listing_to(viewer, ListingRight.CHANGE_STATE, listing_id)
    if listing.state == ListingState.DRAFT:
        forget_files(listing)
        forget_waiting_at(Ref(LISTING, listing.id))
        session().delete(listing)
        return None
    return _take_down(viewer, listing_id, ListingState.WITHDRAWN)


def hide_listing(listing_id: int) -> None:
    """Off the shelf by a decision of the watch, which has rights and a log of its own."""
    listing = session().get_one(Listing, listing_id, with_for_update=True, populate_existing=True)
    if listing.state == ListingState.PUBLISHED:
        listing.state = ListingState.PAUSED
        listing.version += 1
        feed.changed(Ref(LISTING, listing.id), hides=True)
        emit(ListingTakenDown(listing.id, listing.owner_id, by_staff=False))


def show_listing(listing_id: int) -> None:
    """On the shelf again, where it was taken down so; what its owner withdrew since stays withdrawn."""
    listing = session().get_one(Listing, listing_id, with_for_update=True, populate_existing=True)
    if listing.state == ListingState.PAUSED:
        listing.version += 1
        _put_up(listing)


def write_offer(listing: Listing, offer: Offer) -> None:
    """Put what is offered into the row's columns."""
    for name in (
        "kind", "title", "summary", "region", "city", "place", "trl", "funding", "lang",
        "access", "access_url", "price_cents", "currency", "price_unit", "tariff", "organisation_id",
    ):  # fmt: skip
        setattr(listing, name, getattr(offer, name))
    listing.slug = slug_of(offer.title)
    listing.body = offer.body
    listing.body_html = cook(offer.body).html if offer.body else ""
    listing.sectors, listing.facts = list(offer.sectors), dict(offer.facts)


def _write_sectors(listing: Listing) -> None:
    """The rows that lists are filtered by, after `listing.sectors`."""
    session().execute(delete(ListingSector).where(ListingSector.listing_id == listing.id))
    rows = [{"listing_id": listing.id, "sector": sector} for sector in listing.sectors]
    if rows:
        session().execute(insert(ListingSector), rows)


def _put_up(listing: Listing) -> None:
    moment = now()
    listing.state = ListingState.PUBLISHED
    listing.published_at = listing.published_at or moment
    confirm(listing)
    session().flush()
    feed.changed(Ref(LISTING, listing.id))
    emit(ListingPublished(listing.id, listing.owner_id))


def _take_down(viewer: Viewer, listing_id: int, state: ListingState) -> Listing:
    listing = listing_to(viewer, ListingRight.CHANGE_STATE, listing_id)
    was_up = listing.state == ListingState.PUBLISHED
    if listing.state != state:
        listing.state = state
        listing.version += 1
        _note_in_log(viewer, listing, TAKE_DOWN)
        emit(ListingTakenDown(listing.id, listing.owner_id, by_staff=not is_theirs(viewer, listing)))
    if was_up:
        feed.changed(Ref(LISTING, listing.id), hides=True)
    return listing


def _note_in_log(viewer: Viewer, listing: Listing, act: str) -> None:
    """What the staff do with somebody else's listing stands in the log."""
    if not is_theirs(viewer, listing):
        ref = Ref(LISTING, listing.id)
        record_act(viewer, act=act, ref=ref, place=ref, audience=listing.audience)


def _was_taken_down_by_staff(listing: Listing) -> bool:
    acts = select(LogEntry.act).where(LogEntry.kind == LISTING, LogEntry.ref_id == listing.id)
    return session().scalar(acts.order_by(LogEntry.id.desc()).limit(1)) in TAKEN_DOWN

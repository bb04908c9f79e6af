"""Is it still true? Asked once a year; what nobody confirms is marked as stale, and sinks in search."""

from datetime import timedelta

from sqlalchemy import select, update

from activity.actions import notify, take_back_notices
from kernel.clock import now
from kernel.db import session
from kernel.refs import Ref
from kernel.viewer import Viewer
from resources.events import STILL_TRUE
from resources.kinds.listings import LISTING
from resources.listing_loading import listing_to
from resources.models import Listing, ListingState
from resources.policy import ListingRight
from search_index import feed

ASK_AFTER = timedelta(days=365)
STALE_AFTER = timedelta(days=400)
AT_ONCE = 500


def confirm_listing(viewer: Viewer, *, listing_id: int) -> Listing:
    """It is still true."""
    listing = listing_to(viewer, ListingRight.EDIT, listing_id)
    confirm(listing)
    listing.version += 1
    take_back_notices(Ref(LISTING, listing.id), event=STILL_TRUE)
    feed.changed(Ref(LISTING, listing.id))
    return listing


def confirm(listing: Listing) -> None:
    """Known to be true at this moment."""
    listing.confirmed_at, listing.asked_at, listing.is_stale = now(), None, False


def ask_whether_still_true() -> int:
    """Tell the owners of listings that nobody confirmed for a year, once; says how many were asked."""
    due = (
        session()
        .scalars(
            select(Listing)
            .where(
                Listing.state == ListingState.PUBLISHED,
                Listing.confirmed_at < now() - ASK_AFTER,
                Listing.asked_at.is_(None),
            )
            .order_by(Listing.confirmed_at)
            .limit(AT_ONCE)
        )
        .all()
    )
    for listing in due:
        ref = Ref(LISTING, listing.id)
        take_back_notices(ref, event=STILL_TRUE)
        notify(
            {listing.owner_id: "my-listing"},
            event=STILL_TRUE,
            actor_id=None,
            ref=ref,
            place=ref,
            audience=f"user:{listing.owner_id}",
        )
        listing.asked_at = now()
    return len(due)


def mark_stale() -> int:
    """Let what just became stale be indexed anew, with less weight; says how many."""
    ids = (
        session()
        .scalars(
            select(Listing.id)
            .where(
                Listing.state == ListingState.PUBLISHED,
                Listing.confirmed_at < now() - STALE_AFTER,
                Listing.is_stale.is_(False),
            )
            .limit(AT_ONCE)
        )
        .all()
    )
    if ids:
        session().execute(update(Listing).where(Listing.id.in_(ids)).values(is_stale=True))
        feed.changed(*(Ref(LISTING, number) for number in ids))
    return len(ids)

"""What the worker does for needs: they lapse, owners are reminded, and matches are found and told of."""

from datetime import timedelta

from sqlalchemy import select

from kernel.db import session
from kernel.events import subscribe
from kernel.jobs import enqueue, job
from resources.actions import matching, needs, waiting
from resources.events import ListingPublished, ListingsImported
from resources.models import Need, NeedState
from resources.need_events import NeedPublished

AFTER_INDEXING = timedelta(seconds=10)  # candidates come from search, which learns of the new document first
APART = timedelta(seconds=1)  # mails and other jobs come in between


@job("resources.lapse_needs", every=timedelta(minutes=30))
def lapse_needs() -> None:
    """Needs whose last day has passed."""
    needs.lapse_needs()


@job("resources.remind_of_waiting", every=timedelta(hours=1))
def remind_of_waiting() -> None:
    """Owners who let somebody wait for a week."""
    waiting.remind_of_waiting()


@job("resources.tell_of_matches", every=timedelta(minutes=30))
def tell_of_matches() -> None:
    """Pairs that waited because their owners had heard of enough."""
    matching.tell_of_matches()


@job("resources.match_need")
def match_need(need_id: int) -> None:
    """A need that was just published."""
    if matching.match_need(need_id):
        matching.tell_of_matches()


@job("resources.match_listing")
def match_listing(listing_id: int) -> None:
    """A listing that was just published."""
    if matching.match_listing(listing_id):
        matching.tell_of_matches()


@job("resources.match_achievement")
def match_achievement(thread_id: int, author_id: int) -> None:
    """An achievement that was just published; the portal says so, which knows the forum."""
    if matching.match_achievement(thread_id, author_id=author_id):
        matching.tell_of_matches()


@subscribe(NeedPublished)
def match_published_need(event: NeedPublished) -> None:
    """Look for its listings soon."""
    enqueue("resources.match_need", delay=AFTER_INDEXING, need_id=event.need_id)


@subscribe(ListingPublished)
def match_published_listing(event: ListingPublished) -> None:
    """Look for the needs that it fits soon."""
    enqueue("resources.match_listing", delay=AFTER_INDEXING, listing_id=event.listing_id)


@subscribe(ListingsImported)
def match_imported_listings(event: ListingsImported) -> None:
    """The same for many, from whichever side is the shorter: each one, or each open need anew."""
    open_needs = session().scalars(select(Need.id).where(Need.state == NeedState.OPEN)).all()
    if len(event.listing_ids) <= len(open_needs):
        for place, listing_id in enumerate(event.listing_ids):
            enqueue("resources.match_listing", delay=AFTER_INDEXING + place * APART, listing_id=listing_id)
    else:
        for place, need_id in enumerate(open_needs):
            enqueue("resources.match_need", delay=AFTER_INDEXING + place * APART, need_id=need_id)

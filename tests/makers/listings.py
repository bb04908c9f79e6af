"""Listings through the real actions, for tests."""

from itertools import count
from typing import Any

from accounts.models import User
from accounts.viewers import viewer_for
from kernel.work import unit_of_work
from resources.actions.listings import offer_listing, pause_listing, withdraw_listing
from resources.models import Listing, ListingState
from resources.offers import FACT, Offer, read_offer
from resources.vocabulary import KINDS, ListingKind, names
from tests.makers.people import person

_number = count(1)

VALUES = {"text": "What stands there", "number": "12", "url": "https://example.cn/x", "date": "2026-03-01"}


def typed(kind: str = "instrument", **columns: str) -> dict[str, str]:
    """What somebody would type for a listing of a kind, all that is needed and no more; columns as they are named."""
    facts = {FACT + field.name: _value(field.type, field.choices) for field in KINDS[kind].fields if field.is_required}
    return {
        "kind": kind,
        "title": f"A thing to offer {next(_number)}",
        "summary": "What it is good for.",
        "access": likely_access(KINDS[kind]),
        "access_url": "https://example.cn/there",
        "price": "100",
        **facts,
        **columns,
    }


def likely_access(kind: ListingKind) -> str:
    """The way that the form proposes."""
    return kind.access[0]


def offer(kind: str = "instrument", **columns: str) -> Offer:
    """A checked offer."""
    return read_offer(typed(kind, **columns))


def listing(
    *, owner: User | None = None, kind: str = "instrument", state: ListingState = ListingState.PUBLISHED, **columns: Any
) -> Listing:
    """A listing that `owner` (or somebody) offers, in this state."""
    viewer = viewer_for((owner or person()).id)
    with unit_of_work():
        made = offer_listing(viewer, offer(kind, **columns), publish=state is not ListingState.DRAFT)
        if state is ListingState.PAUSED:
            pause_listing(viewer, listing_id=made.id)
        elif state is ListingState.WITHDRAWN:
            withdraw_listing(viewer, listing_id=made.id)
    return made


def _value(kind: str, choices: str) -> str:
    return next(iter(names(choices, "en"))) if kind == "choice" else VALUES[kind]

"""Writing what was checked: all of it in the transaction at hand, or nothing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import insert

from kernel.clock import now
from kernel.db import session
from kernel.events import emit
from kernel.ids import slug_of
from kernel.markup import cook
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from moderation.gate import REGULAR, is_free
from resources.actions.listings import pause_listing, rewrite
from resources.events import ListingsImported
from resources.importing.checking import Entry, Fate, fates_of, own_listings
from resources.kinds.listings import LISTING
from resources.models import Listing, ListingSector, ListingState
from resources.policy import ListingRight
from search_index import feed

AT_ONCE = 200
OUT_OF_USE = "stopped"

Row = dict[str, Any]


def prepare(
    viewer: Viewer, entries: Sequence[Entry], *, on_row: Callable[[], None] = lambda: None
) -> list[tuple[Entry, Row]]:
    """The slow part, which touches no database: cook every text, make every address."""
    made = []
    for entry in entries:
        made.append((entry, _row(viewer, entry)))
        on_row()
    return made


def write(viewer: Viewer, prepared: Sequence[tuple[Entry, Row]], *, publish: bool, host: str = "") -> dict[Fate, int]:
    """Add what is new, change what says something else, leave the rest; says how many of each.

    What is out of use comes in paused, and is paused when a later table says so: nobody is invited to ask for it.
    What somebody brings who is not known here yet stays a draft, until they publish one by one.
    """
    authorise(viewer, ListingRight.IMPORT)
    publish = publish and (is_free(viewer) or viewer.trust >= REGULAR)
    entries = [entry for entry, _row_made in prepared]
    fates = fates_of(viewer, entries, host=host)
    known = own_listings(viewer, [key for key, fate in fates.items() if fate is Fate.CHANGED], host=host)
    for entry in entries:
        if fates[entry.key] is Fate.CHANGED:
            listing = known[entry.key]
            was_in_use = not _is_out_of_use(listing.facts)
            rewrite(listing, entry.offer)
            if was_in_use and _is_out_of_use(listing.facts) and listing.state == ListingState.PUBLISHED:
                pause_listing(viewer, listing_id=listing.id)
    fresh = [row for entry, row in prepared if fates[entry.key] is Fate.NEW]
    added = [
        number
        for start in range(0, len(fresh), AT_ONCE)
        for number in _add(fresh[start : start + AT_ONCE], publish=publish)
    ]
    if added:
        feed.changed(*(Ref(LISTING, number) for number in added))
        emit(ListingsImported(tuple(added), viewer.me))
    return {fate: sum(one is fate for one in fates.values()) for fate in Fate}


def _add(rows: Sequence[Row], *, publish: bool) -> list[int]:
    """Add the rows; answers the numbers of those that stand on the shelf."""
    moment = now()
    values = []
    for row in rows:
        state = _state(row, publish=publish)
        published_at = moment if state is ListingState.PUBLISHED else None
        times = {"created_at": moment, "updated_at": moment, "confirmed_at": moment, "published_at": published_at}
        values.append({**row, **times, "state": state})
    made = session().execute(insert(Listing).returning(Listing.id, sort_by_parameter_order=True), values)
    ids = list(made.scalars())
    sectors = [
        {"listing_id": number, "sector": sector}
        for number, row in zip(ids, rows, strict=True)
        for sector in row["sectors"]
    ]
    if sectors:
        session().execute(insert(ListingSector), sectors)
    return [number for number, row in zip(ids, values, strict=True) if row["state"] is ListingState.PUBLISHED]


def _state(row: Row, *, publish: bool) -> ListingState:
    if not publish:
        return ListingState.DRAFT
    return ListingState.PAUSED if _is_out_of_use(row["facts"]) else ListingState.PUBLISHED


def _is_out_of_use(facts: Mapping[str, Any]) -> bool:
    return facts.get("condition") == OUT_OF_USE


def _row(viewer: Viewer, entry: Entry) -> Row:
    offer = entry.offer
    names = (
        "kind", "title", "summary", "body", "region", "city", "place", "trl", "funding", "lang",
        "access", "access_url", "price_cents", "currency", "price_unit", "tariff", "organisation_id",
    )  # fmt: skip
    return {
        **{name: getattr(offer, name) for name in names},
        "owner_id": viewer.me,
        "slug": slug_of(offer.title),
        "body_html": cook(offer.body).html if offer.body else "",
        "sectors": list(offer.sectors),
        "facts": dict(offer.facts),
        "source_id": entry.key,
        "source_name": entry.source_name,
        "source_url": entry.source_url,
        "licence": entry.licence,
    }

"""What is kept of listings twice."""

from collections import defaultdict

from sqlalchemy import delete, insert, select

from kernel.checks import check
from kernel.db import session
from resources.models import Listing, ListingSector


@check
def sectors_of_listings(*, mend: bool) -> list[str]:
    """The sectors by which lists are filtered are those that are shown."""
    kept: dict[int, set[str]] = defaultdict(set)
    for listing_id, sector in session().execute(select(ListingSector.listing_id, ListingSector.sector)):
        kept[listing_id].add(sector)
    faults = []
    for listing_id, sectors in session().execute(select(Listing.id, Listing.sectors).order_by(Listing.id)).all():
        if kept[listing_id] == set(sectors):
            continue
        faults.append(f"listing {listing_id} is listed under {sorted(kept[listing_id])} and shows {sorted(sectors)}")
        if mend:
            session().execute(delete(ListingSector).where(ListingSector.listing_id == listing_id))
            rows = [{"listing_id": listing_id, "sector": sector} for sector in dict.fromkeys(sectors)]
            if rows:
                session().execute(insert(ListingSector), rows)
    return faults

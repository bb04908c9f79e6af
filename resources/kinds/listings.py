"""How the rest of the house finds listings: a card for those that the viewer may open."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from kernel.db import session
from kernel.refs import Card, Kind, Ref, register_kind
from kernel.viewer import Viewer
from resources.addresses import listing_url
from resources.models import Listing
from resources.policy import visible_listings

LISTING = "resources.listing"


def _listings(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(Listing.id, Listing.title, Listing.slug, Listing.lang).where(
            Listing.id.in_(sorted(ids)), visible_listings(viewer)
        )
    )
    return {row.id: Card(Ref(LISTING, row.id), row.title, listing_url(row.id, row.slug), row.lang) for row in rows}


register_kind(Kind(LISTING, _listings))

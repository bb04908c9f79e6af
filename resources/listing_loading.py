"""A listing that somebody wants to do something with: seen first, then allowed."""

from sqlalchemy import select

from kernel.db import session
from kernel.errors import NotFoundError
from kernel.policy import authorise
from kernel.viewer import Viewer
from resources.models import Listing
from resources.policy import ListingRight, visible_listings


def listing_to(viewer: Viewer, right: ListingRight, listing_id: int, *, hold: bool = True) -> Listing:
    """A listing that the viewer sees and may do this with; held, it is kept from changing meanwhile."""
    query = select(Listing).where(Listing.id == listing_id, visible_listings(viewer))
    listing = session().scalars(query.with_for_update() if hold else query).first()
    if listing is None:
        raise NotFoundError
    authorise(viewer, right, listing)
    return listing

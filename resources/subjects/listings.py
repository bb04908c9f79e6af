"""What the watch may do with listings: the staff look after them."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from sqlalchemy import select

from kernel.db import session
from kernel.refs import Ref
from kernel.viewer import STAFF, Viewer
from moderation.subjects import Excerpt, Flaggable, Subject, register_subject
from resources.actions.listings import hide_listing, show_listing
from resources.addresses import listing_url
from resources.kinds.listings import LISTING
from resources.models import Listing, ListingState
from resources.policy import visible_listings


def _find_listing(viewer: Viewer, listing_id: int) -> Flaggable | None:
    query = select(Listing).where(Listing.id == listing_id, visible_listings(viewer))
    listing = session().scalars(query).first()
    if listing is None or listing.state == ListingState.DRAFT:
        return None
    ref = Ref(LISTING, listing.id)
    is_hidden = listing.state != ListingState.PUBLISHED
    return Flaggable(ref, ref, STAFF, listing.audience, listing.owner_id, is_hidden)


def _listing_excerpts(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Excerpt]:
    rows = session().scalars(select(Listing).where(Listing.id.in_(ids), visible_listings(viewer)))
    return {
        row.id: Excerpt(
            title=row.title,
            html=Markup("<p>{}</p>").format(row.summary) + Markup(row.body_html),  # noqa: S704 - cooked when stored
            url=listing_url(row.id, row.slug),
            lang=row.lang,
            at=row.published_at or row.created_at,
            changed_at=row.updated_at,
        )
        for row in rows
    }


register_subject(
    Subject(
        LISTING,
        find=_find_listing,
        hide=lambda _by, listing_id, _reason: hide_listing(listing_id),
        show=lambda _by, listing_id, _reason: show_listing(listing_id),
        excerpts=_listing_excerpts,
        edit="/listings/{}/edit",
    )
)

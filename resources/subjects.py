"""What the watch may do with listings and needs: the staff look after both."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from sqlalchemy import select

from kernel.db import session
from kernel.i18n import guess_lang
from kernel.markup import cook
from kernel.refs import Ref
from kernel.viewer import STAFF, Viewer
from moderation.subjects import Excerpt, Flaggable, Subject, register_subject
from resources.actions.listings import hide_listing, show_listing
from resources.actions.needs import hide_need, show_need
from resources.addresses import listing_url
from resources.kinds.listings import LISTING
from resources.kinds.needs import NEED
from resources.models import Listing, ListingState, Need, NeedState
from resources.need_addresses import need_url
from resources.policy import visible_listings, visible_needs


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


def _find_need(viewer: Viewer, need_id: int) -> Flaggable | None:
    need = session().scalars(select(Need).where(Need.id == need_id, visible_needs(viewer))).first()
    if need is None or need.state == NeedState.DRAFT:
        return None
    ref = Ref(NEED, need.id)
    return Flaggable(ref, ref, STAFF, need.audience, need.owner_id, need.audience == STAFF)


def _need_excerpts(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Excerpt]:
    """What everybody in its audience reads; not whose an anonymous one is."""
    rows = session().scalars(select(Need).where(Need.id.in_(ids), visible_needs(viewer)))
    return {row.id: _need_excerpt(row) for row in rows}


def _need_excerpt(need: Need) -> Excerpt:
    parts = [need.teaser, *([need.problem, need.constraints, need.tried] if need.is_full_shown else [])]
    return Excerpt(
        title=need.title,
        html=Markup(cook("\n\n".join(filter(None, parts))).html),  # noqa: S704 - just cooked and sanitised
        url=need_url(need.id, need.slug),
        lang=need.lang or guess_lang(need.title),
        at=need.published_at or need.created_at,
        changed_at=need.full_changed_at,
        is_anonymous=need.is_anonymous,
    )


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
register_subject(
    Subject(
        NEED,
        find=_find_need,
        hide=lambda _by, need_id, _reason: hide_need(need_id),
        show=lambda _by, need_id, _reason: show_need(need_id),
        excerpts=_need_excerpts,
        edit="/needs/{}/edit",
    )
)

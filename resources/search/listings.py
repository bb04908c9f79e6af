"""Listings as documents: what is on the shelf, with its facts in both languages; what is stale sinks a little."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Select, select

from accounts.events import PersonSuspended
from accounts.models import User
from accounts.sectors import sector_name
from kernel.db import session
from kernel.events import subscribe
from kernel.markup import excerpt
from kernel.refs import Ref
from kernel.viewer import Viewer
from resources.addresses import listing_url
from resources.facts import LOCALES, written
from resources.kinds.listings import LISTING
from resources.models import Listing, ListingState
from resources.policy import on_the_shelf
from resources.queries.listing_rows import place_text, price_line
from resources.vocabulary import KINDS, kind_names, name_of
from search_index import feed
from search_index.documents import Document, Shown, Source, register_source
from search_index.facets import name_values

STALE_BOOST = 0.6
LONGEST_TEXT = 20_000


def documents(ids: Sequence[int]) -> Iterable[Document]:
    """What is on the shelf, of people who are not shut out."""
    return [_document(row.Listing, row.handle, row.display_name) for row in session().execute(_findable(ids))]


def _document(listing: Listing, handle: str, name: str) -> Document:
    return Document(
        key=f"{LISTING}:{listing.id}",
        kind="listing",
        title=listing.title,
        body=text_of(listing),
        audience=listing.audience,
        at=listing.published_at or listing.created_at,
        authors=(handle, name),
        sectors=tuple(listing.sectors),
        regions=tuple(dict.fromkeys(filter(None, (listing.region, listing.city)))),
        marks=("stale",) if listing.is_stale else (),
        facets={
            "listing_kind": (listing.kind,),
            "access": (listing.access,),
            "funding": (listing.funding,) if listing.funding else (),
        },
        lang=listing.lang,
        boost=STALE_BOOST if listing.is_stale else 1.0,
    )


def text_of(listing: Listing, locales: Sequence[str] = LOCALES) -> str:
    """All of its words beside the title; codes by their names in these languages."""
    kind = KINDS[listing.kind]
    facts = [
        written(field, listing.facts[field.name], locale)
        for field in kind.fields
        if field.name in listing.facts
        for locale in (locales if field.type == "choice" else locales[:1])
    ]
    names = [
        name
        for locale in locales
        for name in (
            kind.name.of(locale),
            *(sector_name(sector, locale) for sector in listing.sectors),
            place_text(listing, locale),
        )
    ]
    words = [listing.summary, excerpt(listing.body_html, LONGEST_TEXT), listing.tariff]
    return "\n".join(
        filter(None, [*words, " · ".join(map(str, facts)), " · ".join(dict.fromkeys(filter(None, names)))])
    )


def ids(after: int, limit: int) -> Sequence[int]:
    """The next listings on the shelf."""
    query = select(Listing.id).where(Listing.id > after, Listing.state == ListingState.PUBLISHED)
    return list(session().scalars(query.order_by(Listing.id).limit(limit)))


def show(viewer: Viewer, wanted: Sequence[int]) -> Mapping[int, Shown]:
    """How listings read among what was found."""
    rows = session().execute(_findable(wanted).where(on_the_shelf(viewer)))
    return {row.Listing.id: _shown(row.Listing, viewer.locale) for row in rows}


def _shown(listing: Listing, locale: str) -> Shown:
    facts = (
        KINDS[listing.kind].name.of(locale),
        place_text(listing, locale),
        price_line(listing, locale) or name_of("access", listing.access, locale),
    )
    return Shown(
        ref=Ref(LISTING, listing.id),
        title=listing.title,
        url=listing_url(listing.id, listing.slug),
        text=text_of(listing, (locale,)),
        at=listing.published_at or listing.created_at,
        kind="listing",
        lang=listing.lang,
        facts=tuple(filter(None, facts)),
    )


def _findable(ids: Sequence[int]) -> Select[Listing, str, str]:
    return (
        select(Listing, User.handle, User.display_name)
        .join(User, User.id == Listing.owner_id)
        .where(Listing.id.in_(ids), Listing.state == ListingState.PUBLISHED, User.suspended_at.is_(None))
    )


@subscribe(PersonSuspended)
def reindex(event: PersonSuspended) -> None:
    """What somebody offers is not found while they are shut out."""
    owned = select(Listing.id).where(Listing.owner_id == event.user_id, Listing.state == ListingState.PUBLISHED)
    feed.changed(*(Ref(LISTING, number) for number in session().scalars(owned)), hides=event.is_suspended)


register_source(Source(kind=LISTING, documents=documents, ids=ids, show=show))
name_values("listing_kind", lambda viewer, _codes: kind_names(viewer.locale))
name_values("access", lambda viewer, _codes: {code: name_of("access", code, viewer.locale) for code in _codes})
name_values("funding", lambda viewer, _codes: {code: name_of("funding", code, viewer.locale) for code in _codes})

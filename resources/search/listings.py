"""Listings as documents: what is on the shelf, with its facts in both languages; what is stale sinks a little."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Select, and_, select

from accounts.events import OrganisationChanged, PersonSuspended
from accounts.models import Organisation, User
from accounts.sectors import sector_name
from kernel.db import session
from kernel.events import subscribe
from kernel.markup import excerpt
from kernel.refs import Ref
from kernel.viewer import Viewer
from resources.addresses import listing_url
from resources.facts import LOCALES, written
from resources.in_name_of import called
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
    return [
        _document(row.Listing, row.handle, row.display_name, row.Organisation)
        for row in session().execute(_findable(ids))
    ]


def _document(listing: Listing, handle: str, name: str, offered_for: Organisation | None) -> Document:
    names = tuple(filter(None, (offered_for.slug, offered_for.name, offered_for.name_en))) if offered_for else ()
    return Document(
        key=f"{LISTING}:{listing.id}",
        kind="listing",
        title=listing.title,
        body="\n".join([text_of(listing), *names[1:]]),
        audience=listing.audience,
        at=listing.published_at or listing.created_at,
        authors=(handle, name, *names),
        sectors=tuple(listing.sectors),
        regions=tuple(dict.fromkeys(filter(None, (listing.region, listing.city)))),
        marks=("stale",) if listing.is_stale else (),
        facets={
            "listing_kind": (listing.kind,),
            "access": (listing.access,),
            "funding": (listing.funding,) if listing.funding else (),
            "organisation": names[:1],
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
    return {row.Listing.id: _shown(row.Listing, row.Organisation, viewer.locale) for row in rows}


def _shown(listing: Listing, offered_for: Organisation | None, locale: str) -> Shown:
    facts = (
        called(offered_for, locale) if offered_for else "",
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


def _findable(ids: Sequence[int]) -> Select[Listing, str, str, Organisation]:
    return (
        select(Listing, User.handle, User.display_name, Organisation)
        .join(User, User.id == Listing.owner_id)
        .outerjoin(Organisation, and_(Organisation.id == Listing.organisation_id, Organisation.closed_at.is_(None)))
        .where(Listing.id.in_(ids), Listing.state == ListingState.PUBLISHED, User.suspended_at.is_(None))
    )


@subscribe(PersonSuspended)
def reindex(event: PersonSuspended) -> None:
    """What somebody offers is not found while they are shut out."""
    owned = select(Listing.id).where(Listing.owner_id == event.user_id, Listing.state == ListingState.PUBLISHED)
    feed.changed(*(Ref(LISTING, number) for number in session().scalars(owned)), hides=event.is_suspended)


@subscribe(OrganisationChanged)
def reindex_offers(event: OrganisationChanged) -> None:
    """What is offered in its name bears it."""
    theirs = select(Listing.id).where(
        Listing.organisation_id == event.organisation_id, Listing.state == ListingState.PUBLISHED
    )
    feed.changed(*(Ref(LISTING, number) for number in session().scalars(theirs)))


register_source(Source(kind=LISTING, documents=documents, ids=ids, show=show))
name_values("listing_kind", lambda viewer, _codes: kind_names(viewer.locale))
name_values("access", lambda viewer, _codes: {code: name_of("access", code, viewer.locale) for code in _codes})
name_values("funding", lambda viewer, _codes: {code: name_of("funding", code, viewer.locale) for code in _codes})

"""What pages and programs are shown of a listing: rows, codes turned into names."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import Label

from accounts.avatars import avatar_url
from accounts.models import Organisation, User
from accounts.places import place_name
from accounts.sectors import sector_name
from kernel.viewer import Viewer
from kernel.words import gettext as _
from resources.addresses import listing_url
from resources.models import Listing
from resources.offers import price_text
from resources.vocabulary import KINDS, Access, name_of

COLUMNS: tuple[InstrumentedAttribute[Any] | Label[Any], ...] = (
    Listing.id, Listing.owner_id, Listing.kind, Listing.state, Listing.audience, Listing.version, Listing.title,
    Listing.slug, Listing.lang, Listing.summary, Listing.sectors, Listing.region, Listing.city, Listing.place,
    Listing.trl, Listing.funding, Listing.access, Listing.access_url, Listing.price_cents, Listing.currency,
    Listing.price_unit, Listing.source_name, Listing.created_at, Listing.updated_at, Listing.published_at,
    Listing.confirmed_at, Listing.is_stale, User.handle, User.display_name, User.avatar_hash, User.affiliation,
    User.job_title, Organisation.slug.label("organisation_slug"), Organisation.name.label("organisation_name"),
    Organisation.name_en.label("organisation_name_en"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offerer:
    """Who offers it."""

    id: int
    handle: str
    name: str
    avatar_url: str | None
    affiliation: str
    job_title: str

    @property
    def url(self) -> str:
        """Their page."""
        return f"/people/{self.handle}"


@dataclass(frozen=True, slots=True)
class OfferedFor:
    """The organisation in whose name it is offered."""

    slug: str
    name: str

    @property
    def url(self) -> str:
        """Its page."""
        return f"/organisations/{self.slug}"


@dataclass(frozen=True, slots=True)
class ListingRow:
    """A listing in a list."""

    id: int
    url: str
    kind: str
    kind_name: str
    icon: str
    state: str
    title: str
    summary: str
    lang: str
    sectors: tuple[tuple[str, str], ...]
    region: str
    city: str
    place: str
    where: str
    trl: int | None
    access: str
    access_name: str
    price: str
    price_cents: int | None
    currency: str
    price_unit: str
    funding: str
    is_stale: bool
    owner: Offerer
    organisation: OfferedFor | None
    source_name: str
    published_at: datetime | None
    updated_at: datetime
    confirmed_at: datetime
    thumb_url: str | None = None


def rows_query() -> Select[Any]:
    """The columns of `ListingRow`, with who offers it."""
    offered_for = and_(Organisation.id == Listing.organisation_id, Organisation.closed_at.is_(None))
    return (
        select(*COLUMNS)
        .select_from(Listing)
        .join(User, User.id == Listing.owner_id)
        .outerjoin(Organisation, offered_for)
    )


def row_of(row: Row[Any], viewer: Viewer, *, thumb_url: str | None = None) -> ListingRow:
    """A row from the columns of `rows_query`."""
    kind = KINDS[row.kind]
    return ListingRow(
        id=row.id,
        url=listing_url(row.id, row.slug),
        kind=row.kind,
        kind_name=kind.name.of(viewer.locale),
        icon=kind.icon,
        state=row.state,
        title=row.title,
        summary=row.summary,
        lang=row.lang,
        sectors=tuple((slug, sector_name(slug, viewer.locale) or slug) for slug in row.sectors),
        region=row.region,
        city=row.city,
        place=row.place,
        where=place_text(row, viewer.locale),
        trl=row.trl,
        access=row.access,
        access_name=name_of("access", row.access, viewer.locale),
        price=price_line(row, viewer.locale),
        price_cents=row.price_cents,
        currency=row.currency,
        price_unit=row.price_unit,
        funding=row.funding,
        is_stale=row.is_stale,
        owner=Offerer(
            row.owner_id,
            row.handle,
            row.display_name,
            avatar_url(row.handle, row.avatar_hash),
            row.affiliation,
            row.job_title,
        ),
        organisation=_offered_for(row, viewer.locale),
        source_name=row.source_name,
        published_at=row.published_at,
        updated_at=row.updated_at,
        confirmed_at=row.confirmed_at,
        thumb_url=thumb_url,
    )


def _offered_for(row: Any, locale: str) -> OfferedFor | None:
    if row.organisation_slug is None:
        return None
    is_chinese = locale.startswith("zh") or not row.organisation_name_en
    return OfferedFor(row.organisation_slug, row.organisation_name if is_chinese else row.organisation_name_en)


def place_text(listing: Any, locale: str) -> str:
    """Where it is: the place elsewhere, else the city with its province, or the province."""
    return str(listing.place or place_name(listing.city or listing.region, locale))


def price_line(listing: Any, locale: str) -> str:
    """What it costs, as one says it; nothing where it costs nothing or is not said."""
    if listing.access == Access.FREE or listing.price_cents is None:
        return ""
    amount = f"{'¥' if listing.currency == 'CNY' else listing.currency + ' '}{price_text(listing.price_cents)}"
    if not listing.price_unit:
        return amount
    return str(_("%(amount)s per %(unit)s", amount=amount, unit=name_of("price_unit", listing.price_unit, locale)))

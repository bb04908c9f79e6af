"""Shapes of listings in the API."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from accounts.schemas import Author
from kernel.api import Given, PageQuery, Shown, Word, link
from kernel.api.shapes import Listing as Page
from resources.models import ListingState
from resources.offers import (
    FACT,
    LONGEST_BODY,
    LONGEST_PLACE,
    LONGEST_SUMMARY,
    LONGEST_TARIFF,
    LONGEST_TITLE,
    MOST_SECTORS,
)
from resources.queries.listing_page import ListingView
from resources.queries.listing_rows import ListingRow
from resources.vocabulary import KINDS, Access

Kind = StrEnum("Kind", {code.upper(): code for code in KINDS})  # type: ignore[misc]  # made from the data
LONGEST_ANY = 2000


def _without_nul(text: str) -> str:
    return text.replace("\x00", "")


Title = Annotated[str, Field(min_length=2, max_length=LONGEST_TITLE), AfterValidator(_without_nul)]
Summary = Annotated[str, Field(max_length=LONGEST_SUMMARY), AfterValidator(_without_nul)]
Body = Annotated[str, Field(max_length=LONGEST_BODY, description="Markdown."), AfterValidator(_without_nul)]
Line = Annotated[str, Field(max_length=300), AfterValidator(_without_nul)]
Place = Annotated[str, Field(max_length=LONGEST_PLACE), AfterValidator(_without_nul)]
Tariff = Annotated[str, Field(max_length=LONGEST_TARIFF), AfterValidator(_without_nul)]
Fact = Annotated[str, Field(max_length=LONGEST_ANY), AfterValidator(_without_nul)] | int | float
Facts = Annotated[dict[Word, Fact], Field(max_length=40, description="By the names that the kind declares.")]
Sectors = Annotated[list[Word], Field(max_length=MOST_SECTORS)]
Price = Annotated[float, Field(ge=0, le=1_000_000_000)]


class Funding(StrEnum):
    """Who paid for what is offered."""

    PUBLIC = "public"
    COMMERCIAL = "commercial"


class ListingChange(Given):
    """What is said otherwise; what is not given stays. `state` puts it on the shelf, or takes it down."""

    title: Title | None = None
    summary: Summary | None = None
    body: Body | None = None
    facts: Facts | None = None
    sectors: Sectors | None = None
    region: Line | None = None
    city: Line | None = None
    place: Place | None = None
    trl: Annotated[int, Field(ge=1, le=9)] | None = None
    funding: Annotated[Funding, Field(strict=False)] | None = None
    access: Annotated[Access, Field(strict=False)] | None = None
    access_url: Line | None = None
    price: Price | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    price_unit: Word | None = None
    tariff: Tariff | None = None
    organisation: Annotated[
        Line | None, Field(description="The slug of the organisation in whose name; empty for your own.")
    ] = None
    state: Annotated[ListingState, Field(strict=False)] | None = None

    def typed(self) -> dict[str, str]:
        """What was given, as a form would have it typed."""
        given = self.model_dump(exclude_unset=True, exclude={"facts", "sectors", "price", "state", "kind", "publish"})
        typed = {name: "" if value is None else str(value) for name, value in given.items()}
        if "facts" in self.model_fields_set:
            typed |= {FACT + name: str(value) for name, value in (self.facts or {}).items()}
        if "sectors" in self.model_fields_set:
            typed["sectors"] = "; ".join(self.sectors or [])
        if "price" in self.model_fields_set:
            typed["price"] = "" if self.price is None else f"{self.price:.2f}"
        return typed


class ListingGiven(ListingChange):
    """Something to offer; without `publish` it stays a draft."""

    kind: Annotated[Kind, Field(strict=False)]
    title: Title
    publish: bool = True


class ListingQuery(PageQuery):
    """Which listings."""

    q: Annotated[str, Field(max_length=300, description="Words, as search understands them.")] = ""
    kind: Kind | None = None
    sector: Annotated[str, Field(max_length=40)] = ""
    region: Annotated[
        str, Field(max_length=4, pattern=r"^([0-9]{2}([0-9]{2})?)?$", description="`33`, or `3301` for a city.")
    ] = ""
    access: Access | None = None
    funding: Funding | None = None
    organisation: Annotated[str, Field(max_length=80, description="The slug of the one in whose name it is.")] = ""


def _facts_of(row: ListingRow) -> dict[str, Any]:
    names = (
        "id", "kind", "title", "summary", "lang", "region", "city", "place", "trl", "access", "funding", "currency",
        "price_unit", "is_stale", "source_name", "state", "published_at", "updated_at", "confirmed_at",
    )  # fmt: skip
    return {
        **{name: getattr(row, name) for name in names},
        "url": link(row.url),
        "sectors": [slug for slug, _name in row.sectors],
        "price": None if row.price_cents is None else row.price_cents / 100,
        "organisation": None
        if row.organisation is None
        else OrganisationNamed(slug=row.organisation.slug, name=row.organisation.name, url=link(row.organisation.url)),
        "offered_by": Author.of(name=row.owner.name, handle=row.owner.handle, url=row.owner.url),
    }


class OrganisationNamed(Shown):
    """An organisation."""

    slug: str
    name: str
    url: str


class ListingItem(Shown):
    """A listing in a list."""

    id: int
    url: str
    kind: str
    title: str
    summary: str
    lang: str
    sectors: list[str]
    region: str
    city: str
    place: str
    trl: int | None
    access: Access
    funding: str
    price: float | None
    currency: str
    price_unit: str
    is_stale: bool
    offered_by: Author
    organisation: OrganisationNamed | None = Field(description="In whose name, where that is not the person's own.")
    source_name: str
    state: ListingState
    published_at: datetime | None
    updated_at: datetime
    confirmed_at: datetime

    @classmethod
    def of(cls, row: ListingRow) -> "ListingItem":
        """From the row of the page."""
        return cls(**_facts_of(row))


class ListingShown(ListingItem):
    """A listing as a whole."""

    body: str
    body_html: str
    facts: dict[str, str | int | float]
    access_url: str
    tariff: str
    source_url: str
    licence: str
    files: list[str]

    @classmethod
    def from_view(cls, view: ListingView) -> "ListingShown":
        """From the page."""
        listing = view.listing
        return cls(
            **_facts_of(view.row),
            body=listing.body,
            body_html=listing.body_html,
            facts=listing.facts,
            access_url=listing.access_url,
            tariff=listing.tariff,
            source_url=listing.source_url,
            licence=listing.licence,
            files=[link(file.url) for file in (*view.pictures, *view.documents)],
        )


class ListingPage(Page[ListingItem]):
    """Listings, and the cursor of the next page."""

"""What the API takes and says of search."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kernel.api import Given, Listing, PageQuery, Shown, link
from kernel.api.shapes import TEXT
from search_index.answering import row_of
from search_index.engine import Query
from search_index.moments import moment_of
from search_index.query import LONGEST, Parsed
from search_index.saved import LONGEST_NAME
from search_index.searching import Find
from search_index.suggest import Offer
from search_index.tables import SavedSearch

DAY = r"^(?:[12]\d{3}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?|\d{1,3}[hdwmy])?$"

Moment = Annotated[str, Field(pattern=DAY, description="`2025`, `2025-03`, `2025-03-01`, or an age such as `7d`.")]
Value = Annotated[str, Field(max_length=80, pattern=TEXT)]


class SearchQuery(PageQuery):
    """What is looked for."""

    q: Annotated[str, Field(max_length=LONGEST, pattern=TEXT, description="As typed on the page, with operators.")] = ""
    kind: Value = ""
    community: Value = ""
    sector: Value = ""
    region: Value = ""
    year: Value = ""
    author: Value = ""
    after: Moment = ""
    before: Moment = ""
    order: Annotated[str, Field(pattern="^(relevance|newest)$")] = "relevance"

    def narrowed(self, query: Query) -> Query:
        """The query between the days that were given."""
        after, before = moment_of(self.after), moment_of(self.before)
        return replace(
            query,
            after=max(filter(None, (after, query.after)), default=None),
            before=min(filter(None, (before, query.before)), default=None),
        )


class HitShown(Shown):
    """Something that was found. In `excerpt_html` the words stand in `<mark>`; everything else is escaped."""

    ref: str
    kind: str
    title: str
    url: str
    excerpt_html: str
    score: float
    at: datetime
    lang: str
    facts: list[str] = Field(description="Place, author and the like, as the page shows them.")

    @classmethod
    def of(cls, found: Find, parsed: Parsed) -> "HitShown":
        """A hit as this viewer sees it."""
        row = row_of(found, parsed)
        return cls(
            ref=str(found.shown.ref),
            kind=row.kind,
            title=found.shown.title,
            url=link(row.url),
            excerpt_html=str(row.excerpt),
            score=round(found.hit.score, 6),
            at=found.shown.at,
            lang=row.lang,
            facts=list(row.facts),
        )


class SearchResults(Listing[HitShown]):
    """A page of what was found; counts are of what the token may see."""

    total: int
    facets: dict[str, dict[str, int]] = Field(description="By facet, value and count; values are codes.")
    is_building: bool = Field(description="There is no index to ask yet; try again in a minute.")


class SuggestionQuery(BaseModel):
    """What was typed so far."""

    model_config = ConfigDict(frozen=True)

    q: Value = ""


class SuggestionShown(Shown):
    """Something that may be meant."""

    kind: str
    label: str
    url: str

    @classmethod
    def of(cls, offer: Offer) -> "SuggestionShown":
        """A line under the field."""
        return cls(kind=offer.kind, label=offer.label, url=link(offer.url))


class SuggestionList(Shown):
    """What may be meant, the likeliest of each kind first."""

    items: list[SuggestionShown]


class SavedSearchGiven(Given):
    """A search to keep: what stands after `/search?` of its page."""

    address: Annotated[str, Field(min_length=3, max_length=1000, pattern=TEXT)]
    name: Annotated[str, Field(max_length=LONGEST_NAME, pattern=TEXT)] = ""
    notifies: bool = True


class SavedSearchChange(Given):
    """Another name, or whether to be told."""

    name: Annotated[str | None, Field(min_length=1, max_length=LONGEST_NAME, pattern=TEXT)] = None
    notifies: bool | None = None


class SavedSearchShown(Shown):
    """A search that is kept."""

    id: int
    name: str
    address: str
    url: str
    notifies: bool
    created_at: datetime

    @classmethod
    def of(cls, row: SavedSearch) -> "SavedSearchShown":
        """From its row."""
        return cls(
            id=row.id,
            name=row.name,
            address=row.address,
            url=link(f"/search?{row.address}"),
            notifies=row.notifies,
            created_at=row.created_at,
        )


class SavedSearchList(Listing[SavedSearchShown]):
    """What one keeps, newest first."""

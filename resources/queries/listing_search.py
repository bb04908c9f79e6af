"""The shelf as it is asked for: by words through the search index, else from the database."""

from dataclasses import dataclass, replace

from kernel.paging import Page
from kernel.viewer import Viewer
from resources.kinds.listings import LISTING
from resources.queries.listing_facets import Counts
from resources.queries.listing_rows import ListingRow
from resources.queries.listings import LIST, PROVINCE, Filters, listing_page, rows_by_id
from search_index.asking import Asked
from search_index.engine import Filter, Query
from search_index.searching import find

FACETS = {
    "kind": "listing_kind",
    "sector": "sector",
    "region": "region",
    "access": "access",
    "funding": "funding",
    "stale": "is",
    "owner": "author",
    "organisation": "organisation",
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of the shelf; `total` and `counts` where the search index knows them."""

    page: Page[ListingRow]
    total: int | None = None
    counts: Counts | None = None


def shelf(viewer: Viewer, filters: Filters, *, cursor: str | None = None, limit: int = LIST) -> Shelf:
    """What is on the shelf; with words the best first, as search ranks it, else the newest first."""
    if not filters.q:
        return Shelf(listing_page(viewer, filters, cursor=cursor, limit=limit))
    found = find(viewer, _query(filters), limit=limit, cursor=cursor, facets=tuple(FACETS.values()))
    if found.is_building:
        return Shelf(listing_page(viewer, filters, cursor=cursor, limit=limit))
    ids = [one.shown.ref.id for one in found.finds if one.shown.ref.kind == LISTING]
    return Shelf(Page(rows_by_id(viewer, ids), found.next), found.total, _counts(found.facets, filters))


def _query(filters: Filters) -> Query:
    """The words as search understands them, among listings, within what was chosen."""
    chosen = [
        Filter(FACETS[name], frozenset({value.casefold()}))
        for name, value in filters.asked().items()
        if name in FACETS and name != "stale"
    ]
    without: frozenset[str] = frozenset()
    if filters.stale == "yes":
        chosen.append(Filter("is", frozenset({"stale"})))
    elif filters.stale:
        without = frozenset({"is=stale"})
    query = Asked(text=filters.q, kind="listing").parsed().query
    return replace(query, filters=(*query.filters, *chosen), without_labels=query.without_labels | without)


def _counts(facets: dict[str, list[tuple[str, int]]], filters: Filters) -> Counts:
    """The index's counts under the names of this page."""
    counts = {name: dict(facets.get(label, ())) for name, label in FACETS.items() if name != "stale"}
    places = counts.pop("region")
    counts["region"] = {code: number for code, number in places.items() if len(code) == PROVINCE}
    counts["city"] = {
        code: number
        for code, number in places.items()
        if len(code) > PROVINCE and filters.region and code.startswith(filters.region[:PROVINCE])
    }
    return counts

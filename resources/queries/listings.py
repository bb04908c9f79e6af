"""Lists of listings: always what this viewer may see, filtered in SQL, continued by keyset."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select

from accounts.models import Organisation, User
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer
from resources.addresses import listing_file_url
from resources.models import Listing, ListingFile, ListingSector, ListingState
from resources.policy import is_of, on_the_shelf
from resources.queries.listing_rows import ListingRow, row_of, rows_query

LIST = 30
SOME = 6
NEWEST = 200  # of a kind, among which the similar are looked for
OF_ONE_OWNER = 2
PROVINCE = 2  # digits of its code; a city has more


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the shelf is shown."""

    q: str = ""
    kind: str = ""
    sector: str = ""
    region: str = ""
    access: str = ""
    funding: str = ""
    stale: str = ""
    owner: str = ""
    organisation: str = ""

    def without(self, name: str) -> "Filters":
        """The same with one of them lifted."""
        return replace(self, **{name: ""})

    def asked(self) -> dict[str, str]:
        """Those that are set, for an address."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}


def is_listed(viewer: Viewer, filters: Filters) -> ColumnElement[bool]:
    """The condition of lists and counts; join `User`, since nobody's listing outlives their suspension."""
    where = [on_the_shelf(viewer), User.suspended_at.is_(None)]
    for column, value in (
        (Listing.kind, filters.kind),
        (Listing.access, filters.access),
        (Listing.funding, filters.funding),
    ):
        if value:
            where.append(column == value)
    if filters.region:
        where.append((Listing.city if len(filters.region) > PROVINCE else Listing.region) == filters.region)
    if filters.sector:
        where.append(Listing.id.in_(select(ListingSector.listing_id).where(ListingSector.sector == filters.sector)))
    if filters.owner:
        where.append(User.handle == filters.owner)
    if filters.organisation:
        named = select(Organisation.id).where(
            Organisation.slug == filters.organisation, Organisation.closed_at.is_(None)
        )
        where.append(Listing.organisation_id.in_(named))
    if filters.stale:
        where.append(Listing.is_stale.is_(filters.stale == "yes"))
    return and_(*where, *(_contains(word) for word in filters.q.split()[:8]))


def listing_page(
    viewer: Viewer, filters: Filters | None = None, *, cursor: str | None = None, limit: int = LIST
) -> Page[ListingRow]:
    """What is on the shelf, the newest first."""
    query = rows_query().where(is_listed(viewer, filters or Filters()))
    return _page(viewer, query, keys=[Listing.published_at, Listing.id], cursor=cursor, limit=limit)


def listings_of(viewer: Viewer, owner_id: int, *, cursor: str | None = None, limit: int = LIST) -> Page[ListingRow]:
    """What somebody offers on the shelf, for their page."""
    query = rows_query().where(Listing.owner_id == owner_id, is_listed(viewer, Filters()))
    return _page(viewer, query, keys=[Listing.published_at, Listing.id], cursor=cursor, limit=limit)


def my_listings(
    viewer: Viewer, *, state: ListingState | None = None, cursor: str | None = None, limit: int = LIST
) -> Page[ListingRow]:
    """What I look after, whatever its state: mine, and what organisations offer that I edit."""
    query = rows_query().where(is_of(viewer))
    if state is not None:
        query = query.where(Listing.state == state)
    return _page(viewer, query, keys=[Listing.id], cursor=cursor, limit=limit)


def my_counts(viewer: Viewer) -> dict[str, int]:
    """How many of these there are in each state."""
    rows = session().execute(select(Listing.state, func.count()).where(is_of(viewer)).group_by(Listing.state))
    return {str(state): int(count) for state, count in rows}


def rows_by_id(viewer: Viewer, ids: Iterable[int]) -> list[ListingRow]:
    """The listings on the shelf among these, in the order given."""
    wanted = list(dict.fromkeys(ids))
    rows = session().execute(rows_query().where(Listing.id.in_(wanted), is_listed(viewer, Filters()))).all()
    found = {row.id: row for row in rows}
    return with_pictures(viewer, [found[number] for number in wanted if number in found])


def similar_listings(viewer: Viewer, listing: Any) -> list[ListingRow]:
    """Others of its kind, those of its sectors first, then those of its province, then the newest.

    At most two are of one owner: after somebody has brought in a thousand, others are still found.
    """
    rows = _similar(viewer, listing)
    if len(rows) < SOME:
        rows += _similar(viewer, listing, without={row.owner_id for row in rows})
    return with_pictures(viewer, rows[:SOME])


def _similar(viewer: Viewer, listing: Any, *, without: Collection[int] = ()) -> list[Row[Any]]:
    """The best of the newest of its kind, by other owners than these."""
    shared = (
        select(func.count())
        .where(ListingSector.listing_id == Listing.id, ListingSector.sector.in_(listing.sectors))
        .correlate(Listing)
        .scalar_subquery()
    )
    recent = (
        select(Listing.id)
        .join(User, User.id == Listing.owner_id)
        .where(
            is_listed(viewer, Filters(kind=listing.kind)), Listing.id != listing.id, Listing.owner_id.not_in(without)
        )
        .order_by(Listing.published_at.desc())
        .limit(NEWEST)
    )
    is_near = case((Listing.region == listing.region, 1), else_=0)
    order = [shared.desc(), *([is_near.desc()] if listing.region else []), Listing.id.desc()]
    place = func.row_number().over(partition_by=Listing.owner_id, order_by=order).label("place")
    ranked = select(Listing.id, place).where(Listing.id.in_(recent)).subquery()
    query = rows_query().join(ranked, ranked.c.id == Listing.id).where(ranked.c.place <= OF_ONE_OWNER)
    return list(session().execute(query.order_by(*order).limit(SOME)))


def with_pictures(viewer: Viewer, rows: Sequence[Row[Any]]) -> list[ListingRow]:
    """The rows, each with the first of its pictures: one query for all."""
    pictures = _first_pictures([row.id for row in rows])
    return [row_of(row, viewer, thumb_url=pictures.get(row.id)) for row in rows]


def _page(viewer: Viewer, query: Any, *, keys: Any, cursor: str | None, limit: int) -> Page[ListingRow]:
    page = keyset_page(query, keys=keys, limit=limit, cursor=cursor)
    return Page(with_pictures(viewer, page.items), page.next)


def _first_pictures(ids: Sequence[int]) -> Mapping[int, str]:
    if not ids:
        return {}
    rows = session().execute(
        select(ListingFile.listing_id, ListingFile.id, ListingFile.name)
        .where(ListingFile.listing_id.in_(ids), ListingFile.thumb_sha256.is_not(None))
        .order_by(ListingFile.listing_id, ListingFile.position.desc())
    )
    return {row.listing_id: f"{listing_file_url(row.listing_id, row.id, row.name)}?size=thumb" for row in rows}


def _contains(word: str) -> ColumnElement[bool]:
    like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return or_(
        Listing.title.ilike(like, escape="\\"),
        Listing.summary.ilike(like, escape="\\"),
        Listing.body.ilike(like, escape="\\"),
    )

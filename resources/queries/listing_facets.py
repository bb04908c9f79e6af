"""How many listings there are of each kind, sector, province …: of what this viewer sees, in one statement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, String, case, func, literal, select, union_all

from accounts.models import User
from accounts.places import place_name
from accounts.sectors import sectors
from kernel.db import session
from kernel.viewer import Viewer
from kernel.words import gettext as _
from resources.models import Listing, ListingSector
from resources.queries.listings import PROVINCE, Filters, is_listed
from resources.vocabulary import kind_names, names


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet, and the list that it leads to."""

    value: str
    label: str
    count: int
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """The values by which a list can be narrowed; the counts are of what one would get."""

    name: str
    title: str
    choices: Sequence[Choice]


Counts = Mapping[str, Mapping[str, int]]


def counts(viewer: Viewer, filters: Filters) -> Counts:
    """By facet and value, each counted with its own filter lifted; cities are counted within the chosen province."""
    found: dict[str, dict[str, int]] = {}
    parts = [
        _count(viewer, filters, "kind", Listing.kind),
        _count(viewer, filters, "region", Listing.region),
        _count(viewer, filters, "access", Listing.access),
        _count(viewer, filters, "funding", Listing.funding),
        _count(viewer, filters, "stale", case((Listing.is_stale, "yes"), else_="no")),
        _count(viewer, filters, "sector", ListingSector.sector),
    ]
    if filters.region:
        province = filters.without("region")
        parts.append(_count(viewer, province, "city", Listing.city, Listing.region == filters.region[:PROVINCE]))
    for row in session().execute(union_all(*parts)):
        found.setdefault(row.facet, {})[row.value] = int(row.number)
    return found


def facets_of(counted: Counts, filters: Filters, locale: str) -> list[Facet]:
    """The facets as the page shows them; empty ones are left out, a chosen value never."""
    makers: Sequence[tuple[str, str, Mapping[str, str] | Callable[[str], str]]] = (
        ("kind", _("Kind"), kind_names(locale)),
        ("sector", _("Sector"), sectors(locale)),
        ("region", _("Region"), lambda code: place_name(code, locale)),
        ("access", _("How to get it"), names("access", locale)),
        ("funding", _("Funding"), names("funding", locale)),
        ("stale", _("Still true?"), {"no": _("Confirmed within a year"), "yes": _("Not confirmed for long")}),
    )
    made = (_facet(name, title, labels, counted, filters) for name, title, labels in makers)
    return [facet for facet in made if facet.choices]


def _facet(
    name: str,
    title: str,
    labels: Mapping[str, str] | Callable[[str], str],
    counted: Counts,
    filters: Filters,
) -> Facet:
    of_values = {value: number for value, number in counted.get(name, {}).items() if value}
    chosen = getattr(filters, name)
    if name == "region" and chosen:
        of_values = {chosen[:PROVINCE]: of_values.get(chosen[:PROVINCE], 0)} | {
            value: number for value, number in counted.get("city", {}).items() if value
        }
    if chosen:
        of_values.setdefault(chosen, 0)
    known = labels if callable(labels) else labels.get
    order = {value: place for place, value in enumerate(labels)} if isinstance(labels, Mapping) else {}
    values = sorted(of_values, key=lambda value: (order.get(value, 99), -of_values[value], value))
    return Facet(
        name,
        title,
        [
            Choice(value, known(value) or value, of_values[value], _url(filters, name, value), value == chosen)
            for value in values
        ],
    )


def _url(filters: Filters, name: str, value: str) -> str:
    """The list with this value chosen, or let go when it is chosen already."""
    asked = filters.asked()
    if asked.get(name) == value:
        del asked[name]
    else:
        asked[name] = value
    return f"/listings?{urlencode(asked)}" if asked else "/listings"


def _count(viewer: Viewer, filters: Filters, name: str, column: Any, *where: ColumnElement[bool]) -> Select[Any]:
    lifted = filters.without(name) if name != "city" else filters
    query = (
        select(literal(name, String).label("facet"), column.label("value"), func.count().label("number"))
        .select_from(Listing)
        .join(User, User.id == Listing.owner_id)
        .where(is_listed(viewer, lifted), *where)
        .group_by(column)
    )
    return query.join(ListingSector, ListingSector.listing_id == Listing.id) if name == "sector" else query

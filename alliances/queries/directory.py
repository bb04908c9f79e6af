"""The directory: alliances that the viewer sees, narrowed in SQL, continued by keyset."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, String, and_, case, func, literal, or_, select, union_all

from accounts.places import place_name
from accounts.sectors import sector_name, sectors
from alliances.here import visible_alliances
from alliances.models import ENDED, Admission, Alliance, AllianceSector, State
from alliances.quorum import Progress, progress_of
from alliances.words import name_of, names
from kernel.clock import now
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer
from kernel.words import gettext as _

LIST = 30
PROVINCE = 2  # digits of its code; a city has more
RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the directory is narrowed. Without a state it shows what has not ended."""

    sector: str = ""
    region: str = ""
    state: str = ""
    template: str = ""
    seats: str = ""
    activity: str = ""

    def without(self, name: str) -> "Wanted":
        """The same with one of them lifted."""
        return replace(self, **{name: ""})

    def asked(self) -> dict[str, str]:
        """Those that are set, for an address."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}


@dataclass(frozen=True, slots=True)
class AllianceRow:
    """An alliance in a list, codes turned into names."""

    id: int
    slug: str
    name: str
    url: str
    state: str
    template_name: str
    summary: str
    sectors: tuple[tuple[str, str], ...]
    region: str
    place: str
    member_count: int
    open_seats: int | None
    admission: str
    founded_at: datetime | None
    active_at: datetime
    until: datetime | None
    progress: Progress | None = None
    reasons: tuple[str, ...] = ()

    @property
    def takes_members(self) -> bool:
        """Whether one may ask to join."""
        return (
            self.admission != Admission.INVITE
            and self.open_seats != 0
            and self.state
            in (
                State.FORMING,
                State.ACTIVE,
            )
        )


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
    """The values by which the directory can be narrowed."""

    name: str
    title: str
    choices: Sequence[Choice]


def alliance_page(viewer: Viewer, wanted: Wanted, *, cursor: str | None = None, limit: int = LIST) -> Page[AllianceRow]:
    """Those that fit, what moved last first."""
    query = select(Alliance).where(_is_listed(viewer, wanted))
    page = keyset_page(query, keys=[Alliance.active_at, Alliance.id], cursor=cursor, limit=limit)
    return Page(rows_of(viewer, [row[0] for row in page.items]), page.next)


def rows_of(viewer: Viewer, found: Sequence[Alliance]) -> list[AllianceRow]:
    """As lists show them; for those that gather signatures, what they miss: one query for all."""
    forming = [row for row in found if row.state == State.FORMING]
    progress = progress_of(forming) if forming else {}
    return [row_of(row, viewer.locale, progress=progress.get(row.id)) for row in found]


def row_of(alliance: Alliance, locale: str, *, progress: Progress | None = None) -> AllianceRow:
    """One of them."""
    return AllianceRow(
        id=alliance.id,
        slug=alliance.slug,
        name=alliance.name_in(locale),
        url=alliance.url,
        state=alliance.state,
        template_name=name_of("template", alliance.template, locale),
        summary=alliance.summary_in(locale),
        sectors=tuple((slug, sector_name(slug, locale) or slug) for slug in alliance.sectors),
        region=alliance.region,
        place=place_name(alliance.region, locale) if alliance.region else "",
        member_count=alliance.member_count,
        open_seats=alliance.open_seats,
        admission=alliance.admission,
        founded_at=alliance.activated_at,
        active_at=alliance.active_at,
        until=alliance.forming_until,
        progress=progress,
    )


def facets(viewer: Viewer, wanted: Wanted) -> list[Facet]:
    """What it can be narrowed by, each counted with its own filter lifted: two statements."""
    locale = viewer.locale
    counted = _counts(viewer, wanted)
    states = {code: name for code, name in names("state", locale).items() if code != State.DRAFT}
    makers: Sequence[tuple[str, str, Mapping[str, str] | Callable[[str], str]]] = (
        ("state", _("State"), states),
        ("sector", _("Sector"), sectors(locale)),
        ("region", _("Region"), lambda code: place_name(code, locale)),
        ("template", _("Kind"), names("template", locale)),
        ("seats", _("Open seats"), {"open": _("One can join")}),
        ("activity", _("Activity"), {"recent": _("Active in the last 30 days")}),
    )
    made = (_facet(name, title, labels, counted.get(name, {}), wanted) for name, title, labels in makers)
    return [facet for facet in made if facet.choices]


def takes_members() -> ColumnElement[bool]:
    """Whether one may ask to join: `AllianceRow.takes_members`, in SQL."""
    return and_(
        Alliance.state.in_((State.FORMING, State.ACTIVE)),
        Alliance.admission != Admission.INVITE,
        or_(Alliance.open_seats.is_(None), Alliance.open_seats > 0),
    )


def _is_listed(viewer: Viewer, wanted: Wanted, *, any_state: bool = False) -> ColumnElement[bool]:
    where = [visible_alliances(viewer), Alliance.state != State.DRAFT]
    if wanted.state:
        where.append(Alliance.state == wanted.state)
    elif not any_state:
        where.append(Alliance.state.not_in(ENDED))
    if wanted.region:
        is_city = len(wanted.region) > PROVINCE
        where.append(Alliance.region == wanted.region if is_city else Alliance.region.startswith(wanted.region[:2]))
    if wanted.template:
        where.append(Alliance.template == wanted.template)
    if wanted.sector:
        where.append(Alliance.id.in_(select(AllianceSector.alliance_id).where(AllianceSector.sector == wanted.sector)))
    if wanted.seats:
        where.append(takes_members())
    if wanted.activity:
        where.append(Alliance.active_at >= now() - RECENT)
    return and_(*where)


def _counts(viewer: Viewer, wanted: Wanted) -> dict[str, dict[str, int]]:
    """Facets by which nothing is narrowed yet are counted together, in one walk over what is shown."""
    values = _values()
    chosen = [name for name in values if getattr(wanted, name)]
    together = [name for name in values if name not in chosen]
    found: dict[str, dict[str, int]] = {}
    apart = [
        _count(viewer, wanted, "state", Alliance.state),
        _count(viewer, wanted, "sector", AllianceSector.sector),
        *(_count(viewer, wanted, name, values[name]) for name in chosen),
    ]
    for name, value, number in session().execute(union_all(*apart)):
        found.setdefault(name, {})[value] = int(number)
    columns = [values[name].label(name) for name in together]
    if columns:
        query = select(*columns, func.count().label("number")).where(_is_listed(viewer, wanted)).group_by(*columns)
        for row in session().execute(query):
            for name in together:
                of_facet = found.setdefault(name, {})
                value = getattr(row, name)
                of_facet[value] = of_facet.get(value, 0) + row.number
    return found


def _values() -> dict[str, ColumnElement[Any]]:
    return {
        "region": func.substr(Alliance.region, 1, PROVINCE),
        "template": Alliance.template.expression,
        "seats": case((takes_members(), "open"), else_=""),
        "activity": case((Alliance.active_at >= now() - RECENT, "recent"), else_=""),
    }


def _count(viewer: Viewer, wanted: Wanted, name: str, value: ColumnElement[Any] | Any) -> Select[str, Any, int]:
    query = (
        select(literal(name, String).label("facet"), value.label("value"), func.count().label("number"))
        .select_from(Alliance)
        .where(_is_listed(viewer, wanted.without(name), any_state=name == "state"))
        .group_by(value)
    )
    return query.join(AllianceSector, AllianceSector.alliance_id == Alliance.id) if name == "sector" else query


def _facet(
    name: str, title: str, labels: Mapping[str, str] | Callable[[str], str], counted: Mapping[str, int], wanted: Wanted
) -> Facet:
    of_values = {value: number for value, number in counted.items() if value}
    chosen = getattr(wanted, name)
    if chosen:
        of_values.setdefault(chosen, 0)
    known = labels if callable(labels) else labels.get
    order = {value: place for place, value in enumerate(labels)} if isinstance(labels, Mapping) else {}
    values = sorted(of_values, key=lambda value: (order.get(value, 99), -of_values[value], value))
    choices = [
        Choice(value, known(value) or value, of_values[value], _url(wanted, name, value), value == chosen)
        for value in values
    ]
    return Facet(name, title, choices)


def _url(wanted: Wanted, name: str, value: str) -> str:
    """The list with this value chosen, or let go when it is chosen already."""
    asked = wanted.asked()
    if asked.get(name) == value:
        del asked[name]
    else:
        asked[name] = value
    return f"/alliances?{urlencode(asked)}" if asked else "/alliances"

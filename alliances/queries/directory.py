"""The directory: alliances that the viewer sees, narrowed in SQL, continued by keyset."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import select

from accounts.places import place_name
from accounts.sectors import sector_name, sectors
from alliances.models import Admission, Alliance, State
from alliances.queries.directory_counts import counts
from alliances.queries.narrowing import Wanted, is_listed
from alliances.quorum import Progress, progress_of
from alliances.words import name_of, names
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer
from kernel.words import gettext as _

LIST = 30


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
    query = select(Alliance).where(is_listed(viewer, wanted))
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
    """What it can be narrowed by, each counted with its own filter lifted."""
    locale = viewer.locale
    counted = counts(viewer, wanted)
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

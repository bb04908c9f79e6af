"""The directory of organisations: which are found under which facets, and how many under each."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from sqlalchemy import ColumnElement, String, case, cast, func, select

from accounts import facets
from accounts.assertions import ORGANISATION_ASSERTERS
from accounts.facets import Counts, Facet, Group, Naming, codes_in
from accounts.models import Organisation, OrganisationSector
from accounts.organisation_kinds import organisation_kinds, sub_kinds, sub_kinds_of
from accounts.organisation_rows import OrganisationRow, rows_of
from accounts.places import regions
from accounts.queries import literal_like
from accounts.sectors import sectors
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer
from kernel.words import gettext as _

PAGE = 30
PROVINCE = 2  # digits of its code; a city has more


@dataclass(frozen=True, slots=True)
class WantedOrganisations:
    """Which ones somebody looks for: a value of each facet, or nothing."""

    kind: str = ""
    sub_kind: str = ""
    sector: str = ""
    region: str = ""
    asserted: str = ""

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> "WantedOrganisations":
        """What an address asks for; a value that the house does not know is no filter."""
        known = {naming.name: naming.names for naming in _namings(cls(kind=args.get("kind", "")), "en")}
        asked = {one.name: args.get(one.name, "") for one in fields(cls)}
        return cls(**{name: value for name, value in asked.items() if value in known[name]})

    @property
    def by_facet(self) -> dict[str, str]:
        """By the names of the facets."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def organisation_page(
    viewer: Viewer, wanted: WantedOrganisations, *, cursor: str | None = None, limit: int = PAGE
) -> Page[OrganisationRow]:
    """Those that are open, the newest first."""
    query = select(Organisation).where(*_conditions(wanted))
    page = keyset_page(query, keys=[Organisation.id], limit=limit, cursor=cursor)
    return Page(rows_of(viewer, [row[0] for row in page.items]), page.next)


def organisation_counts(_viewer: Viewer, wanted: WantedOrganisations) -> Counts:
    """Exact, in one query: organisations grouped by all that facets know of them, then added up."""
    marks = [case((asserter.holds(), slug), else_="") for slug, asserter in ORGANISATION_ASSERTERS.items()]
    lists = [cast(Organisation.sub_kinds, String), cast(Organisation.sectors, String)]
    alike = [Organisation.kind, *lists, Organisation.region, *marks]
    query = select(*alike, func.count()).where(Organisation.closed_at.is_(None)).group_by(*alike)
    return Counts.of([_group(tuple(row)) for row in session().execute(query)], wanted.by_facet)


def organisation_facets(wanted: WantedOrganisations, counts: Counts, *, locale: str) -> list[Facet]:
    """Only values that lead somewhere, and the chosen one."""
    return facets.facets_of(_namings(wanted, locale), wanted.by_facet, counts, path="/organisations", kept={})


def _namings(wanted: WantedOrganisations, locale: str) -> list[Naming]:
    checked = {slug: asserter.label() for slug, asserter in ORGANISATION_ASSERTERS.items()}
    fitting = sub_kinds_of(wanted.kind, locale) if wanted.kind else sub_kinds(locale)
    return [
        Naming("kind", _("Kind"), _("All kinds"), organisation_kinds(locale)),
        Naming("sub_kind", _("Known as"), _("All of them"), fitting),
        Naming("sector", _("Sector"), _("All sectors"), sectors(locale)),
        Naming("region", _("Region"), _("All regions"), regions(locale)),
        Naming("asserted", _("What has been checked"), _("Checked or not"), checked),
    ]


def _conditions(wanted: WantedOrganisations) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Organisation.closed_at.is_(None)]
    if wanted.kind:
        conditions.append(Organisation.kind == wanted.kind)
    if wanted.sub_kind:
        named = f'%"{literal_like(wanted.sub_kind)}"%'
        conditions.append(cast(Organisation.sub_kinds, String).like(named, escape="\\"))
    if wanted.sector:
        under = select(OrganisationSector.organisation_id).where(OrganisationSector.sector == wanted.sector)
        conditions.append(Organisation.id.in_(under))
    if wanted.region:
        conditions.append(Organisation.region.startswith(wanted.region, autoescape=True))
    if wanted.asserted:
        conditions.append(ORGANISATION_ASSERTERS[wanted.asserted].holds())
    return conditions


def _group(row: tuple[str, ...]) -> Group:
    kind, names, fields_of_work, region, *marks, number = row
    values: dict[str, tuple[str, ...]] = {
        "kind": (kind,),
        "sub_kind": codes_in(names),
        "sector": codes_in(fields_of_work),
        "region": (region[:PROVINCE],),
        "asserted": tuple(mark for mark in marks if mark),
    }
    return Group(values, int(number))

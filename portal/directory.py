"""The facets of the directory of people, as the page shows them: names beside counts, and the way back from each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask_babel import gettext as _

from accounts.assertions import ASSERTERS
from accounts.directory import FACETS, Counts, Wanted
from accounts.places import affiliation_kinds, regions
from accounts.sectors import sectors


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet, and how many people would be found under it."""

    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with what can be chosen, and the address without what was."""

    name: str
    label: str
    anything: str
    options: list[Option]
    chosen: str
    url_without: str


def wanted_from(args: Mapping[str, str], locale: str) -> Wanted:
    """What the address asks for; a value that the house does not know is no filter."""
    asked = {facet: args.get(facet, "") for facet in FACETS}
    return Wanted(**{facet: value for facet, value in asked.items() if value in _names(locale)[facet]})


def facets_of(wanted: Wanted, counts: Counts, *, q: str, locale: str) -> list[Facet]:
    """Only values that lead somewhere, and the chosen one, in the order of their tables."""
    labels: dict[str, tuple[Callable[[], str], Callable[[], str]]] = {
        "sector": (lambda: _("Sector"), lambda: _("All sectors")),
        "region": (lambda: _("Region"), lambda: _("All regions")),
        "kind": (lambda: _("Kind of organisation"), lambda: _("All kinds")),
        "verified": (lambda: _("What has been checked"), lambda: _("Checked or not")),
    }
    facets = []
    for name in FACETS:
        chosen, found = getattr(wanted, name), counts.by_facet[name]
        options = [
            Option(value, label, found[value], value == chosen)
            for value, label in _names(locale)[name].items()
            if found[value] or value == chosen
        ]
        label, anything = labels[name]
        rest = {facet: value for facet in FACETS if facet != name and (value := getattr(wanted, facet))}
        address = urlencode({**({"q": q} if q else {}), **rest})
        facets.append(
            Facet(
                name,
                label(),
                anything(),
                options,
                _names(locale)[name].get(chosen, ""),
                f"/people?{address}" if address else "/people",
            )
        )
    return facets


def _names(locale: str) -> dict[str, dict[str, str]]:
    return {
        "sector": sectors(locale),
        "region": regions(locale),
        "kind": affiliation_kinds(locale),
        "verified": {slug: asserter.label() for slug, asserter in ASSERTERS.items()},
    }

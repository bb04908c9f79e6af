"""The facets of the directory of people, as the page shows them: names beside counts, and the way back from each."""

from collections.abc import Mapping

from flask_babel import gettext as _

from accounts import facets
from accounts.assertions import ASSERTERS
from accounts.directory import FACETS, Wanted
from accounts.facets import Counts, Facet, Naming
from accounts.places import affiliation_kinds, regions
from accounts.sectors import sectors


def wanted_from(args: Mapping[str, str], locale: str) -> Wanted:
    """What the address asks for; a value that the house does not know is no filter."""
    known = {naming.name: naming.names for naming in _namings(locale)}
    asked = {facet: args.get(facet, "") for facet in FACETS}
    return Wanted(**{facet: value for facet, value in asked.items() if value in known[facet]})


def facets_of(wanted: Wanted, counts: Counts, *, q: str, locale: str) -> list[Facet]:
    """Only values that lead somewhere, and the chosen one, in the order of their tables."""
    kept = {"q": q} if q else {}
    return facets.facets_of(_namings(locale), wanted.by_facet, counts, path="/people", kept=kept)


def _namings(locale: str) -> list[Naming]:
    checked = {slug: asserter.label() for slug, asserter in ASSERTERS.items()}
    return [
        Naming("sector", _("Sector"), _("All sectors"), sectors(locale)),
        Naming("region", _("Region"), _("All regions"), regions(locale)),
        Naming("kind", _("Kind of organisation"), _("All kinds"), affiliation_kinds(locale)),
        Naming("verified", _("What has been checked"), _("Checked or not"), checked),
    ]

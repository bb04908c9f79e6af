"""How codes that search knows of people and organisations are called in the viewer's language."""

from collections.abc import Collection, Mapping

from flask_babel import gettext as _

from accounts.places import place_name
from accounts.sectors import sectors
from kernel.viewer import Viewer
from search_index.facets import ONE, name_values


def _kind_names(_viewer: Viewer, _values: Collection[str]) -> Mapping[str, str]:
    return {"person": _("People"), "organisation": _("Organisations")}


def _one_name(_viewer: Viewer, _values: Collection[str]) -> Mapping[str, str]:
    return {"person": _("Person"), "organisation": _("Organisation")}


def _region_names(viewer: Viewer, codes: Collection[str]) -> Mapping[str, str]:
    return {code: name for code in codes if (name := place_name(code, viewer.locale))}


def _sector_names(viewer: Viewer, slugs: Collection[str]) -> Mapping[str, str]:
    known = sectors(viewer.locale)
    return {slug: known[slug] for slug in slugs if slug in known}


name_values("kind", _kind_names)
name_values(ONE, _one_name)
name_values("region", _region_names)
name_values("sector", _sector_names)

"""How search calls listings and needs, and what it offers with words that found nothing."""

from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlencode

from flask_babel import gettext as _

from kernel.viewer import Viewer
from search_index.facets import ONE, NextStep, name_values, offer_steps

LONGEST_TITLE = 120


def _kinds(_viewer: Viewer, _values: Collection[str]) -> Mapping[str, str]:
    return {"listing": _("Listings"), "need": _("Needs")}


def _one(_viewer: Viewer, _values: Collection[str]) -> Mapping[str, str]:
    return {"listing": _("Listing"), "need": _("Need")}


def _steps(_viewer: Viewer, text: str) -> Iterator[NextStep]:
    yield NextStep(_("Post it as a need"), f"/needs/new?{urlencode({'title': text[:LONGEST_TITLE]})}", "hand-heart")


name_values("kind", _kinds)
name_values(ONE, _one)
offer_steps(_steps)

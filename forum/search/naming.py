"""How search calls the forum's things, and what it offers with words that found nothing."""

from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlencode

from flask_babel import gettext as _
from sqlalchemy import select

from forum.models import Community
from kernel.db import session
from kernel.viewer import Viewer
from search_index.facets import ONE, NextStep, name_values, offer_steps

LONGEST_TITLE = 120


def _communities(viewer: Viewer, slugs: Collection[str]) -> Mapping[str, str]:
    rows = session().scalars(select(Community).where(Community.slug.in_(slugs)))
    return {row.slug: row.name(viewer.locale) for row in rows}


def _kinds(_viewer: Viewer, _kinds: Collection[str]) -> Mapping[str, str]:
    return {"thread": _("Threads"), "post": _("Replies"), "community": _("Communities")}


def _one(_viewer: Viewer, _kinds: Collection[str]) -> Mapping[str, str]:
    return {"thread": _("Thread"), "post": _("Reply"), "community": _("Community")}


def _steps(_viewer: Viewer, text: str) -> Iterator[NextStep]:
    asked = urlencode({"kind": "question", "title": text[:LONGEST_TITLE]})
    yield NextStep(_("Ask it as a question"), f"/new?{asked}", "circle-question-mark")


name_values("community", _communities)
name_values("kind", _kinds)
name_values(ONE, _one)
offer_steps(_steps)

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from forum.addresses import achievement_url
from forum.models import Draft
from kernel.db import session
from kernel.refs import Card, Ref, cards
from kernel.viewer import Viewer

LONGEST_EXCERPT = 200
ACHIEVEMENT = "achievement"
KINDS = {"thread": "forum.thread", "post": "forum.post"}


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft in my list; `url` is where it continues, empty when that place is not to be seen any more."""

    place: str
    title: str
    excerpt: str
    updated_at: datetime
    url: str


def drafts(viewer: Viewer) -> list[DraftRow]:
    """The viewer's drafts, the newest first, with the titles of what they belong to."""
    rows = list(session().scalars(select(Draft).where(Draft.user_id == viewer.me).order_by(Draft.updated_at.desc())))
    known = cards(viewer, filter(None, (_ref(row.place) for row in rows)))
    return [_row(row, known) for row in rows]


def _ref(place: str) -> Ref | None:
    kind, _colon, number = place.partition(":")
    return Ref(KINDS[kind], int(number)) if kind in KINDS else None


def _row(draft: Draft, known: dict[Ref, Card]) -> DraftRow:
    kind, _colon, rest = draft.place.partition(":")
    ref = _ref(draft.place)
    card = known.get(ref) if ref else None
    if kind == ACHIEVEMENT:
        title = draft.title or _("New achievement without a title")
        url = achievement_url(record=str(draft.fields.get("record", "")))
    elif ref is None:
        title = draft.title or _("New thread without a title")
        url = f"/new?place={rest}" if rest else "/new"
    elif card is None:
        title, url = _("Something that is not there any more"), ""
    elif kind == "post":
        title, url = _("Change to “%(title)s”", title=card.title), f"/posts/{ref.id}/edit"
    else:
        title, url = _("Reply to “%(title)s”", title=card.title), f"{card.url}#reply"
    text = " ".join(draft.body.split())
    excerpt = text if len(text) <= LONGEST_EXCERPT else text[: LONGEST_EXCERPT - 1].rstrip() + "…"
    return DraftRow(draft.place, title, excerpt, draft.updated_at, url)

"""The log of moderation, in sentences."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from activity.queries import LogRow, log_page
from forum.models import Board, Community
from forum.policy import visible_boards
from forum.queries.rows import Person
from kernel.db import session
from kernel.paging import Page
from kernel.refs import Card, Ref, cards
from kernel.viewer import Viewer

BOARDS_OF = {"thread.move": ("from", "to"), "board.audience": ("from",)}


@dataclass(frozen=True, slots=True)
class ActRow:
    """One line of the log: what was done, under which rule, by whom, why and when."""

    sentence: Markup
    rule: str
    actor: Person
    reason: str
    at: datetime


def act_page(viewer: Viewer, *, cursor: str | None = None, place: Ref | None = None) -> Page[ActRow]:
    """Acts of moderation that this viewer may know of, newest first; of all places or of one thread."""
    page = log_page(viewer, cursor=cursor, place=place)
    places = cards(viewer, {_place(row) for row in page.items})
    boards = _boards(viewer, page.items)
    return page.map(lambda row: _act_row(row, places=places, boards=boards))


def _boards(viewer: Viewer, rows: list[LogRow]) -> dict[int, str]:
    """The names of the boards that the acts are about, as far as the viewer sees them."""
    ids = {row.entry.details[end] for row in rows for end in BOARDS_OF.get(row.entry.act, ())}
    if not ids:
        return {}
    found = session().execute(
        select(Board, Community)
        .join(Community, Community.id == Board.community_id)
        .where(Board.id.in_(ids), visible_boards(viewer))
    )
    return {board.id: f"{community.name(viewer.locale)} · {board.name(viewer.locale)}" for board, community in found}


def _act_row(row: LogRow, *, places: dict[Ref, Card], boards: dict[int, str]) -> ActRow:
    entry, actor = row.entry, row.actor
    thread = _link(row.card, _("a thread that is not shown any more"))
    values = {
        "thread": thread,
        "place": _link(places.get(_place(row)), _("a thread that is not shown any more")),
        "number": entry.details.get("number", "?"),
        "source": boards.get(entry.details.get("from", 0), _("another board")),
        "target": boards.get(entry.details.get("to", 0), _("another board")),
    }
    sentence = sentences().get(entry.act, entry.act)
    return ActRow(
        sentence=Markup(sentence).format(**values),  # noqa: S704 - our own sentence; format escapes the values
        rule=rules().get(entry.details.get("right", ""), ""),
        actor=Person(
            name=actor.name if actor else "?",
            handle=actor.handle if actor else None,
            avatar_url=actor.avatar_url if actor else None,
        ),
        reason=entry.reason,
        at=entry.created_at,
    )


def _place(row: LogRow) -> Ref:
    return Ref(row.entry.place_kind, row.entry.place_id)


def _link(card: Card | None, otherwise: str) -> Markup:
    if card is None:
        return Markup("<em>{}</em>").format(otherwise)
    return Markup('<a href="{}" lang="{}">{}</a>').format(card.url, card.lang, card.title)


def sentences() -> dict[str, str]:
    """What each act is called; `{…}` are filled with links and names."""
    return {
        "thread.lock": _("Locked {thread}"),
        "thread.unlock": _("Unlocked {thread}"),
        "thread.pin": _("Pinned {thread}"),
        "thread.unpin": _("Unpinned {thread}"),
        "thread.move": _("Moved {thread} from {source} to {target}"),
        "thread.split": _("Split {thread} off from {place}"),
        "thread.merge": _("Merged thread {thread} into {place}"),
        "thread.delete": _("Deleted {thread}"),
        "thread.restore": _("Restored {thread}"),
        "post.delete": _("Deleted post {number} of {place}"),
        "post.restore": _("Restored post {number} of {place}"),
        "board.audience": _("Changed who sees {source}"),
        "need.close": _("Closed the need {thread}"),
        "listing.take-down": _("Took the listing {thread} off the shelf"),
        "listing.put-up": _("Put the listing {thread} back on the shelf"),
        "post.purge": _("Destroyed the text of post {number} of {place}"),
    }


def rules() -> dict[str, str]:
    """By which right an act was done."""
    return {
        "forum.moderate": _("By the right to moderate the community"),
        "forum.delete-post": _("By the right to delete posts"),
        "forum.restore-post": _("By the right to restore posts"),
        "forum.purge": _("By the right to destroy texts"),
    }

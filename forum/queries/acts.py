"""The log of moderation, in sentences."""

from dataclasses import dataclass
from datetime import datetime

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
from kernel.words import gettext as _
from kernel.words import ngettext

HOURS_A_DAY = 24
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
    return act_rows(viewer, log_page(viewer, cursor=cursor, place=place))


def act_rows(viewer: Viewer, page: Page[LogRow]) -> Page[ActRow]:
    """Lines of the log in sentences."""
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
    gone = _("an organisation that is not shown any more")
    others = {"organisation": gone, "review": _("something that is not shown any more"), "moderator": _("somebody")}
    if entry.kind == "moderation.review":
        others["review"] = _("a profile")
    thread = _link(row.card, others.get(entry.act.partition(".")[0]) or _("a thread that is not shown any more"))
    values = {
        "thread": thread,
        "place": _link(places.get(_place(row)), _("a thread that is not shown any more")),
        "number": entry.details.get("number", "?"),
        "source": boards.get(entry.details.get("from", 0), _("another board")),
        "target": boards.get(entry.details.get("to", 0), _("another board")),
        "span": _span(entry.details.get("hours")),
    }
    sentence = sentences().get(entry.act, entry.act)
    return ActRow(
        sentence=Markup(sentence).format(**values),  # noqa: S704 - our own sentence; format escapes the values
        rule=rules().get(entry.details.get("right", ""), ""),
        actor=Person(
            name=actor.name if actor else _("the house") if entry.actor_id is None else "?",
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


def _span(hours: int | None) -> str:
    if hours is None:
        return _("until it is lifted")
    if hours < HOURS_A_DAY:
        return ngettext("for %(num)s hour", "for %(num)s hours", hours)
    return ngettext("for %(num)s day", "for %(num)s days", round(hours / HOURS_A_DAY))


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
        "organisation.convert": _("Converted the kind of {thread}"),
        "organisation.document": _("Noted a document of {thread}"),
        "organisation.withdraw-assertion": _("Withdrew what was asserted of {thread}"),
        "organisation.appoint": _("Appointed an admin of {thread}"),
        "organisation.close": _("Closed the page of {thread}"),
        "person.impersonate": _("Looked at the site as {thread}"),
        "person.reset-factors": _("Asked for the second step of {thread} to be turned off"),
        "person.document": _("Noted a document of {thread}"),
        "person.withdraw-assertion": _("Withdrew what was asserted of {thread}"),
        "suggestion.decide": _("Said what becomes of {thread}"),
        "change.announce": _("Announced what changed"),
        "change.take-back": _("Took back a line of what changed"),
        "post.purge": _("Destroyed the text of post {number} of {place}"),
        "review.hide": _("Out of sight until somebody decides, for enough members flagged it: {thread}"),
        "review.keep": _("Looked at what was flagged, and kept {thread}"),
        "review.remove": _("Removed {thread}"),
        "review.edited": _("Put right what was flagged: {thread}"),
        "review.moved": _("Moved what was flagged to where it belongs: {thread}"),
        "review.ask": _("Asked its author to change {thread}"),
        "review.pass-on": _("Passed on to the staff: {thread}"),
        "review.restore": _("Brought back, after an appeal: {thread}"),
        "review.approve": _("Approved what waited to be published in {place}"),
        "review.refuse": _("Did not publish what waited for it"),
        "review.uphold": _("Looked again after an appeal: the decision stands"),
        "review.lift": _("Looked again after an appeal, and took the decision back"),
        "person.warning": _("Warned somebody"),
        "person.silence": _("Silenced somebody {span}"),
        "person.suspension": _("Suspended somebody {span}"),
        "lift.warning": _("Lifted a warning"),
        "lift.silence": _("Lifted a silence"),
        "lift.suspension": _("Lifted a suspension"),
        "block.begin": _("Took all that somebody had made public out of sight"),
        "block.undo": _("Brought back what had been taken out of sight with all of somebody’s"),
        "trust.set": _("Set somebody’s level of trust"),
        "trust.release": _("Left somebody’s level of trust to the numbers again"),
        "word.add": _("Watches another word"),
        "word.remove": _("Watches a word no more"),
        "rule.add": _("The rule {thread} counts from now on"),
        "rule.change": _("Changed the rule {thread}"),
        "rule.retire": _("The rule {thread} counts no more"),
        "moderator.appoint": _("Appointed {thread} as a moderator of {place}"),
        "moderator.dismiss": _("Dismissed {thread} as a moderator of {place}"),
    }


def rules() -> dict[str, str]:
    """By which right an act was done."""
    return {
        "forum.moderate": _("By the right to moderate the community"),
        "forum.delete-post": _("By the right to delete posts"),
        "forum.restore-post": _("By the right to restore posts"),
        "forum.purge": _("By the right to destroy texts"),
        "moderation.decide": _("By the right to decide what was flagged"),
        "moderation.sanction": _("By the right to sanction"),
        "moderation.keep-rules": _("By the right to keep the rules"),
        "moderation.oversee": _("By the right to oversee the watch"),
        "moderation.flags": _("By a rule of the house"),
    }

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from activity.actions import bookmark as toggle_bookmark
from activity.actions import follow as set_level
from activity.actions import level_named, mark_read
from activity.policy import ActivityRight
from activity.queries import NoticeRow, bookmarks_page, notices_page
from activity.sentences import reason_of, text_of
from kernel.errors import NotFoundError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.refs import Card, Ref, is_kind
from kernel.rooms import Room, is_fragment
from kernel.web import current_viewer, safe_next

room = Room("activity", __name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One notice as it is read."""

    text: Markup
    at: datetime
    reason: str
    is_read: bool
    thing: Card | None
    """What it is about, where the title of the place does not say it already."""


@dataclass(frozen=True, slots=True)
class Group:
    """The notices of one place."""

    card: Card
    lines: list[Line] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What the place is called."""
        return self.card.title

    @property
    def url(self) -> str:
        """Where it is."""
        return self.card.url

    @property
    def lang(self) -> str:
        """The language of the title."""
        return self.card.lang


@room.page("/notifications", may=ActivityRight.READ_NOTICES)
def notifications() -> ResponseReturnValue:
    """What I was told, gathered by place, each with the reason why."""
    page = notices_page(current_viewer(), cursor=request.args.get("cursor"))
    return render_template("activity/notifications.html", groups=_grouped(page.items), page=page)


@room.page("/notifications/read", may=ActivityRight.READ_NOTICES, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def read_notices() -> ResponseReturnValue:
    """I have seen them: those of one place when it is named, else all."""
    mark_read(current_viewer(), place=_ref() if request.form.get("kind") else None)
    return redirect(safe_next(request.form.get("next"), default="/notifications"), 303)


@room.page("/follow", may=ActivityRight.FOLLOW, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def follow() -> ResponseReturnValue:
    """Hear more or less of something."""
    ref, level = _ref(), level_named(request.form.get("level", ""))
    set_level(current_viewer(), ref=ref, level=level)
    if is_fragment():
        return render_template("forum/_follow.html", level=level.value, ref_kind=ref.kind, ref_id=ref.id)
    return redirect(safe_next(request.form.get("next")), 303)


@room.page("/bookmarks", may=ActivityRight.BOOKMARK)
def bookmarks() -> ResponseReturnValue:
    """What I put aside."""
    page = bookmarks_page(current_viewer(), cursor=request.args.get("cursor"))
    return render_template("forum/bookmarks.html", page=page)


@room.page("/bookmarks", may=ActivityRight.BOOKMARK, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def bookmark() -> ResponseReturnValue:
    """Put a thing aside, or take it back."""
    ref = _ref()
    kept = toggle_bookmark(current_viewer(), ref=ref, note=request.form.get("note", ""))
    if is_fragment():
        return render_template("forum/_bookmark.html", is_bookmarked=kept, ref_kind=ref.kind, ref_id=ref.id)
    return redirect(safe_next(request.form.get("next"), default="/bookmarks"), 303)


def _ref() -> Ref:
    """The thing that the form names; whether it may be seen is for the action to say."""
    kind, ref_id = request.form.get("kind", ""), request.form.get("ref_id", type=int)
    if not is_kind(kind) or ref_id is None or not 0 < ref_id < 2**63:
        raise NotFoundError
    return Ref(kind, ref_id)


def _grouped(rows: Sequence[NoticeRow]) -> list[Group]:
    """By place, the place with the newest notice first."""
    groups: dict[Ref, Group] = {}
    for row in rows:
        group = groups.setdefault(row.notice.place, Group(row.place))
        text = text_of(row.notice, actor=row.actor, url=row.card.url)
        thing = None if row.card.title.startswith(row.place.title) else row.card
        is_read = row.notice.read_at is not None
        group.lines.append(Line(text, row.notice.created_at, reason_of(row.notice), is_read, thing))
    return list(groups.values())

"""One click in a mail, without signing in: what is named in the link does not come by mail any more."""

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from activity import labels
from activity.room import room
from activity.topics import Cadence
from activity.unsubscribing import Rule, followed_card, rule_at, switch_off, undo, way_back
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import Door
from kernel.web import current_viewer


@dataclass(frozen=True, slots=True)
class Subject:
    """What is switched off, in words: strangers with the link are not told what somebody follows."""

    words: str
    url: str


@room.page("/unsubscribe/<token>", may=Door.ANYONE)
def unsubscribing(token: str) -> ResponseReturnValue:
    """What the link switches off, and one button."""
    rule = rule_at(token)
    return render_template("activity/unsubscribe.html", token=token, subject=_subject(rule), back="", state="asked")


@room.page("/unsubscribe/<token>", may=Door.ANYONE, methods=("POST",), form_token=False)
@limiter.limit(SMALL_DEEDS)
def unsubscribe(token: str) -> ResponseReturnValue:
    """Switch it off, as the button and as mail programs ask (RFC 8058); or undo that, with the note that came of it."""
    rule, state, back = rule_at(token), "off", ""
    if "undo" in request.form:
        undo(rule, request.form["undo"])
        state = "undone"
    elif was := switch_off(rule):
        back = way_back(rule, was)
    return render_template("activity/unsubscribe.html", token=token, subject=_subject(rule), back=back, state=state)


def _subject(rule: Rule) -> Subject:
    if rule.topic is not None:
        name = labels.topics()[rule.topic].name
        return Subject(_("Mail about “%(topic)s”", topic=name), f"/settings/notices#{rule.topic}")
    if rule.period is not None:
        words = _("The daily digest") if rule.period is Cadence.DAILY else _("The weekly digest")
        return Subject(words, "/settings/notices")
    viewer = current_viewer()
    card = followed_card(viewer, rule) if viewer.user_id == rule.user_id else None
    words = _("Mail about “%(topic)s”", topic=card.title) if card else _("Mail about one thing that you watch")
    where = f"?kind={rule.ref.kind}&ref_id={rule.ref.id}" if rule.ref else ""
    return Subject(words, f"/settings/follows{where}")

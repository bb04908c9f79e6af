"""How notices and acts read. Rooms whose events are not named here bring a sentence of their own."""

from collections.abc import Callable

from markupsafe import Markup, escape

from accounts.queries import PersonFacts
from activity.models import Notice
from kernel.words import gettext as _

Sentence = Callable[[Notice, str], str]
_sentences: dict[str, Sentence] = {}


def sentence_for(event: str) -> Callable[[Sentence], Sentence]:
    """Register how a notice of `event` reads; the function is given the notice and the actor's name."""

    def register(function: Sentence) -> Sentence:
        _sentences[event] = function
        return function

    return register


def text_of(notice: Notice, *, actor: PersonFacts | None, url: str) -> Markup:
    """What happened, in one sentence that leads to it."""
    name = actor.name if actor else _("Somebody who is gone")
    tell = _sentences.get(notice.event, _plain)
    return Markup('<a href="{}">{}</a>').format(url, escape(tell(notice, name)))


def reason_of(notice: Notice) -> str:
    """Why this person is told: the rule that sent it."""
    reasons = {
        "mention": _("because you are named"),
        "quote": _("because you are quoted"),
        "reply": _("because it answers you"),
        "accepted": _("because it is your answer"),
        "my-listing": _("because it is your listing"),
        "my-need": _("because it is your need"),
        "my-answer": _("because it is your answer"),
        "conversation": _("because you talk with each other"),
        "invited": _("because you are invited"),
        "match": _("because the two fit each other"),
        "saved-search": _("because you saved this search"),
        "watching:forum.thread": _("because you watch this thread"),
        "watching:forum.community": _("because you watch this community"),
        "watching:forum.tag": _("because you watch one of its tags"),
        "watching:accounts.user": _("because you watch this person"),
    }
    return reasons.get(notice.reason) or reasons.get(notice.reason.partition(":")[0]) or _("because you follow this")


@sentence_for("post")
def _post(notice: Notice, name: str) -> str:
    sentences = {
        "mention": _("%(name)s named you", name=name),
        "quote": _("%(name)s quoted you", name=name),
        "reply": _("%(name)s answered you", name=name),
        "watching:forum.community": _("%(name)s started a thread", name=name),
        "watching:forum.tag": _("%(name)s started a thread", name=name),
    }
    return sentences.get(notice.reason) or _("%(name)s wrote", name=name)


@sentence_for("accepted")
def _accepted(notice: Notice, name: str) -> str:
    if notice.reason == "accepted":
        return _("%(name)s accepted your answer", name=name)
    return _("%(name)s accepted an answer", name=name)


def _plain(_notice: Notice, name: str) -> str:
    return _("%(name)s did something here", name=name)

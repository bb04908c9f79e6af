"""How notices read. Rooms whose events are not named here bring a sentence of their own."""

from collections.abc import Callable, Sequence
from functools import cache

from flask_babel import get_locale

from accounts.queries import PersonFacts
from activity.models import Notice
from kernel.words import gettext as _
from kernel.words import ngettext

Sentence = Callable[[Notice, str], str]
Several = Callable[[Notice, str, int], str]
_sentences: dict[str, Sentence] = {}
_several: dict[str, Several] = {}

NAMED = 2  # people who are named where many did the same


def sentence_for(event: str) -> Callable[[Sentence], Sentence]:
    """Register how a notice of `event` reads; the function is given the notice and the actor's name."""

    def register(function: Sentence) -> Sentence:
        _sentences[event] = function
        return function

    return register


def several_of(event: str) -> Callable[[Several], Several]:
    """Register how several notices of `event` with one reason read: the newest, the names of who did it, how many.

    Without it they read as the newest does, with all names.
    """

    def register(function: Several) -> Several:
        _several[event] = function
        return function

    return register


def sentence_of(notices: Sequence[Notice], actors: Sequence[PersonFacts | None]) -> str:
    """What happened, in one sentence about notices of one event and reason; newest first, `actors` beside them."""
    newest = notices[0]
    names = names_of(actors)
    if len(notices) > 1 and newest.event in _several:
        return _several[newest.event](newest, names, len(notices))
    return _sentences.get(newest.event, _plain)(newest, names)


def names_of(actors: Sequence[PersonFacts | None]) -> str:
    """Who it was: one or two by name, and how many others."""
    names = list(dict.fromkeys(actor.name if actor else _("Somebody who is gone") for actor in actors))
    if len(names) == 1:
        return names[0]
    one, two, more = names[0], names[1], len(names) - NAMED
    if not more:
        return _("%(one)s and %(two)s", one=one, two=two)
    return ngettext(
        "%(one)s, %(two)s and %(num)s other person", "%(one)s, %(two)s and %(num)s other people", more, one=one, two=two
    )


def reason_of(notice: Notice) -> str:
    """Why this person is told: the rule that sent it."""
    reasons = _reasons(str(get_locale()))
    return reasons.get(notice.reason) or reasons.get(notice.reason.partition(":")[0]) or _("because you follow this")


@cache
def _reasons(_locale: str) -> dict[str, str]:
    """All of them in the language at hand."""
    return {
        "mention": _("because you are named"),
        "quote": _("because you are quoted"),
        "reply": _("because it answers you"),
        "accepted": _("because it is your answer"),
        "my-flag": _("because you flagged it"),
        "my-standing": _("because it concerns you or what you wrote"),
        "my-listing": _("because it is your listing"),
        "my-need": _("because it is your need"),
        "my-answer": _("because it is your answer"),
        "conversation": _("because you talk with each other"),
        "invited": _("because you are invited"),
        "my-invitation": _("because it is your invitation"),
        "match": _("because the two fit each other"),
        "my-record": _("because it is your record"),
        "named-author": _("because you are named as an author"),
        "shown-record": _("because it was shown to you"),
        "assigned-record": _("because it is assigned to you"),
        "my-dispute": _("because you disputed it"),
        "my-archive": _("because you asked for it"),
        "my-seat": _("because it is your seat"),
        "my-organisation": _("because you act for it"),
        "my-account": _("because it concerns how your account is opened"),
        "vouched": _("because it is said of you"),
        "saved-search": _("because you saved this search"),
        "my-alliance": _("because you act for one of its members"),
        "my-office": _("because of your office"),
        "my-proposal": _("because it is your proposal"),
        "on-roll": _("because you vote on it"),
        "candidate": _("because you are a candidate"),
        "my-application": _("because it is your application"),
        "my-group": _("because you work in the group"),
        "my-case": _("because the case concerns you"),
        "my-document": _("because it is your document"),
        "my-event": _("because you signed up for it, or planned it"),
        "my-suggestion": _("because it is your suggestion"),
        "my-vote": _("because you want it too"),
        "my-bid": _("because you are in the team"),
        "my-submission": _("because you wrote it"),
        "my-trust": _("because it is your level of trust"),
        "watching:alliances.alliance": _("because you watch this alliance"),
        "watching:alliances.document": _("because you watch this document"),
        "watching:forum.thread": _("because you watch this thread"),
        "watching:forum.community": _("because you watch this community"),
        "watching:forum.tag": _("because you watch one of its tags"),
        "watching:accounts.user": _("because you watch this person"),
    }


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


@several_of("post")
def _posts(notice: Notice, names: str, count: int) -> str:
    if notice.reason in ("mention", "quote", "reply"):
        return _post(notice, names)
    if notice.reason in ("watching:forum.community", "watching:forum.tag"):
        return ngettext("%(num)s new thread by %(names)s", "%(num)s new threads by %(names)s", count, names=names)
    return ngettext("%(num)s new post by %(names)s", "%(num)s new posts by %(names)s", count, names=names)


@sentence_for("accepted")
def _accepted(notice: Notice, name: str) -> str:
    if notice.reason == "accepted":
        return _("%(name)s accepted your answer", name=name)
    return _("%(name)s accepted an answer", name=name)


def _plain(_notice: Notice, name: str) -> str:
    return _("%(name)s did something here", name=name)

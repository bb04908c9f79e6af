"""How the lines of the log read: one sentence an act, and the kinds of acts by which the log is narrowed."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from alliances.proposal_titles import title_in_facts
from alliances.words import name_of
from kernel.words import gettext as _

KINDS = ("life", "charter", "members", "offices", "groups", "decisions", "documents", "events", "calls", "rights")
_BEGINNINGS = {
    "charter": ("charter-",),
    "members": ("member-", "application-", "invitation-", "seat-", "standing-", "notice-", "case-"),
    "offices": ("term-",),
    "groups": ("group-",),
    "decisions": ("proposal-", "proxy-", "resolution-", "candidate-"),
    "documents": ("document-",),
    "events": ("event-", "ally-"),
    "calls": ("call-", "bid-", "scorer-", "milestone-"),
    "rights": ("background-", "exclusion-"),
}
# Facts whose values are codes, and the section of the words in which they are named.
_CODES = {
    "standing": "standing", "before": "standing", "after": "standing", "office": "office", "role": "role",
    "outcome": "outcome", "item": "checklist", "matter": "matter", "method": "method", "template": "template",
}  # fmt: skip


def kinds() -> dict[str, str]:
    """The kinds of acts and what they are called."""
    return {
        "life": _("Life of the alliance"),
        "charter": _("Charter"),
        "members": _("Members"),
        "offices": _("Offices"),
        "groups": _("Working groups"),
        "decisions": _("Decisions"),
        "documents": _("Documents"),
        "events": _("Events"),
        "calls": _("Calls"),
        "rights": _("Intellectual property"),
    }


def beginnings_of(kind: str) -> tuple[str, ...]:
    """How the names of the acts of this kind begin; of the life of the alliance, how none does."""
    return _BEGINNINGS.get(kind, ())


def all_beginnings() -> tuple[str, ...]:
    """Those of every kind: what begins otherwise belongs to the life of the alliance."""
    return tuple(beginning for several in _BEGINNINGS.values() for beginning in several)


def handles_in(act: str, facts: Mapping[str, Any]) -> list[str]:
    """The people whom a line names: a proxy names members."""
    return [] if act.startswith("proxy-") else [str(facts[name]) for name in _PEOPLE if facts.get(name)]


def sentence_of(act: str, facts: Mapping[str, Any], locale: str, names: Mapping[str, str]) -> str:
    """What happened, in a sentence; an act that nobody put into words is shown by its name and facts.

    `names` says what people are called whose handles are in the facts.
    """
    called = {name: names[facts[name]] for name in _PEOPLE if facts.get(name) in names and handles_in(act, facts)}
    facts = {**facts, **called}
    if act == "event-planned" and not facts.get("starts"):
        act = "event-planned-undated"
    pattern = _patterns().get(act)
    if pattern is None:
        said = " · ".join(str(value) for value in facts.values() if isinstance(value, str | int) and value != "")
        return f"{act}: {said}" if said else act
    return pattern % defaultdict(lambda: "…", _named(facts, locale))


def _named(facts: Mapping[str, Any], locale: str) -> dict[str, str]:
    named: dict[str, str] = {}
    if (title := title_in_facts(facts)) is not None:
        facts = {**facts, "title": title}
    for name, value in facts.items():
        if name in _CODES:
            named[name] = name_of(_CODES[name], str(value), locale)
        elif isinstance(value, list):
            named[name] = _(", ").join(map(str, value))
        elif value is not None:
            text = str(value)
            named[name] = text[:10] if name in _DAYS else text
    if "how" in facts:
        named["how"] = name_of("member_state", str(facts["how"]), locale)
    return named


_PEOPLE = ("holder", "person", "candidate")
_DAYS = ("until", "closes", "leaves", "accept_until", "exclusion_until", "starts", "review")


def _patterns() -> dict[str, str]:
    return {**_of_life(), **_of_members(), **_of_decisions(), **_of_rooms()}


def _of_life() -> dict[str, str]:
    return {
        "founded": _("Drafted “%(name)s” in the name of %(party)s"),
        "edited": _("Changed the page and its settings"),
        "opened": _("Opened the charter for signatures until %(until)s"),
        "activated": _("Enough have signed: the alliance is founded, charter version %(charter)s is in force"),
        "lapsed": _("The alliance was not founded. %(reason)s"),
        "frozen": _("Froze the alliance: %(reason)s"),
        "thawed": _("Let the alliance go on. %(reason)s"),
        "successor-named": _("Named %(successor)s as the alliance that goes on"),
        "succession-accepted": _("Accepted to go on with the work of %(predecessor)s"),
        "succession-declined": _("Declined to go on with the work of %(predecessor)s"),
        "replaced": _("The alliance was replaced by %(successor)s"),
        "dissolution-proposed": _("Proposed to dissolve the alliance: %(reason)s"),
        "dissolution-dropped": _("Dropped the dissolution: %(message)s"),
        "dissolution-settled": _("Settled for the dissolution: %(item)s. %(note)s"),
        "dissolving": _("The members decided to dissolve the alliance (proposal %(number)s)"),
        "dissolved": _("The alliance is dissolved"),
        "charter-written": _("Wrote the draft of the charter"),
        "charter-proposed": _("Proposed charter version %(charter)s"),
        "charter-in-force": _("Charter version %(charter)s is in force; members accept it until %(accept_until)s"),
        "charter-rejected": _("Charter version %(charter)s was not adopted"),
        "charter-accepted": _("%(member)s accepted charter version %(charter)s"),
        "background-listed": _("%(member)s listed its background “%(title)s”"),
        "background-withdrawn": _("%(member)s took back its background “%(title)s”"),
        "exclusion-filed": _("%(member)s excluded rights from “%(document)s”, version %(version)s: %(rights)s"),
        "exclusion-withdrawn": _("%(member)s took back its exclusion from “%(document)s”, version %(version)s"),
    }


def _of_members() -> dict[str, str]:
    return {
        "member-joined": _("%(member)s joined as: %(standing)s"),
        "member-ended": _("The membership of %(member)s ended: %(how)s"),
        "standing-changed": _("%(member)s went from %(before)s to %(after)s"),
        "standing-explained": _("Explained the standing of %(member)s: %(message)s"),
        "seat-given": _("%(holder)s acts for %(member)s as %(role)s"),
        "seat-ended": _("%(holder)s does not act for %(member)s any more"),
        "notice-given": _("%(member)s gave notice to leave on %(leaves)s"),
        "notice-withdrawn": _("%(member)s stays: its notice was taken back"),
        "invitation-made": _("Invited %(party)s"),
        "invitation-declined": _("%(party)s declined the invitation"),
        "invitation-withdrawn": _("Took back the invitation of %(party)s"),
        "application-made": _("%(party)s applied to join"),
        "application-sponsored": _("%(sponsor)s spoke for the application of %(party)s"),
        "application-accepted": _("Accepted the application of %(party)s"),
        "application-refused": _("Refused the application of %(party)s"),
        "application-withdrawn": _("%(party)s took back its application"),
        "application-lapsed": _("The application of %(party)s lapsed"),
        "case-opened": _("Opened a case against %(member)s"),
        "case-answered": _("%(member)s replied to the case against it"),
        "case-voting": _("The members vote on the case against %(member)s"),
        "case-expelled": _("%(member)s was expelled"),
        "case-kept": _("%(member)s stays a member"),
        "case-dropped": _("Dropped the case against %(member)s"),
        "term-began": _("%(holder)s holds an office: %(office)s"),
        "term-ended": _("%(holder)s does not hold the office any more: %(office)s"),
        "term-changed": _("The term of %(holder)s as %(office)s was changed"),
        "group-opened": _("Opened the working group “%(group)s”"),
        "group-edited": _("Changed the working group “%(group)s”"),
        "group-closed": _("Closed the working group “%(group)s”"),
        "group-joined": _("%(person)s joined the working group “%(group)s”"),
        "group-left": _("%(person)s left the working group “%(group)s”"),
    }


def _of_decisions() -> dict[str, str]:
    return {
        "proposal-opened": _("Put proposal %(number)s “%(title)s” to the vote: %(roll)s votes, open until %(closes)s"),
        "proposal-closed": _("Proposal %(number)s “%(title)s” was counted: %(outcome)s (%(cast)s of %(roll)s voted)"),
        "proposal-withdrawn": _("Withdrew proposal %(number)s “%(title)s”"),
        "proposal-taken-back": _("Took proposal %(number)s “%(title)s” back to change it"),
        "candidate-stepped-down": _("%(candidate)s does not stand in proposal %(number)s any more"),
        "proxy-given": _("%(member)s lets %(holder)s vote for it"),
        "proxy-revoked": _("%(member)s took its proxy back from %(holder)s"),
        "resolution-registered": _("Resolution %(resolution)s “%(title)s” stands in the register"),
        "resolution-reviewed": _("Resolution %(resolution)s was looked at again"),
        "resolution-superseded": _("Resolution %(resolution)s was superseded"),
        "resolution-review-set": _("Set when resolution %(resolution)s is looked at again"),
    }


def _of_rooms() -> dict[str, str]:
    return {
        "document-version": _("Document “%(title)s” has version %(version)s"),
        "document-adopted": _("Adopted version %(version)s of “%(title)s”"),
        "document-set": _("Changed who reads “%(title)s”"),
        "document-archived": _("Put “%(title)s” into the archive"),
        "document-restored": _("Took “%(title)s” out of the archive"),
        "event-planned": _("Planned “%(title)s” for %(starts)s"),
        "event-planned-undated": _("Planned “%(title)s”, at a time yet to be found"),
        "event-moved": _("Moved “%(title)s” to %(starts)s"),
        "event-changed": _("Changed “%(title)s”"),
        "event-cancelled": _("Cancelled “%(title)s”"),
        "event-minutes": _("Wrote the minutes of “%(title)s”"),
        "ally-asked": _("Asked %(ally)s to hold “%(title)s” together"),
        "ally-accepted": _("Holds “%(title)s” together with %(host)s"),
        "ally-refused": _("Does not hold “%(title)s” with %(host)s"),
        "ally-parted": _("Holds “%(title)s” alone again"),
        "ally-left": _("Does not hold an event together any more"),
        "call-drafted": _("Drafted the call “%(title)s”"),
        "call-changed": _("Changed the call “%(title)s”"),
        "call-open": _("Opened the call “%(title)s”"),
        "call-evaluating": _("The bids for “%(title)s” are evaluated"),
        "call-awarded": _("Awarded the call “%(title)s”"),
        "call-running": _("The work on “%(title)s” began"),
        "call-closed": _("Closed the call “%(title)s”"),
        "call-cancelled": _("Cancelled the call “%(title)s”"),
        "scorer-named": _("Named a scorer for “%(title)s”"),
        "scorer-dropped": _("Somebody does not score “%(title)s” any more"),
        "milestone-set": _("Set the milestone “%(title)s”"),
        "milestone-reached": _("Reached the milestone “%(title)s”"),
        "milestone-dropped": _("Dropped the milestone “%(title)s”"),
    }

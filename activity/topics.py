"""The classes of events that one can want or not, and how each comes as long as nobody says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Topic(StrEnum):
    """What a notice is of, as one chooses it in the settings."""

    ADDRESSED = "addressed"
    WATCHED = "watched"
    ALLIANCES = "alliances"
    ORGANISATIONS = "organisations"
    RECORDS = "records"
    OFFERS = "offers"
    MATCHES = "matches"
    MODERATION = "moderation"
    SUMMARY = "summary"


class Cadence(StrEnum):
    """When mail comes: with each event (after a few minutes), or gathered in a digest."""

    NEVER = "never"
    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Wish:
    """Through which channels somebody wants to hear of a topic."""

    bell: bool
    mail: Cadence
    push: bool


DIGESTS = (Cadence.DAILY, Cadence.WEEKLY)
WATCHING = "watching:"

USUAL: Mapping[Topic, Wish] = {
    Topic.ADDRESSED: Wish(bell=True, mail=Cadence.AT_ONCE, push=True),
    Topic.WATCHED: Wish(bell=True, mail=Cadence.WEEKLY, push=False),
    Topic.ALLIANCES: Wish(bell=True, mail=Cadence.AT_ONCE, push=True),
    Topic.ORGANISATIONS: Wish(bell=True, mail=Cadence.AT_ONCE, push=False),
    Topic.RECORDS: Wish(bell=True, mail=Cadence.AT_ONCE, push=True),
    Topic.OFFERS: Wish(bell=True, mail=Cadence.AT_ONCE, push=True),
    Topic.MATCHES: Wish(bell=True, mail=Cadence.WEEKLY, push=False),
    Topic.MODERATION: Wish(bell=True, mail=Cadence.AT_ONCE, push=False),
    Topic.SUMMARY: Wish(bell=False, mail=Cadence.WEEKLY, push=False),
}

# Whole names first; else the first word of an event says what it is of.
_EVENTS: Mapping[str, Topic] = {
    "listing.taken-down": Topic.MODERATION,
    "need.closed-by-staff": Topic.MODERATION,
    "seat.representative": Topic.ALLIANCES,
    "seat.alternate": Topic.ALLIANCES,
    "seat.delegate": Topic.ALLIANCES,
    "seat.ended": Topic.ALLIANCES,
    "seat.vacant": Topic.ALLIANCES,
    "still-true": Topic.OFFERS,
}
_FAMILIES: Mapping[str, Topic] = {
    **dict.fromkeys(("post", "accepted", "archive", "message", "conversation", "suggestion"), Topic.ADDRESSED),
    **dict.fromkeys(("alliance", "application", "bid", "call", "case", "charter", "document"), Topic.ALLIANCES),
    **dict.fromkeys(("event", "group", "invitation", "member", "resolution", "standing"), Topic.ALLIANCES),
    **dict.fromkeys(("term", "vote"), Topic.ALLIANCES),
    **dict.fromkeys(("organisation", "person", "seat"), Topic.ORGANISATIONS),
    "record": Topic.RECORDS,
    **dict.fromkeys(("appeal", "review", "sanction", "submission", "trust"), Topic.MODERATION),
    **dict.fromkeys(("answer", "listing", "need"), Topic.OFFERS),
    **dict.fromkeys(("match", "saved-search"), Topic.MATCHES),
}


def topic_of(event: str, reason: str = "") -> Topic:
    """What a notice of `event` is of: whatever one is told because one watches something, of what one watches.

    Raises `LookupError` for an event that no topic names: nobody could switch it off.
    """
    if reason.startswith(WATCHING):
        return Topic.WATCHED
    topic = _EVENTS.get(event) or _FAMILIES.get(event.partition(".")[0])
    if topic is None:
        raise LookupError(f"the event {event!r} has no topic: name it in activity/topics.py")
    return topic

"""What topics, paces, levels and kinds are called."""

from dataclasses import dataclass

from activity.models import Level
from activity.topics import Cadence, Topic
from kernel.words import gettext as _


@dataclass(frozen=True, slots=True)
class Label:
    """A name, and a sentence that explains it."""

    name: str
    about: str


def topics() -> dict[Topic, Label]:
    """In the order of the settings."""
    return {
        Topic.ADDRESSED: Label(
            _("What is said to me"),
            _("Somebody names, quotes or answers you, accepts your answer, or writes to you in a conversation."),
        ),
        Topic.WATCHED: Label(
            _("What I watch"), _("Threads, communities, tags, people and documents that you chose to watch.")
        ),
        Topic.ALLIANCES: Label(
            _("My alliances"), _("Votes, invitations, applications, offices, events and calls of your alliances.")
        ),
        Topic.ORGANISATIONS: Label(
            _("My organisations"), _("Seats in organisations, and what they or the staff say of you.")
        ),
        Topic.RECORDS: Label(
            _("My records"), _("Consent, assignment, embargo and disputes of what you registered or wrote.")
        ),
        Topic.OFFERS: Label(
            _("My listings and needs"),
            _("Answers to your needs, what becomes of yours, and whether they are true."),
        ),
        Topic.MATCHES: Label(_("What fits"), _("Listings for your needs, needs for what you offer, saved searches.")),
        Topic.MODERATION: Label(
            _("Moderation of my things"), _("The staff or moderators took down or closed something of yours.")
        ),
        Topic.SUMMARY: Label(
            _("The best of what I follow"), _("Votes you can cast, answers, achievements and new threads, in one mail.")
        ),
    }


def cadences() -> dict[Cadence, str]:
    """When mail comes."""
    return {
        Cadence.NEVER: _("No mail"),
        Cadence.AT_ONCE: _("Within minutes"),
        Cadence.DAILY: _("In the daily digest"),
        Cadence.WEEKLY: _("In the weekly digest"),
    }


def levels() -> dict[Level, str]:
    """How much one hears."""
    return {
        Level.WATCHING: _("Watching"),
        Level.TRACKING: _("Tracking"),
        Level.NORMAL: _("Not followed"),
        Level.MUTED: _("Muted"),
    }


def kind_name(kind: str) -> str:
    """What sort of thing can be followed."""
    names = {
        "forum.thread": _("Thread"),
        "forum.community": _("Community"),
        "forum.tag": _("Tag"),
        "accounts.user": _("Person"),
        "alliances.alliance": _("Alliance"),
        "alliances.document": _("Document"),
        "resources.need": _("Need"),
    }
    return names.get(kind, "")

"""Levels of trust in words, and as notices name them."""

from collections.abc import Iterable, Mapping

from activity.models import Notice
from activity.sentences import sentence_for
from kernel.refs import Card, Kind, Ref, register_kind
from kernel.viewer import Viewer
from kernel.words import gettext as _
from moderation.actions.trusting import TRUST
from moderation.evidence import Fact


def level_names() -> list[str]:
    """What the levels are called, from the lowest."""
    return [_("Newcomer"), _("Member"), _("Regular member"), _("Trusted member"), _("Steward")]


def fact_names() -> dict[Fact, str]:
    """What the numbers count."""
    return {
        Fact.AGE: _("Days since you joined"),
        Fact.DAYS: _("Days on which you read"),
        Fact.THREADS: _("Threads read"),
        Fact.POSTS: _("Posts read"),
        Fact.WRITTEN: _("Posts written"),
        Fact.REACTIONS: _("Reactions received"),
        Fact.FLAGS: _("Things of yours removed after a flag, at most"),
        Fact.SANCTIONS: _("Silences and suspensions, at most"),
    }


def _cards(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    """One's own level."""
    title = _("Your level of trust")
    return {user_id: Card(Ref(TRUST, user_id), title, "/trust") for user_id in ids if user_id == viewer.user_id}


@sentence_for("trust.risen")
def _risen(_notice: Notice, _name: str) -> str:
    return _("You have reached a new level of trust; here you read what that means")


register_kind(Kind(TRUST, _cards))

"""Why something waits, in the words that its author and the moderators read."""

from collections.abc import Iterable
from enum import StrEnum

from kernel.words import gettext as _


class Reason(StrEnum):
    """What let a contribution wait; several may."""

    FIRST = "first"
    LINKS = "links"
    WORDS = "words"
    AGAIN = "again"
    COPIES = "copies"
    BURST = "burst"
    RING = "ring"


def sentences(reasons: Iterable[str]) -> list[str]:
    """The reasons, each as a sentence."""
    said = {
        Reason.FIRST: _("The first contributions of everybody are looked at before they appear."),
        Reason.LINKS: _("It holds more links than somebody new may publish at once."),
        Reason.WORDS: _("It holds a word that is watched here."),
        Reason.AGAIN: _("The same was written before."),
        Reason.COPIES: _("Several new people wrote the same."),
        Reason.BURST: _("Much was written in many places within minutes."),
        Reason.RING: _("Several new people from one network link to the same site."),
    }
    return [said[Reason(reason)] for reason in reasons if reason in set(Reason)]

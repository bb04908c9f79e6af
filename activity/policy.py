from enum import StrEnum

from kernel.policy import ALLOWED, Door, Verdict, rule
from kernel.viewer import Viewer


class ActivityRight(StrEnum):
    """What one does for oneself: follow, put aside, read one's notices and choose which."""

    FOLLOW = "activity.follow"
    BOOKMARK = "activity.bookmark"
    READ_NOTICES = "activity.read_notices"
    CHOOSE_NOTICES = "activity.choose_notices"


@rule(ActivityRight.FOLLOW, door=Door.SIGNED_IN)
def may_follow(_viewer: Viewer, _subject: object) -> Verdict:
    """Whoever sees a thing may follow it; the action checks that they see it."""
    return ALLOWED


@rule(ActivityRight.BOOKMARK, door=Door.SIGNED_IN)
def may_bookmark(_viewer: Viewer, _subject: object) -> Verdict:
    """Whoever sees a thing may put it aside; the action checks that they see it."""
    return ALLOWED


@rule(ActivityRight.READ_NOTICES, door=Door.SIGNED_IN)
def may_read_notices(_viewer: Viewer, _subject: object) -> Verdict:
    """Everybody reads their own, and nobody else's: the queries know no other person than the viewer."""
    return ALLOWED


@rule(ActivityRight.CHOOSE_NOTICES, door=Door.SIGNED_IN)
def may_choose_notices(_viewer: Viewer, _subject: object) -> Verdict:
    """Everybody for themselves; whoever holds a signed link from a mail may switch off what it names."""
    return ALLOWED

"""Who may do what with suggestions; what may be seen of them is what may be seen of their threads."""

from enum import StrEnum

from forum.models import Thread
from kernel.policy import ALLOWED, Denied, Door, Verdict, rule
from kernel.viewer import Viewer
from kernel.words import gettext as _


class FeedbackRight(StrEnum):
    """Every deed around suggestions."""

    READ = "feedback.read"
    SUGGEST = "feedback.suggest"
    VOTE = "feedback.vote"
    DECIDE = "feedback.decide"


@rule(FeedbackRight.READ, door=Door.ANYONE)
def _read(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # what is read is scoped by `forum.policy.live_threads`


@rule(FeedbackRight.SUGGEST, door=Door.SPEAKER)
def _suggest(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED


@rule(FeedbackRight.VOTE, door=Door.MEMBER)
def _vote(viewer: Viewer, thread: Thread | None) -> Verdict:
    if thread is None:
        return ALLOWED
    if thread.author_id == viewer.user_id:
        return Denied(_("It is your own suggestion; it counts as wanted by you."))
    if thread.deleted_at is not None or thread.locked_at is not None:
        return Denied(_("Nobody can vote on this suggestion any more."))
    return ALLOWED


@rule(FeedbackRight.DECIDE, door=Door.STAFF)
def _decide(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED

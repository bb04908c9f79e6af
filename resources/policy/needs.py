"""Who may do what with needs, answers and conversations, and beside it what may be seen."""

from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import false

from kernel.policy import ALLOWED, Denied, Door, Verdict, rule
from kernel.viewer import Viewer
from resources.models.answer import Answer, AnswerState
from resources.models.conversation import Conversation, Message
from resources.models.need import Need, NeedState, Visibility


class NeedRight(StrEnum):
    """Every deed around needs that somebody may or may not do."""

    READ = "need.read"
    POST = "need.post"
    MANAGE = "need.manage"
    CLOSE = "need.close"
    ANSWER = "need.answer"
    WITHDRAW = "need.withdraw-answer"
    DECIDE = "need.decide"
    REFUSE = "need.refuse-match"


class ConversationRight(StrEnum):
    """What the two sides of a conversation do."""

    READ = "conversation.read"
    WRITE = "conversation.write"
    ENQUIRE = "conversation.enquire"


def visible_needs(viewer: Viewer) -> ColumnElement[bool]:
    """The one condition of sight: the need's audience is among the viewer's tokens, or the need is theirs."""
    is_in_audience = Need.audience.in_(sorted(viewer.audience))
    return or_(is_in_audience, Need.owner_id == viewer.user_id) if viewer.signed_in else is_in_audience


def owner_known(viewer: Viewer) -> ColumnElement[bool]:
    """Whether the viewer may know whose a need is: not an anonymous one's, until its owner accepted their answer."""
    if not viewer.signed_in:
        return Need.visibility != Visibility.ANONYMOUS
    accepted = select(Answer.id).where(
        Answer.need_id == Need.id, Answer.author_id == viewer.user_id, Answer.state == AnswerState.ACCEPTED
    )
    mine = accepted.correlate(Need).exists()
    return or_(Need.visibility != Visibility.ANONYMOUS, Need.owner_id == viewer.user_id, mine)


def my_conversations(viewer: Viewer) -> ColumnElement[bool]:
    """Those in which the viewer is one of the two sides."""
    if not viewer.signed_in:
        return false()
    return or_(Conversation.asker_id == viewer.user_id, Conversation.owner_id == viewer.user_id)


def was_removed(words: InstrumentedAttribute[str], *, for_whom: Viewer) -> ColumnElement[bool]:
    """Whether words that also stand elsewhere were removed from the conversation; their writer still reads them."""
    conversation = Conversation.id if words.class_ is Conversation else Answer.conversation_id
    removed = select(Message.id).where(
        Message.conversation_id == conversation,
        Message.hidden_at.is_not(None),
        Message.author_id != for_whom.user_id,
        Message.body == words,
    )
    return removed.correlate(words.class_).exists()


@rule(NeedRight.READ, door=Door.ANYONE)
def _read(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # what is read is scoped by `visible_needs`


@rule(NeedRight.POST, door=Door.SPEAKER)
def _post(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED


@rule(NeedRight.MANAGE, door=Door.MEMBER)
def _manage(viewer: Viewer, need: Need) -> Verdict:
    return ALLOWED if need.owner_id == viewer.user_id else Denied(_("Only whoever has the need changes it."))


@rule(NeedRight.CLOSE, door=Door.MEMBER)
def _close(viewer: Viewer, need: Need) -> Verdict:
    if need.owner_id == viewer.user_id or viewer.is_staff:
        return ALLOWED
    return Denied(_("Only whoever has the need, and the staff, close it."))


@rule(NeedRight.ANSWER, door=Door.SPEAKER)
def _answer(viewer: Viewer, need: Need) -> Verdict:
    if need.owner_id == viewer.user_id:
        return Denied(_("This is your own need; its answers come from others."))
    if need.state != NeedState.OPEN:
        return Denied(_("This need takes no more answers."))
    return ALLOWED


@rule(NeedRight.WITHDRAW, door=Door.MEMBER)
def _withdraw(viewer: Viewer, answer: Answer) -> Verdict:
    return ALLOWED if answer.author_id == viewer.user_id else Denied(_("Only whoever wrote an answer withdraws it."))


@rule(NeedRight.DECIDE, door=Door.MEMBER)
def _decide(viewer: Viewer, need: Need) -> Verdict:
    if need.owner_id != viewer.user_id:
        return Denied(_("Only whoever has the need decides on its answers."))
    return ALLOWED


@rule(NeedRight.REFUSE, door=Door.MEMBER)
def _refuse(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # one's own need or listing, which the action loads as such


@rule(ConversationRight.READ, door=Door.SIGNED_IN)
def _read_conversation(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # scoped by `my_conversations`


@rule(ConversationRight.WRITE, door=Door.SPEAKER)
def _write(_viewer: Viewer, conversation: Conversation) -> Verdict:
    return ALLOWED if conversation.closed_at is None else Denied(_("This conversation is closed."))


@rule(ConversationRight.ENQUIRE, door=Door.SPEAKER)
def _enquire(viewer: Viewer, owner_id: int) -> Verdict:
    return Denied(_("This is your own listing.")) if owner_id == viewer.user_id else ALLOWED

"""Who is told of what around needs, and how it reads. Whose an anonymous need is, no notice says."""

from activity.actions import notify
from activity.models import Notice
from activity.sentences import sentence_for
from kernel.db import session
from kernel.events import subscribe
from kernel.refs import Ref
from kernel.words import gettext as _
from resources.kinds.needs import ANSWER, CONVERSATION, MESSAGE, NEED
from resources.models import Answer, Conversation, Message, Need, NeedState
from resources.need_events import AnswerGiven, AnswerMoved, MessageWritten, NeedEnded, PersonInvited

MATCHED = "match"


def tell(user_id: int, *, event: str, actor_id: int | None, ref: Ref, place: Ref, reason: str) -> None:
    """Tell one person something that is for nobody else."""
    notify({user_id: reason}, event=event, actor_id=actor_id, ref=ref, place=place, audience=f"user:{user_id}")


@subscribe(AnswerGiven)
def tell_owner(event: AnswerGiven) -> None:
    """Somebody answered."""
    answer = session().get_one(Answer, event.answer_id)
    need = session().get_one(Need, answer.need_id)
    tell(
        need.owner_id,
        event="need.answer",
        actor_id=answer.author_id,
        ref=Ref(ANSWER, answer.id),
        place=Ref(NEED, need.id),
        reason="my-need",
    )


@subscribe(AnswerMoved)
def tell_of_answer(event: AnswerMoved) -> None:
    """The other side of an answer hears what became of it."""
    answer = session().get_one(Answer, event.answer_id)
    need = session().get_one(Need, answer.need_id)
    is_withdrawn = answer.state == "withdrawn"
    is_secret = need.is_anonymous and answer.state != "accepted"
    owner_id = None if is_secret else need.owner_id
    listener, reason = (need.owner_id, "my-need") if is_withdrawn else (answer.author_id, "my-answer")
    tell(
        listener,
        event="answer.opened" if event.is_opening else f"answer.{answer.state}",
        actor_id=answer.author_id if is_withdrawn else owner_id,
        ref=Ref(ANSWER, answer.id),
        place=Ref(CONVERSATION, answer.conversation_id),
        reason=reason,
    )


@subscribe(MessageWritten)
def tell_of_message(event: MessageWritten) -> None:
    """The other side has written."""
    message = session().get_one(Message, event.message_id)
    conversation = session().get_one(Conversation, message.conversation_id)
    is_asker = message.author_id == conversation.asker_id
    tell(
        conversation.owner_id if is_asker else conversation.asker_id,
        event="conversation.closed" if message.deed == "closed" else "message",
        actor_id=None if conversation.owner_alias and not is_asker else message.author_id,
        ref=Ref(MESSAGE, message.id),
        place=Ref(CONVERSATION, conversation.id),
        reason="conversation",
    )


@subscribe(PersonInvited)
def tell_invited(event: PersonInvited) -> None:
    """Somebody may see a need now."""
    need = session().get_one(Need, event.need_id)
    place = Ref(NEED, need.id)
    tell(event.user_id, event="need.invited", actor_id=need.owner_id, ref=place, place=place, reason="invited")


@subscribe(NeedEnded)
def tell_followers(event: NeedEnded) -> None:
    """Those who watch it, and its owner when the last day has passed or the staff closed it."""
    need = session().get_one(Need, event.need_id)
    place = Ref(NEED, need.id)
    is_secret = need.is_anonymous or need.state == NeedState.LAPSED or event.by_staff
    actor_id = None if is_secret else need.owner_id
    notify(
        {},
        event=f"need.{need.state}",
        actor_id=actor_id,
        ref=place,
        place=place,
        audience=need.audience,
        watched=[place],
        but=[need.owner_id],
    )
    if need.state == NeedState.LAPSED:
        tell(need.owner_id, event="need.lapsed", actor_id=None, ref=place, place=place, reason="my-need")
    if event.by_staff:
        tell(need.owner_id, event="need.closed-by-staff", actor_id=None, ref=place, place=place, reason="my-need")


@sentence_for("need.answer")
def _answered(_notice: Notice, name: str) -> str:
    return _("%(name)s answered your need", name=name)


@sentence_for("answer.shortlisted")
def _shortlisted(_notice: Notice, _name: str) -> str:
    return _("Your answer is on the short list")


@sentence_for("answer.opened")
def _opened(_notice: Notice, _name: str) -> str:
    return _("The full text of the need was opened to you")


@sentence_for("answer.accepted")
def _accepted(_notice: Notice, name: str) -> str:
    return _("%(name)s accepted your answer to the need", name=name)


@sentence_for("answer.declined")
def _declined(_notice: Notice, _name: str) -> str:
    return _("Your answer was declined; the reason is in the conversation")


@sentence_for("answer.closed")
def _closed(_notice: Notice, _name: str) -> str:
    return _("The need has ended, and your answer with it")


@sentence_for("answer.withdrawn")
def _withdrawn(_notice: Notice, name: str) -> str:
    return _("%(name)s withdrew an answer to your need", name=name)


@sentence_for("answer.waiting")
def _waiting(_notice: Notice, name: str) -> str:
    return _("%(name)s has waited a week for your reply", name=name)


@sentence_for("message")
def _message(notice: Notice, name: str) -> str:
    return _("%(name)s wrote to you", name=name) if notice.actor_id else _("The one with the need wrote to you")


@sentence_for("conversation.closed")
def _conversation_closed(notice: Notice, name: str) -> str:
    if notice.actor_id is None:
        return _("The one with the need closed the conversation")
    return _("%(name)s closed the conversation", name=name)


@sentence_for("need.invited")
def _invited(_notice: Notice, name: str) -> str:
    return _("%(name)s invites you to see a need", name=name)


@sentence_for("need.met")
def _met(_notice: Notice, _name: str) -> str:
    return _("The need was met")


@sentence_for("need.closed")
def _need_closed(_notice: Notice, _name: str) -> str:
    return _("The need was closed")


@sentence_for("need.closed-by-staff")
def _closed_by_staff(_notice: Notice, _name: str) -> str:
    return _("The staff closed your need; the reason stands on its page")


@sentence_for("need.lapsed")
def _lapsed(_notice: Notice, _name: str) -> str:
    return _("The last day of the need has passed")


@sentence_for("match.need")
def _need_matched(_notice: Notice, _name: str) -> str:
    return _("This listing may answer your need")


@sentence_for("match.listing")
def _listing_matched(_notice: Notice, _name: str) -> str:
    return _("Your listing fits this need")


@sentence_for("match.need-achievement")
def _need_answered_by_achievement(_notice: Notice, _name: str) -> str:
    return _("This achievement may answer your need")


@sentence_for("match.achievement")
def _achievement_matched(_notice: Notice, _name: str) -> str:
    return _("Your achievement fits this need")

"""Nobody is left without a reply unnoticed: after a week the owner is reminded."""

from sqlalchemy import func, or_, select

from kernel.clock import now
from kernel.db import session
from kernel.refs import Ref
from resources.kinds.needs import CONVERSATION, MESSAGE
from resources.models import Conversation, Message
from resources.notices.needs import tell
from resources.queries.needs import REMIND_AFTER


def remind_of_waiting() -> int:
    """Remind the owners of conversations in which the other side has waited for a week; once for each wait."""
    first = (
        select(func.min(Message.id))
        .where(
            Message.conversation_id == Conversation.id,
            Message.author_id == Conversation.asker_id,
            Message.created_at >= Conversation.waiting_since,
        )
        .correlate(Conversation)
        .scalar_subquery()
    )
    due = (
        select(Conversation, first.label("message_id"))
        .where(
            Conversation.waiting_since < now() - REMIND_AFTER,
            or_(Conversation.reminded_at.is_(None), Conversation.reminded_at < Conversation.waiting_since),
        )
        .order_by(Conversation.waiting_since)
        .limit(200)
        .with_for_update(of=Conversation)
    )
    count = 0
    for conversation, message_id in session().execute(due):
        conversation.reminded_at = now()
        if message_id is not None:
            tell(
                conversation.owner_id,
                event="answer.waiting",
                actor_id=conversation.asker_id,
                ref=Ref(MESSAGE, message_id),
                place=Ref(CONVERSATION, conversation.id),
                reason="conversation",
            )
            count += 1
    session().flush()
    return count

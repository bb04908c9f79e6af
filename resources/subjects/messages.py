"""What the watch may do with a message: nobody but the two reads a conversation, until one of them flags a message.

Then the staff see that message and the few before it, as they read at that moment, and nothing else of it ever.
"""

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape
from sqlalchemy import select

from accounts.queries import persons
from kernel.db import session
from kernel.i18n import guess_lang
from kernel.refs import Ref
from kernel.viewer import STAFF, Viewer
from moderation.subjects import Excerpt, Flaggable, Subject, register_subject
from resources.actions.conversations import hide_message, show_message
from resources.kinds.needs import CONVERSATION, MESSAGE
from resources.models import Conversation, Message
from resources.need_addresses import conversation_url
from resources.need_words import alias_name
from resources.policy import my_conversations

CONTEXT = 3  # messages before the one that is flagged


def _find(viewer: Viewer, message_id: int) -> Flaggable | None:
    message = _mine(viewer, message_id)
    if message is None or not message.body:
        return None
    return Flaggable(
        ref=Ref(MESSAGE, message.id),
        place=Ref(CONVERSATION, message.conversation_id),
        scope=STAFF,
        audience=STAFF,
        author_id=message.author_id,
        is_hidden=message.hidden_at is not None,
    )


def _excerpts(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Excerpt]:
    """For the two sides alone: what whoever flags a message puts before the staff with it."""
    found = (_mine(viewer, number) for number in ids)
    return {message.id: _excerpt(viewer, message) for message in found if message is not None}


def _mine(viewer: Viewer, message_id: int) -> Message | None:
    query = select(Message).join(Conversation, Conversation.id == Message.conversation_id)
    return session().scalars(query.where(Message.id == message_id, my_conversations(viewer))).first()


def _excerpt(viewer: Viewer, message: Message) -> Excerpt:
    conversation = session().get_one(Conversation, message.conversation_id)
    before = (
        session()
        .scalars(
            select(Message)
            .where(Message.conversation_id == conversation.id, Message.id < message.id, Message.body != "")
            .order_by(Message.id.desc())
            .limit(CONTEXT)
        )
        .all()
    )
    people = persons({conversation.asker_id, conversation.owner_id})
    names = {number: f"{person.name} @{person.handle}" for number, person in people.items()}
    if conversation.owner_alias:  # whose need it is, the staff do not learn from a flag either
        names[conversation.owner_id] = alias_name(conversation.owner_alias, viewer.locale)
    lines = [_line(names.get(one.author_id, "…"), one) for one in (*reversed(before), message)]
    said = Markup("").join((*lines[:-1], Markup("<blockquote>{}</blockquote>").format(lines[-1])))
    return Excerpt(
        title=names.get(message.author_id, "…"),
        html=said,
        url=f"{conversation_url(conversation.id)}#message-{message.id}",
        lang=guess_lang(message.body),
        at=message.created_at,
        is_anonymous=bool(conversation.owner_alias) and message.author_id == conversation.owner_id,
        hides_reader=bool(conversation.owner_alias) and viewer.user_id == conversation.owner_id,
    )


def _line(name: str, message: Message) -> Markup:
    words = Markup("<br>").join(escape(line) for line in message.body.splitlines())
    return Markup("<p><strong>{}</strong> <time>{:%Y-%m-%d %H:%M} UTC</time></p><p>{}</p>").format(
        name, message.created_at, words
    )


register_subject(
    Subject(
        MESSAGE,
        find=_find,
        hide=lambda _by, message_id, _reason: hide_message(message_id),
        show=lambda _by, message_id, _reason: show_message(message_id),
        excerpts=_excerpts,
        is_private=True,
    )
)

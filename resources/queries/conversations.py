"""Conversations as they are shown: to the two sides of each, and to nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from accounts.queries import PersonFacts, persons
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page
from kernel.refs import Card
from kernel.viewer import Viewer
from resources.kinds.needs import subject_cards
from resources.models import Answer, Conversation, Message, Need
from resources.need_addresses import conversation_url
from resources.need_words import alias_name, name_of
from resources.policy import my_conversations

LIST = 30
MOST_MESSAGES = 500


@dataclass(frozen=True, slots=True)
class Party:
    """A side of a conversation as the other side knows it; without a person, an alias."""

    name: str
    person: PersonFacts | None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """What one side wrote, or did."""

    id: int
    author: Party
    is_mine: bool
    deed: str
    body: str
    at: datetime
    is_hidden: bool
    may_flag: bool


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation in the list of mine."""

    id: int
    url: str
    subject: Card
    purpose: str
    other: Party
    last_at: datetime
    is_closed: bool
    waits_for_me: bool


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A conversation with its words: of a very long one, the latest."""

    row: ConversationRow
    messages: list[MessageRow]
    is_owner: bool
    closing_message: str
    answer: Answer | None
    reason: str
    need: Need | None


def conversations_page(viewer: Viewer, *, cursor: str | None = None, limit: int = LIST) -> Page[ConversationRow]:
    """The viewer's conversations, the one with the latest word first."""
    query = select(Conversation).where(my_conversations(viewer))
    page = keyset_page(query, keys=[Conversation.last_at, Conversation.id], limit=limit, cursor=cursor)
    return Page(_rows(viewer, [row[0] for row in page.items]), page.next)


def conversation_view(viewer: Viewer, conversation_id: int) -> ConversationView:
    """One of the viewer's conversations, or `NotFoundError`."""
    found = (
        session()
        .execute(
            select(Conversation, Answer, Need)
            .outerjoin(Answer, Answer.conversation_id == Conversation.id)
            .outerjoin(Need, Need.id == Answer.need_id)
            .where(Conversation.id == conversation_id, my_conversations(viewer))
        )
        .first()
    )
    if found is None:
        raise NotFoundError
    conversation = found.Conversation
    is_owner = conversation.owner_id == viewer.user_id
    messages = (
        session()
        .scalars(
            select(Message)
            .where(Message.conversation_id == conversation.id)
            .order_by(Message.id.desc())
            .limit(MOST_MESSAGES)
        )
        .all()
    )
    row = _rows(viewer, [conversation])[0]
    me = Party(viewer.display_name, None)
    return ConversationView(
        row=row,
        messages=[
            MessageRow(
                id=message.id,
                author=me if message.author_id == viewer.user_id else row.other,
                is_mine=message.author_id == viewer.user_id,
                deed=message.deed,
                body=message.body if message.hidden_at is None or message.author_id == viewer.user_id else "",
                at=message.created_at,
                is_hidden=message.hidden_at is not None,
                may_flag=message.author_id != viewer.user_id and message.hidden_at is None and message.body != "",
            )
            for message in reversed(messages)
        ],
        is_owner=is_owner,
        closing_message=conversation.closing_message,
        answer=found.Answer,
        reason=name_of("decline", found.Answer.reason, viewer.locale) if found.Answer and found.Answer.reason else "",
        need=found.Need,
    )


def _rows(viewer: Viewer, conversations: Sequence[Conversation]) -> list[ConversationRow]:
    """With what each is about and who the other side is; whoever goes by an alias is not even looked up."""
    subjects = subject_cards(viewer, conversations)
    others = {
        row.id: row.asker_id if row.owner_id == viewer.user_id else row.owner_id
        for row in conversations
        if row.owner_id == viewer.user_id or not row.owner_alias
    }
    people = persons(set(others.values()))
    found = []
    for row in conversations:
        person = people.get(others.get(row.id, 0))
        name = person.name if person else alias_name(row.owner_alias, viewer.locale)
        found.append(
            ConversationRow(
                id=row.id,
                url=conversation_url(row.id),
                subject=subjects[row.id],
                purpose=name_of("purpose", row.purpose, viewer.locale),
                other=Party(name, person),
                last_at=row.last_at,
                is_closed=row.closed_at is not None,
                waits_for_me=row.waiting_since is not None and row.owner_id == viewer.user_id,
            )
        )
    return found

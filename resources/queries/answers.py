"""Answers and conversations as they are shown: to the two sides of each, and to nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, select

from accounts.queries import PersonFacts, persons
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page
from kernel.refs import Card
from kernel.viewer import Viewer
from resources.addresses import listing_url
from resources.kinds.needs import subject_cards
from resources.models import Answer, AnswerState, Conversation, Listing, ListingState, Message, Need
from resources.models.answer import WAITING
from resources.need_addresses import conversation_url
from resources.need_words import alias_name, name_of
from resources.policy import my_conversations, was_removed

LIST = 30
MOST_ANSWERS = 100
MOST_MESSAGES = 500


@dataclass(frozen=True, slots=True)
class Offered:
    """The listing that an answer offers, and where it is."""

    title: str
    url: str
    lang: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer for one of its two sides."""

    id: int
    author: PersonFacts
    message: str
    price: str
    time_needed: str
    state: str
    state_name: str
    reason: str
    ending_message: str
    created_at: datetime
    ended_at: datetime | None
    is_opened: bool
    is_waiting: bool
    offered: Offered | None
    conversation_url: str
    waits_since: datetime | None


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
    need: Need | None


def answers_to(viewer: Viewer, need: Need) -> list[AnswerRow]:
    """To the owner every answer, to its author their own, to everybody else none; what waits comes first."""
    if not viewer.signed_in:
        return []
    order = case((Answer.state == AnswerState.ACCEPTED, 0), (Answer.state.in_(WAITING), 1), else_=2)
    query = (
        select(
            Answer,
            Conversation.waiting_since,
            was_removed(Answer.message, for_whom=viewer).label("is_removed"),
            was_removed(Answer.ending_message, for_whom=viewer).label("is_ending_removed"),
            Listing.title.label("listing_title"),
            Listing.slug.label("listing_slug"),
            Listing.lang.label("listing_lang"),
            Listing.state.label("listing_state"),
        )
        .join(Conversation, Conversation.id == Answer.conversation_id)
        .outerjoin(Listing, Listing.id == Answer.listing_id)
        .where(Answer.need_id == need.id)
        .order_by(order, Answer.id)
        .limit(MOST_ANSWERS)
    )
    if need.owner_id != viewer.user_id:
        query = query.where(Answer.author_id == viewer.user_id)
    rows = session().execute(query).all()
    people = persons({row.Answer.author_id for row in rows})
    found = []
    for row in rows:
        answer = row.Answer
        offered = None
        if row.listing_title is not None:
            is_seen = row.listing_state == ListingState.PUBLISHED
            url = listing_url(answer.listing_id, row.listing_slug) if is_seen else ""
            offered = Offered(row.listing_title, url, row.listing_lang)
        found.append(
            AnswerRow(
                id=answer.id,
                author=people[answer.author_id],
                message="" if row.is_removed else answer.message,
                price=answer.price,
                time_needed=answer.time_needed,
                state=answer.state,
                state_name=name_of("answer_state", answer.state, viewer.locale),
                reason=name_of("decline", answer.reason, viewer.locale) if answer.reason else "",
                ending_message="" if row.is_ending_removed else answer.ending_message,
                created_at=answer.created_at,
                ended_at=answer.ended_at,
                is_opened=answer.opened_at is not None,
                is_waiting=answer.state in WAITING,
                offered=offered,
                conversation_url=conversation_url(answer.conversation_id),
                waits_since=row.waiting_since,
            )
        )
    return found


def my_offers(viewer: Viewer) -> list[tuple[int, str]]:
    """The viewer's published listings, to be offered in an answer."""
    rows = session().execute(
        select(Listing.id, Listing.title)
        .where(Listing.owner_id == viewer.user_id, Listing.state == ListingState.PUBLISHED)
        .order_by(Listing.id.desc())
        .limit(200)
    )
    return [(row.id, row.title) for row in rows]


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

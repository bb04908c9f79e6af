"""Answers as they are shown: to the two sides of each, and to nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, select

from accounts.queries import PersonFacts, persons
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer
from resources.addresses import listing_url
from resources.models import Answer, AnswerState, Conversation, Listing, ListingState, Need
from resources.models.answer import WAITING
from resources.need_addresses import conversation_url
from resources.need_words import name_of
from resources.policy import was_removed

LIST = 30
MOST_OFFERS = 200


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


def answers_to(viewer: Viewer, need: Need, *, cursor: str | None = None, limit: int = LIST) -> Page[AnswerRow]:
    """To the owner every answer, to its author their own, to everybody else none; what waits comes first."""
    if not viewer.signed_in:
        return Page([], None)
    order = case((Answer.state == AnswerState.ACCEPTED, 0), (Answer.state.in_(WAITING), 1), else_=2)
    page = keyset_page(_shown(viewer, need), keys=[order, Answer.id], limit=limit, cursor=cursor, descending=False)
    return Page(_rows(viewer, page.items), page.next)


def answer_to(viewer: Viewer, need: Need, answer_id: int) -> AnswerRow:
    """One answer, for one of its two sides."""
    rows = session().execute(_shown(viewer, need).where(Answer.id == answer_id)).all()
    if not rows:
        raise NotFoundError
    return _rows(viewer, rows)[0]


def _shown(viewer: Viewer, need: Need) -> Select[*tuple[Any, ...]]:
    """The answers to a need that this viewer may read, with what each offers."""
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
    )
    return query if need.owner_id == viewer.user_id else query.where(Answer.author_id == viewer.user_id)


def _rows(viewer: Viewer, rows: Sequence[Any]) -> list[AnswerRow]:
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
        .limit(MOST_OFFERS)
    )
    return [(row.id, row.title) for row in rows]

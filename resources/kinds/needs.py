"""How the rest of the house finds needs, answers, conversations, messages and matches: cards for who may see them."""

from collections.abc import Iterable, Mapping

from sqlalchemy import or_, select

from kernel.db import session
from kernel.refs import Card, Kind, Ref, cards, register_kind
from kernel.viewer import Viewer
from resources.models import Answer, Conversation, Listing, Match, Message, Need
from resources.need_addresses import conversation_url, need_url
from resources.policy import my_conversations, visible_needs

NEED = "resources.need"
ANSWER = "resources.answer"
CONVERSATION = "resources.conversation"
MESSAGE = "resources.message"
MATCH = "resources.match"


def _needs(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(Need.id, Need.title, Need.slug, Need.lang).where(Need.id.in_(sorted(ids)), visible_needs(viewer))
    )
    return {row.id: Card(Ref(NEED, row.id), row.title, need_url(row.id, row.slug), row.lang) for row in rows}


def _answers(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    """For the two sides of each."""
    if not viewer.signed_in:
        return {}
    rows = session().execute(
        select(Answer.id, Answer.conversation_id, Need.title, Need.lang)
        .join(Need, Need.id == Answer.need_id)
        .where(Answer.id.in_(sorted(ids)), or_(Answer.author_id == viewer.user_id, Need.owner_id == viewer.user_id))
    )
    return {
        row.id: Card(Ref(ANSWER, row.id), row.title, conversation_url(row.conversation_id), row.lang) for row in rows
    }


def _conversations(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = (
        session().scalars(select(Conversation).where(Conversation.id.in_(sorted(ids)), my_conversations(viewer))).all()
    )
    subjects = subject_cards(viewer, rows)
    return {
        row.id: Card(Ref(CONVERSATION, row.id), subjects[row.id].title, conversation_url(row.id), subjects[row.id].lang)
        for row in rows
    }


def _messages(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(Message.id, Message.conversation_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.id.in_(sorted(ids)), my_conversations(viewer))
    )
    found = {row.id: row.conversation_id for row in rows}
    places = _conversations(viewer, set(found.values()))
    return {
        number: Card(
            Ref(MESSAGE, number), places[place].title, f"{places[place].url}#message-{number}", places[place].lang
        )
        for number, place in found.items()
    }


def _matches(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    """Each side is led to what the other has, as far as both are still seen."""
    if not viewer.signed_in:
        return {}
    rows = (
        session()
        .execute(
            select(Match.id, Match.kind, Match.ref_id, Need)
            .join(Need, Need.id == Match.need_id)
            .where(
                Match.id.in_(sorted(ids)),
                visible_needs(viewer),
                or_(Need.owner_id == viewer.user_id, Match.owner_id == viewer.user_id),
            )
        )
        .all()
    )
    fitting = cards(viewer, [Ref(row.kind, row.ref_id) for row in rows])
    found: dict[int, Card] = {}
    for number, kind, ref_id, need in rows:
        card = fitting.get(Ref(kind, ref_id))
        if card is not None and need.owner_id == viewer.user_id:
            found[number] = Card(Ref(MATCH, number), card.title, card.url, card.lang)
        elif card is not None:
            found[number] = Card(Ref(MATCH, number), need.title, need_url(need.id, need.slug), need.lang)
    return found


def subject_cards(viewer: Viewer, conversations: Iterable[Conversation]) -> dict[int, Card]:
    """What each of the viewer's conversations is about, by the conversation's id.

    The two sides know what they talk of even when it has gone out of sight since: its title stays with them.
    """
    held = list(conversations)
    seen = cards(viewer, [row.subject for row in held])
    gone = [row for row in held if row.subject not in seen]
    titles: dict[Ref, tuple[str, str]] = {}
    models: tuple[tuple[str, type[Need | Listing]], ...] = ((NEED, Need), ("resources.listing", Listing))
    for kind, model in models:
        numbers = [row.subject_id for row in gone if row.subject_kind == kind]
        if numbers:
            for row in session().execute(select(model.id, model.title, model.lang).where(model.id.in_(numbers))):
                titles[Ref(kind, row.id)] = (row.title, row.lang)
    return {
        row.id: seen.get(row.subject) or Card(row.subject, *_without_address(titles.get(row.subject))) for row in held
    }


def _without_address(known: tuple[str, str] | None) -> tuple[str, str, str]:
    title, lang = known or ("…", "")
    return title, "", lang


for _name, _cards in (
    (NEED, _needs),
    (ANSWER, _answers),
    (CONVERSATION, _conversations),
    (MESSAGE, _messages),
    (MATCH, _matches),
):
    register_kind(Kind(_name, _cards))

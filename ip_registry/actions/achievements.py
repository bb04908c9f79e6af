"""Keeping the card of a thread, and tying it to a record."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from ip_registry.achievement_cards import CardFacts, check_card, wishes
from ip_registry.achievement_text import read
from ip_registry.events import CardChanged
from ip_registry.models import Achievement, AchievementWish, Record
from ip_registry.policy import RegistryRight
from kernel.db import session
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer


def keep_card(viewer: Viewer, *, thread_id: int, facts: CardFacts, record: Record | None) -> Achievement:
    """Give the thread its card, or change it. Who may write in the thread is for the caller to know.

    Only the owner of a record ties a card to it; who may change the card may also untie it.
    """
    columns = check_card(facts)
    card = session().scalar(select(Achievement).where(Achievement.thread_id == thread_id).with_for_update())
    if card is None:
        card = Achievement(thread_id=thread_id, owner_id=viewer.me)
        session().add(card)
    if record is not None and record.id != card.record_id:
        authorise(viewer, RegistryRight.MANAGE, record)
    card.record_id = None if record is None else record.id
    for name, value in columns.items():
        setattr(card, name, value)
    session().flush()
    session().execute(delete(AchievementWish).where(AchievementWish.achievement_id == card.id))
    session().add_all(AchievementWish(achievement_id=card.id, kind=kind) for kind in wishes(facts))
    session().flush()
    emit(CardChanged(thread_id))
    return card


def follow_text(thread_id: int, text: str) -> None:
    """The opening post reads otherwise now: the card repeats what stands under its headings."""
    parts = read(text)
    if parts is not None and parts.problem and parts.method:
        session().execute(
            update(Achievement)
            .where(Achievement.thread_id == thread_id)
            .values(problem=parts.problem, method=parts.method)
            .execution_options(synchronize_session=False)
        )


def drop_card(thread_id: int) -> None:
    """Forget the card: its text was destroyed."""
    ids = select(Achievement.id).where(Achievement.thread_id == thread_id)
    session().execute(delete(AchievementWish).where(AchievementWish.achievement_id.in_(ids)))
    session().execute(delete(Achievement).where(Achievement.thread_id == thread_id))


def untie(record_id: int) -> None:
    """A record that is erased is named by no card any more."""
    for thread_id in threads_of(record_id):
        session().execute(
            update(Achievement)
            .where(Achievement.thread_id == thread_id)
            .values(record_id=None)
            .execution_options(synchronize_session=False)
        )
        emit(CardChanged(thread_id))


def threads_of(record_id: int) -> Sequence[int]:
    """The threads whose cards are tied to the record."""
    query = select(Achievement.thread_id).where(Achievement.record_id == record_id)
    return session().scalars(query.order_by(Achievement.thread_id)).all()

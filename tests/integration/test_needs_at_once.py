"""Two windows, one instant: an answer ends in one way, and nobody answers twice."""

from flask import Flask
from sqlalchemy import func, select

from accounts.viewers import viewer_for
from kernel.db import db, session
from kernel.errors import ConflictError
from resources.actions.answers import accept, decline, give_answer, withdraw
from resources.actions.needs import end_need
from resources.models import Answer, Conversation, NeedState
from tests.integration.test_moderation_at_once import at_once, site
from tests.makers import needs as make
from tests.makers.people import person

__all__ = ["site"]


def test_an_answer_is_accepted_or_withdrawn_but_not_both(site: Flask) -> None:
    owner, author = person(), person()
    answer = make.answer(need=make.need(owner=owner), author=author)
    mine, theirs, number = viewer_for(owner.id), viewer_for(author.id), answer.id
    done = at_once(
        site,
        lambda: accept(mine, answer_id=number, message="Yes"),
        lambda: withdraw(theirs, answer_id=number, message="No"),
        lambda: decline(mine, answer_id=number, reason="price", message="No"),
    )
    assert sorted(type(one).__name__ for one in done) == ["Answer", "ConflictError", "ConflictError"]
    db.session.remove()
    assert session().get_one(Answer, number).ending_message in {"Yes", "No"}


def test_two_windows_accept_the_same_answer_once(site: Flask) -> None:
    owner = person()
    answer = make.answer(need=make.need(owner=owner))
    mine, number = viewer_for(owner.id), answer.id
    done = at_once(site, *[lambda: accept(mine, answer_id=number, message="Yes")] * 3)
    assert not any(isinstance(one, Exception) for one in done)
    db.session.remove()
    conversation = session().get_one(Conversation, session().get_one(Answer, number).conversation_id)
    from resources.models import Message

    deeds = select(func.count(Message.id)).where(Message.conversation_id == conversation.id, Message.deed == "accepted")
    assert session().scalar(deeds) == 1


def test_nobody_answers_twice_and_nothing_is_answered_after_the_end(site: Flask) -> None:
    owner, author = person(), person()
    need = make.need(owner=owner)
    mine, theirs, number = viewer_for(owner.id), viewer_for(author.id), need.id
    done = at_once(site, *[lambda: give_answer(theirs, need_id=number, message="We can")] * 3)
    assert sum(isinstance(one, Answer) for one in done) == 1
    assert sum(isinstance(one, ConflictError) for one in done) == 2
    others = [viewer_for(person().id) for _ in range(3)]
    at_once(
        site,
        lambda: end_need(mine, need_id=number, state=NeedState.CLOSED, message="Over"),
        *[lambda who=who: give_answer(who, need_id=number, message="We can") for who in others],
    )
    db.session.remove()
    assert set(session().scalars(select(Answer.state).where(Answer.need_id == number))) == {"closed"}

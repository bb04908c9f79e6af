"""Time passes: needs lapse, owners are reminded after a week, and after three the page says that they are slow."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from activity.models import Notice
from kernel.jobs import Job, run_due
from kernel.work import unit_of_work
from resources.actions import answers, conversations, needs, waiting
from resources.models import Conversation
from resources.queries.needs import is_slow_person
from tests.makers import needs as make
from tests.makers.people import person, sign_in

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def told(user_id: int, event: str, database: Session) -> int:
    return len(database.scalars(select(Notice).where(Notice.user_id == user_id, Notice.event == event)).all())


def remind() -> int:
    with unit_of_work():
        return waiting.remind_of_waiting()


def test_a_need_is_open_until_the_end_of_its_last_day(database: Session) -> None:
    owner, author = person(), person()
    with time_machine.travel(START, tick=False) as clock:
        need = make.need(owner=owner, deadline=date(2026, 3, 4))
        forever = make.need(owner=owner)
        answer = make.answer(need=need, author=author)
        clock.move_to(datetime(2026, 3, 4, 23, 59, tzinfo=UTC))
        with unit_of_work():
            assert needs.lapse_needs() == 0
        clock.move_to(datetime(2026, 3, 5, 0, 1, tzinfo=UTC))
        with unit_of_work():
            assert needs.lapse_needs() == 1
        with unit_of_work():
            assert needs.lapse_needs() == 0
    database.expire_all()
    assert (need.state, forever.state, answer.state) == ("lapsed", "open", "closed")
    assert answer.ending_message
    assert told(author.id, "answer.closed", database) == 1
    assert told(owner.id, "need.lapsed", database) == 1


def test_the_owner_is_reminded_after_a_week_and_once(database: Session) -> None:
    owner, author = person(), person()
    with time_machine.travel(START, tick=False) as clock:
        answer = make.answer(need=make.need(owner=owner), author=author)
        clock.shift(timedelta(days=6, hours=23))
        assert remind() == 0
        clock.shift(timedelta(hours=2))
        assert remind() == 1
        clock.shift(timedelta(days=2))
        assert remind() == 0
        assert told(owner.id, "answer.waiting", database) == 1
        with unit_of_work():
            conversations.write(viewer_for(owner.id), conversation_id=answer.conversation_id, body="Soon")
        clock.shift(timedelta(days=30))
        assert remind() == 0, "the owner spoke last"
        with unit_of_work():
            conversations.write(viewer_for(author.id), conversation_id=answer.conversation_id, body="And now?")
        clock.shift(timedelta(days=8))
        assert remind() == 1
        assert told(owner.id, "answer.waiting", database) == 2


@pytest.mark.parametrize("visibility", ["public", "anonymous"])
def test_after_three_weeks_the_page_says_slow(client: FlaskClient, database: Session, visibility: str) -> None:
    owner, author = person(handle="slow-owner"), person()
    with time_machine.travel(START, tick=False) as clock:
        need = make.need(owner=owner, visibility=visibility)
        answer = make.answer(need=need, author=author)
        url = f"/needs/{need.id}-{need.slug}"
        clock.shift(timedelta(days=20))
        assert "waited for three weeks" not in client.get(url).text
        clock.shift(timedelta(days=2))
        assert "等候三周" in client.get(url, headers={"Accept-Language": "zh"}).text
        assert "Slow to answer" in client.get("/needs", headers={"Accept-Language": "en"}).text
        assert is_slow_person(owner.id) is (visibility == "public")
        profile = client.get("/people/slow-owner", headers={"Accept-Language": "en"}).text
        assert ("Slow to answer" in profile) is (visibility == "public")
        with unit_of_work():
            answers.shortlist(viewer_for(owner.id), answer_id=answer.id)
        assert "Slow to answer" not in client.get("/needs", headers={"Accept-Language": "en"}).text
        assert not is_slow_person(owner.id)


def test_whoever_ends_an_answer_keeps_nobody_waiting(database: Session) -> None:
    owner = person()
    need = make.need(owner=owner)
    first, second = make.answer(need=need), make.answer(need=need)
    with unit_of_work():
        answers.decline(viewer_for(owner.id), answer_id=first.id, reason="time", message="Too long")
        answers.withdraw(viewer_for(second.author_id), answer_id=second.id, message="We are full")
    assert database.scalars(select(Conversation).where(Conversation.waiting_since.is_not(None))).all() == []


def test_watchers_hear_that_a_need_ended(client: FlaskClient, database: Session) -> None:
    need, watcher = make.need(), person()
    sign_in(client, watcher)
    asked = {"kind": "resources.need", "ref_id": need.id, "level": "watching"}
    assert client.post("/follow", data=asked).status_code == 303
    sign_in(client, person(staff=True))
    client.post(f"/needs/{need.id}/ending", data={"state": "closed", "message": "Not for here"})
    run_due()
    sign_in(client, watcher)
    assert "The need was closed" in client.get("/notifications").text


def test_publishing_asks_the_worker_for_matches(database: Session) -> None:
    need = make.need()
    jobs = database.scalars(select(Job).where(Job.name == "resources.match_need")).all()
    assert [job.payload for job in jobs] == [{"need_id": need.id}]
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1)):
        assert run_due() >= 1
    assert database.scalars(select(Job).where(Job.name == "resources.match_need")).all() == []

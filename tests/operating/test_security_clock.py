"""The clock is set back by a day: nothing acknowledged is lost, nothing waits for a day, nothing opens again."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from activity.digests import running
from kernel.clock import now
from kernel.jobs import Job, enqueue, follow_the_clock, run_due
from kernel.mail import Mail, delivery, send_mail
from kernel.work import unit_of_work
from tests.integration.conftest import Browser
from tests.integration.test_digests import MONDAY
from tests.makers import forum as make
from tests.makers.api import Program
from tests.makers.digests import many_people, missed
from tests.makers.letters import delivering_to, free_port, mail_server
from tests.makers.people import person, sign_in

BACK = timedelta(days=1)


@pytest.fixture
def client(client: FlaskClient) -> FlaskClient:
    return Browser(client.application, client.application.response_class, use_cookies=True)


@pytest.fixture
def yesterday() -> Iterator[time_machine.Traveller]:
    """A clock that a test sets back."""
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


def test_lists_stay_whole_and_sessions_open(client: FlaskClient, yesterday: time_machine.Traveller) -> None:
    user = person()
    sign_in(client, user)
    board = make.board()
    threads = [make.thread(board=board, title=f"Before {number}") for number in range(3)]
    yesterday.shift(-BACK)
    threads += [make.thread(board=board, title=f"After {number}") for number in range(3)]
    assert client.get("/settings").status_code == 200
    answer = client.post(f"/threads/{threads[0].id}/posts", data={"body": "The day before"})
    assert answer.status_code == 303
    program, found, cursor = Program(client, user), [], None
    while True:
        query = {"board": board.slug, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = program.get("/communities/materials/threads", **query)
        assert page.status_code == 200
        found += [row["id"] for row in page.json["items"]]
        cursor = page.json["next"]
        if cursor is None:
            break
    assert sorted(found) == sorted(thread.id for thread in threads), "each once, and none is missing"
    posts = program.get(f"/threads/{threads[0].id}/posts").json["items"]
    assert [post["number"] for post in posts] == [1, 2]


def test_work_and_mail_of_the_time_ahead_are_done_now(
    client: FlaskClient, database: Session, yesterday: time_machine.Traveller
) -> None:
    port = free_port()
    with delivering_to(client.application, port), mail_server(port) as box:
        with unit_of_work():
            at_once = enqueue("activity.deliver")
            later = enqueue("activity.deliver", delay=timedelta(days=3))
            send_mail(to="lin@example.cn", subject="Confirm", body="x")
        yesterday.shift(-BACK)
        with unit_of_work():
            follow_the_clock()
        with unit_of_work():
            delivery.deliver_due()
        run_due()
    assert [message["Subject"] for message in box.received] == ["Confirm"]
    assert set(database.scalars(select(Mail.state))) == {"sent"}
    left = set(database.scalars(select(Job.id)))
    assert at_once.id not in left
    assert later.id in left, "what was wanted later is not done too early"


def test_what_was_used_up_or_ended_stays_so(client: FlaskClient, yesterday: time_machine.Traveller) -> None:
    user = person()
    sign_in(client, user)
    old = client.get_cookie("guildhall")
    client.post("/sign-out")
    yesterday.shift(-BACK)
    assert old is not None
    client.set_cookie("guildhall", old.value)
    assert client.get("/settings").status_code == 303


def test_a_digest_is_sent_once_though_its_morning_comes_twice(
    database: Session, yesterday: time_machine.Traveller
) -> None:
    yesterday.move_to(MONDAY - timedelta(days=3))
    missed(many_people(3, timezone="UTC"))
    for moment in (MONDAY, MONDAY - BACK, MONDAY):
        yesterday.move_to(moment)
        with unit_of_work():
            running.plan(now())
        while running._open_run() is not None:
            running.go_on()
    assert len(database.scalars(select(Mail.id).where(Mail.kind == "digest")).all()) == 3

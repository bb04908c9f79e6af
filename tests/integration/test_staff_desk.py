"""The staff's desk: what needs somebody, who is here, what the worker gave up."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import LogEntry
from kernel.clock import now
from kernel.jobs import Job, enqueue
from kernel.work import unit_of_work
from moderation.models import Visit
from portal import desk
from tests.makers import forum as make
from tests.makers.people import person, sign_in

PAGES = ("/staff", "/staff/people", "/staff/communities", "/staff/jobs", "/staff/backups")


@pytest.fixture
def steward(client: FlaskClient, database: Session) -> User:
    steward = person(staff=True, locale="en")
    sign_in(client, steward)
    return steward


@pytest.mark.parametrize("path", PAGES)
def test_the_desk_is_for_the_staff(client: FlaskClient, database: Session, path: str) -> None:
    sign_in(client, person())
    assert client.get(path).status_code == 403
    sign_in(client, person(staff=True))
    assert client.get(path).status_code == 200


def test_every_link_of_the_desk_leads_somewhere(client: FlaskClient, steward: User) -> None:
    make.thread()
    links = {link for path in PAGES for link in re.findall(r'<a [^>]*href="(/[^"#]*)', client.get(path).text)}
    assert len(links) > len(PAGES)
    assert {link: client.get(link, follow_redirects=True).status_code for link in links} == dict.fromkeys(links, 200)


def test_what_was_given_up_needs_somebody_and_comes_first(client: FlaskClient, steward: User) -> None:
    with unit_of_work():
        job = enqueue("tests.nothing")
        job.state, job.last_error = "dead", "ValueError: the moon is full"
    first = desk.concerns(viewer_for(steward.id))[0]
    assert first.is_urgent
    assert "1 job was given up" in client.get("/staff").text
    assert "the moon is full" in client.get("/staff/jobs").text


def test_the_staff_have_a_dead_job_tried_again_or_drop_it(
    client: FlaskClient, database: Session, steward: User
) -> None:
    with unit_of_work():
        first, second = enqueue("tests.nothing"), enqueue("tests.nothing")
        first.state = second.state = "dead"
    assert client.post(f"/staff/jobs/{first.id}/again").status_code == 303
    assert client.post(f"/staff/jobs/{second.id}/drop").status_code == 303
    assert client.post(f"/staff/jobs/{second.id}/drop").status_code == 404
    assert database.get_one(Job, first.id, populate_existing=True).state == "waiting"
    acts = list(database.scalars(select(LogEntry.act).where(LogEntry.kind == "kernel.job").order_by(LogEntry.id)))
    assert acts == ["job.again", "job.drop"]


def test_how_often_a_job_runs_is_said_in_the_readers_language(client: FlaskClient, database: Session) -> None:
    sign_in(client, person(staff=True, locale="zh_Hans"))
    page = client.get("/staff/jobs").text
    assert ">1天</td>" in page
    assert ">10分钟</td>" in page


def test_people_are_found_by_handle_name_or_address(client: FlaskClient, steward: User) -> None:
    person(handle="wei-lan", display_name="Lan Wei", email="lan@example.org")
    person(handle="shut-out", suspended=True)
    for words in ("wei-l", "lan w", "lan@ex"):
        page = client.get("/staff/people", query_string={"q": words}).text
        assert "@wei-lan" in page
        assert "@shut-out" not in page
    assert "@wei-lan" not in client.get("/staff/people?q=%25").text
    suspended = client.get("/staff/people?which=suspended").text
    assert "@shut-out" in suspended
    assert "@wei-lan" not in suspended


def test_growth_counts_by_weeks(database: Session, steward: User) -> None:
    make.thread()
    with unit_of_work() as work:
        work.add(Visit(user_id=steward.id, day=now().date()))
    lines = desk.growth()
    assert all(len(line.values) == desk.WEEKS for line in lines)
    people, visits, posts, *_rest = lines
    assert people.values[-1] >= 2
    assert visits.values[-1] == 1
    assert posts.values[-1] == 1

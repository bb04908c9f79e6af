"""Offices, groups, documents, events and milestones of alliances, by programs."""

import io
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.blobs import blob_store
from accounts.models import User
from alliances.actions.documents import inspect
from alliances.actions.offices import appoint
from alliances.models import Document
from kernel.clock import now
from kernel.work import unit_of_work
from tests.makers import decisions, rooms
from tests.makers.alliances import MadeAlliance, alliance
from tests.makers.api import PREFIX, Program
from tests.makers.people import api_token, person
from tests.makers.search import settings

pytestmark = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
DAY = (now() + timedelta(days=20)).date().isoformat()


@pytest.fixture
def made(database: Session) -> MadeAlliance:
    return alliance(members=4)


def program(client: FlaskClient, made: MadeAlliance, who: int) -> Program:
    return Program(client, made.people[who])


def test_offices_are_given_ended_and_given_up(client: FlaskClient, made: MadeAlliance) -> None:
    chair, member, stranger = program(client, made, 0), program(client, made, 2), Program(client, person())
    url = f"{made.alliance.url}/offices"
    given = {"office": "treasurer", "handle": made.people[2].handle, "ends_on": DAY}
    assert member.post(url, {**given, "handle": made.people[3].handle}).status_code == 403
    assert chair.post(url, {**given, "handle": made.people[0].handle}).status_code == 403, "nobody gives their own"
    assert chair.post(url, {**given, "handle": person().handle}).json["errors"].keys() == {"handle"}
    begun = chair.post(url, given, key="one")
    assert (begun.status_code, begun.json["office"]) == (201, "treasurer")
    assert chair.post(url, given, key="one").json == begun.json
    assert chair.post(url, given).status_code == 409
    one = f"{url}/{begun.json['id']}"
    assert begun.headers["Location"] == PREFIX + one
    assert stranger.get(one).json["holder"]["handle"] == made.people[2].handle
    assert chair.put(f"{one}/term", {"ends_on": None}).json["ends_at"] is None
    assert member.put(f"{one}/ended", {"reason": "No."}).status_code == 403
    assert chair.put(f"{one}/resigned", {}).status_code == 404, "it is not their own"
    assert chair.put(f"{one}/ended", {"reason": ""}).status_code == 422
    assert chair.put(f"{one}/ended", {"reason": "As agreed."}).status_code == 204
    again = chair.post(url, given).json["id"]
    assert member.put(f"{url}/{again}/resigned", {"reason": "No time."}).status_code == 204
    assert member.put(f"{url}/{again}/resigned", {}).status_code == 409
    assert stranger.get(one).status_code == 404
    assert stranger.get(url, past="true").status_code == 403
    past = member.get(url, past="true", limit=1).json
    assert [row["ended_reason"] for row in past["items"]] == ["No time."]
    rest = member.get(url, past="true", cursor=past["next"]).json["items"]
    assert [row["id"] for row in rest] == [begun.json["id"]]


def test_the_last_who_may_give_offices_names_a_successor(client: FlaskClient, made: MadeAlliance) -> None:
    with unit_of_work():
        term = appoint(made.viewer(0), slug=made.alliance.slug, office="secretary", handle=made.people[2].handle)
    secretary, one = program(client, made, 2), f"{made.alliance.url}/offices/{term.id}/resigned"
    left = secretary.put(one, {})
    if left.status_code != 204:  # they were one of the last two
        assert left.json["errors"].keys() == {"successor"}
        assert secretary.put(one, {"successor": made.people[3].handle}).status_code == 204


def test_a_working_group_is_opened_peopled_and_closed(client: FlaskClient, made: MadeAlliance) -> None:
    chair, member, expert = program(client, made, 0), program(client, made, 2), person()
    url = f"{made.alliance.url}/groups"
    assert member.post(url, {"name": "Coatings"}).status_code == 403
    opened = chair.post(url, {"name": "Coatings", "purpose": "Films."})
    assert (opened.status_code, opened.json["places"][0]["is_lead"]) == (201, True)
    one = f"{url}/{opened.json['id']}"
    assert opened.headers["Location"] == PREFIX + one
    assert chair.patch(one, {"name": "Barrier films"}).json["purpose"] == "Films."
    assert member.put(f"{one}/place").json["is_mine"] is True
    assert Program(client, expert).get(one).status_code == 404
    assert member.put(f"{one}/people/{expert.handle}").status_code == 403
    shown = chair.put(f"{one}/people/{expert.handle}").json
    assert [place["is_expert"] for place in shown["places"]] == [False, False, True]
    assert Program(client, expert).get(one).status_code == 200
    assert Program(client, expert).put(f"{one}/leads/{expert.handle}").status_code == 403
    led = chair.put(f"{one}/leads/{made.people[2].handle}").json
    assert [lead["handle"] for lead in led["leads"]] == [made.people[0].handle, made.people[2].handle]
    assert chair.delete(f"{one}/leads/{made.people[2].handle}").status_code == 204
    assert chair.delete(f"{one}/leads/{made.people[0].handle}").status_code == 409, "a group has a lead"
    assert chair.delete(f"{one}/people/{expert.handle}").status_code == 204
    assert member.delete(f"{one}/place").status_code == 204
    assert chair.put(f"{one}/closed").json["closed_at"] is not None
    assert member.put(f"{one}/place").status_code == 409


def test_a_document_is_named_adopted_and_put_away(client: FlaskClient, made: MadeAlliance) -> None:
    chair, member = program(client, made, 0), program(client, made, 2)
    url = f"{made.alliance.url}/documents"
    one = f"{url}/{rooms.document(made, title='Protocol').id}"
    assert member.patch(one, {"title": "Mine"}).status_code == 403
    assert chair.patch(one, {"title": "Test protocol"}).json["readers"] == "members"
    assert chair.patch(one, {"readers": "council"}).json["title"] == "Test protocol"
    assert member.get(one).status_code == 404
    assert chair.patch(one, {"readers": "members"}).status_code == 200
    vote = chair.post(f"{one}/adoption", {"version": 1, "words": "As discussed."})
    assert vote.status_code == 201
    assert vote.headers["Location"] == f"{PREFIX}{made.alliance.url}/proposals/{vote.json['proposal']}"
    assert member.get(one).json["vote"] == vote.json["proposal"]
    assert chair.post(f"{one}/adoption", {"version": 1}).status_code == 409
    assert chair.post(f"{one}/adoption", {"version": 9}).status_code == 404
    assert chair.put(f"{one}/archive").json["is_archived"] is True
    assert [row["id"] for row in member.get(url).json["items"]] == []
    assert chair.delete(f"{one}/archive").json["is_archived"] is False


def test_the_file_of_a_document_is_read_by_its_readers(client: FlaskClient, made: MadeAlliance) -> None:
    with unit_of_work():
        file = inspect(
            made.viewer(),
            slug=made.alliance.slug,
            group_id=None,
            stream=io.BytesIO(b"a,b\n1,2\n"),
            name="表.csv",
            limit_bytes=10**6,
        )
    with file.content:
        paper = rooms.document(made, body="", file=file, store=blob_store(), audience="council")
    one = f"{made.alliance.url}/documents/{paper.id}"
    chair, member = program(client, made, 0), program(client, made, 2)
    assert (chair.get(one).json["file_name"], chair.get(one).json["body"]) == ("表.csv", None)
    answer = client.get(f"{PREFIX}{one}/versions/1/file", headers=chair.headers)
    assert (answer.data, answer.mimetype) == (b"a,b\n1,2\n", "application/octet-stream")
    assert member.get(f"{one}/versions/1/file").status_code == 404
    assert chair.get(f"{one}/versions/2/file").status_code == 404


def test_an_event_finds_its_time_and_keeps_its_minutes(client: FlaskClient, made: MadeAlliance) -> None:
    chair, member = program(client, made, 0), program(client, made, 2)
    url = f"{made.alliance.url}/events"
    slots = [{"starts_at": f"{DAY}T0{hour}:00:00Z", "ends_at": f"{DAY}T0{hour + 1}:00:00Z"} for hour in (1, 5)]
    assert member.post(url, {"title": "Ours", "slots": slots}).status_code == 403
    assert chair.post(url, {"title": "One time", "slots": slots[:1]}).json["errors"].keys() == {"slots"}
    planned = chair.post(url, {"title": "Assembly", "slots": slots, "poll_days": 3})
    assert (planned.status_code, planned.json["state"], planned.json["starts_at"]) == (201, "polling", None)
    poll = f"{made.alliance.url}/proposals/{planned.json['poll']}"
    options = member.get(poll).json["options"]
    assert [option["starts_at"][11:16] for option in options] == ["01:00", "05:00"]
    times = {str(option["id"]): answer for option, answer in zip(options, ("no", "yes"), strict=True)}
    assert member.post(f"{poll}/ballots", {"choice": {"times": times}}).status_code == 201
    one = f"{url}/{planned.json['id']}"
    moved = chair.patch(one, {"place": "Hangzhou", **slots[1]}).json
    assert (moved["state"], moved["starts_at"], moved["poll"]) == ("planned", slots[1]["starts_at"], None)
    assert chair.patch(one, {"timezone": "Europe/Berlin"}).json["starts_at"] == slots[1]["starts_at"]
    assert member.patch(one, {"place": "Mine"}).status_code == 403
    assert member.put(f"{one}/attendance").json == {"state": "going"}
    assert chair.put(f"{one}/minutes", {"text": "Too soon."}).status_code == 409
    paper = rooms.document(made).id
    assert chair.put(f"{one}/links/documents/{paper}").json["links"][0]["url"].endswith(f"/documents/{paper}")
    assert len(chair.put(f"{one}/links/proposals/{planned.json['poll']}").json["links"]) == 2
    assert chair.put(f"{one}/links/resolutions/2020-1").status_code == 404
    assert chair.delete(f"{one}/links/documents/{paper}").status_code == 204
    assert member.put(f"{one}/links/documents/{paper}").status_code == 403
    assert chair.put(f"{one}/cancelled", {"reason": "Snow."}).json["cancelled_reason"] == "Snow."
    assert chair.patch(one, {"place": "Elsewhere"}).status_code == 409


def test_what_has_begun_has_minutes_and_those_who_were_there(client: FlaskClient, made: MadeAlliance) -> None:
    chair, member = program(client, made, 0), program(client, made, 2)
    event = rooms.event(made)
    one = f"{made.alliance.url}/events/{event.id}"
    assert member.put(f"{one}/attendance").status_code == 200
    rooms.begin(event)
    assert member.put(f"{one}/minutes", {"text": "Ours."}).status_code == 403
    assert chair.put(f"{one}/minutes", {"text": "We agreed."}).json["minutes"] == "We agreed."
    people = chair.put(f"{one}/presence", {"handles": [made.people[2].handle]}).json["people"]
    assert [(row["person"]["handle"], row["was_there"]) for row in people] == [(made.people[2].handle, True)]


def test_two_alliances_hold_an_event_together(client: FlaskClient, made: MadeAlliance) -> None:
    other = alliance()
    host, guest = program(client, made, 0), program(client, other, 0)
    one = f"{made.alliance.url}/events/{rooms.event(made).id}"
    number = one.rpartition("/")[2]
    ally, joint = f"{one}/allies/{other.alliance.slug}", f"{other.alliance.url}/joint-events"
    assert program(client, made, 2).put(ally, {"message": "Join us."}).status_code == 403
    assert host.put(ally, {"message": "Join us."}).json["allies"][0]["accepted"] is False
    assert host.put(ally, {"message": "Join us."}).status_code == 409
    assert program(client, other, 2).get(joint).status_code == 403
    assert [row["message"] for row in guest.get(joint).json["items"]] == ["Join us."]
    assert guest.put(f"{joint}/{number}/refused", {"message": "Not now."}).status_code == 204
    assert host.put(ally, {"message": "Please."}).status_code == 200
    assert guest.put(f"{joint}/{number}/accepted", {"message": "With pleasure."}).json["id"] == int(number)
    assert guest.get(f"{other.alliance.url}/events").json["items"][0]["host"] == made.alliance.name_en
    assert guest.delete(f"{joint}/{number}").status_code == 204
    assert guest.get(f"{other.alliance.url}/events/{number}").status_code == 404
    assert host.delete(ally).status_code == 404


def test_milestones_are_set_and_reached(client: FlaskClient, made: MadeAlliance) -> None:
    chair, member = program(client, made, 0), program(client, made, 2)
    url = f"{made.alliance.url}/milestones"
    given: dict[str, Any] = {"title": "A first film", "due_on": DAY}
    assert member.post(url, given).status_code == 403
    placed = chair.post(url, given)
    assert placed.headers["Location"] == f"{PREFIX}{url}/{placed.json['id']}"
    one = f"{url}/{placed.json['id']}"
    assert member.get(one).json == placed.json
    assert Program(client).get(one).status_code == 404
    assert chair.put(f"{one}/dropped", {}).json["errors"].keys() == {"comment"}
    assert chair.put(f"{one}/reached", {"note": "At last."}).json["state"] == "reached"
    assert chair.put(f"{one}/dropped", {"note": "No."}).status_code == 409
    assert [row["note"] for row in member.get(url).json["items"]] == ["At last."]


def test_a_calendar_address_is_told_once_and_revoked(client: FlaskClient, made: MadeAlliance) -> None:
    member, other = program(client, made, 2), program(client, made, 3)
    rooms.event(made, title="Assembly")
    assert member.post("/calendars", key="one").json["errors"].keys() == {"Idempotency-Key"}
    told = member.post("/calendars")
    assert told.status_code == 201
    path = told.json["address"].removeprefix("http://localhost")
    assert b"Assembly" in client.get(path[path.index("/calendars") :]).data
    assert [row.keys() for row in member.get("/calendars").json["items"]] == [{"id", "created_at"}]
    assert other.delete(f"/calendars/{told.json['id']}").status_code == 404
    assert member.delete(f"/calendars/{told.json['id']}").status_code == 204
    assert client.get(path[path.index("/calendars") :]).status_code == 404


def test_the_register_says_what_came_of_a_resolution(client: FlaskClient, made: MadeAlliance) -> None:
    chair, member = program(client, made, 0), program(client, made, 2)
    held = decisions.proposal(made, title="Buy a tester")
    for who in range(3):
        decisions.vote(made, held, who)
    decisions.end(held)
    number = member.get(f"{made.alliance.url}/resolutions").json["items"][0]["number"]
    one = f"{made.alliance.url}/resolutions/{number}"
    assert member.put(f"{one}/review-day", {"review_on": DAY}).status_code == 403
    assert chair.put(f"{one}/review-day", {"review_on": "2020-01-01"}).json["errors"].keys() == {"review_on"}
    assert chair.put(f"{one}/review-day", {"review_on": DAY}).json["review_on"] == DAY
    assert chair.put(f"{one}/review", {"text": "It goes on.", "superseded_by": "1999-1"}).status_code == 422
    reviewed = chair.put(f"{one}/review", {"text": "It goes on."}).json
    assert (reviewed["review_note"], reviewed["review_on"]) == ("It goes on.", None)


def upload(client: FlaskClient, who: User, url: str, content: bytes, name: str, **query: object) -> TestResponse:
    headers = {"Authorization": f"Bearer {api_token(who)}", "Accept-Language": "en"}
    data = {"file": (io.BytesIO(content), name)}
    with client.post(f"{PREFIX}{url}", data=data, query_string=query, headers=headers) as answer:
        answer.get_data()
        return answer


def test_a_file_is_sent_as_a_document_and_as_its_next_version(client: FlaskClient, database: Session) -> None:
    made = alliance(members=4)
    chair, member = made.people[0], made.people[3]
    url = f"/alliances/{made.alliance.slug}/documents"
    first, second = b"a,b\n1,2\n", b"a,b\n3,4\n"
    added = upload(client, chair, f"{url}/files", first, "table.csv", title="Zqtable", readers="council")
    assert added.status_code == 201, added.get_data(as_text=True)
    number = added.json["id"]
    assert added.headers["Location"].endswith(f"{url}/{number}")
    assert (added.json["version"]["hash"], added.json["file_name"]) == (sha256(first).hexdigest(), "table.csv")
    assert added.json["body"] is None
    later = upload(client, chair, f"{url}/{number}/versions/files", second, "table2.csv", base=1, note="Measured again")
    assert (later.status_code, later.json["latest"]) == (201, 2)
    assert (later.json["version"]["hash"], later.json["version"]["note"]) == (
        sha256(second).hexdigest(),
        "Measured again",
    )
    assert upload(client, chair, f"{url}/{number}/versions/files", first, "x.csv", base=1).status_code == 409
    headers = {"Authorization": f"Bearer {api_token(chair)}"}
    assert client.get(f"/api/v1{url}/{number}/versions/1/file", headers=headers).data == first
    assert upload(client, member, f"{url}/files", first, "t.csv", title="x", readers="members").status_code == 403
    assert upload(client, member, f"{url}/{number}/versions/files", first, "t.csv", base=2).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "query"),
    [
        (b"<html><script>", "page.html", {"title": "x"}),
        (b"MZ\x90\x00", "run.exe", {"title": "x"}),
        (b"a,b\n", "t.csv", {}),
        (b"a,b\n", "t.csv", {"title": "x", "readers": "alliance:1"}),
    ],
)
def test_a_file_that_the_page_would_refuse_is_refused(
    app: Flask, client: FlaskClient, database: Session, content: bytes, name: str, query: dict[str, str]
) -> None:
    made = alliance()
    url = f"/alliances/{made.alliance.slug}/documents"
    assert upload(client, made.people[0], f"{url}/files", content, name, **query).status_code == 422
    with settings(app, upload_limit_mb=0):
        assert upload(client, made.people[0], f"{url}/files", b"a,b\n", "t.csv", title="x").status_code == 413
    assert database.scalar(select(func.count(Document.id))) == 0


def test_the_room_for_files_is_one_for_pages_and_programs(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = alliance()
    url = f"/alliances/{made.alliance.slug}/documents"
    monkeypatch.setattr("alliances.actions.documents.QUOTA", 10)
    assert upload(client, made.people[0], f"{url}/files", b"a,b\n1,2\n", "t.csv", title="x").status_code == 201
    assert upload(client, made.people[0], f"{url}/files", b"a,b\n3,4\n", "t.csv", title="y").status_code == 413

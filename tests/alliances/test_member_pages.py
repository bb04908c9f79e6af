"""The pages around members as a browser meets them: what was typed stays, what is refused changes nothing."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliances.actions.groups import open_group
from alliances.models import Application, Group, Invitation, Office, State, Term
from kernel.work import unit_of_work
from tests.makers.alliances import add_member, alliance, organisation
from tests.makers.people import person, sign_in
from tests.queries import queries

GARBAGE = ("", "x" * 20_000, "\u202e\x00'\"<script>", "-1", "9" * 40, "organisation:1 OR 1=1", "💥")

FIELDS = (
    "party",
    "standing",
    "message",
    "accepted",
    "answer-0-answer",
    "kind",
    "name",
    "days",
    "handle",
    "role",
    "office",
    "ends_on",
    "reason",
    "successor",
    "lead",
    "purpose",
    "seat-handle",
    "seat-role",
    "standing-standing",
    "standing-message",
    "case-grounds",
    "case-days",
    "reply-reply",
    "dropping-message",
    "adding-handle",
    "group-name",
    "note",
    "sponsor-member",
    "sponsor-message",
    "withdrawal-message",
)


def test_an_application_is_typed_refused_mended_and_sent(database: Session, client: FlaskClient) -> None:
    made = alliance(questions=["What do you bring?"])
    admin = person()
    house = organisation(admin=admin)
    sign_in(client, admin)
    form = {"party": f"organisation:{house.id}", "standing": "full", "message": "We test modules."}
    answer = client.post(f"{made.alliance.url}/join", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "We test modules." in page
    assert 'id="accepted-error"' in page
    assert database.scalars(select(Application)).all() == []
    answer = client.post(
        f"{made.alliance.url}/join", data={**form, "accepted": "0" * 64, "answer-0-answer": "Two lines."}
    )
    assert answer.status_code == 303
    page = client.get(answer.location).get_data(as_text=True)
    assert "Two lines." in page


def test_a_resignation_that_is_refused_leaves_the_office_as_it_is(database: Session, client: FlaskClient) -> None:
    made = alliance()
    sign_in(client, made.people[0])
    chair = database.scalars(select(Term).where(Term.office == Office.CHAIR)).one()
    answer = client.post(f"{made.alliance.url}/offices/{chair.id}/resignation", data={"reason": "I am tired."})
    assert answer.status_code == 422
    assert "I am tired." in answer.get_data(as_text=True)
    database.expire_all()
    assert chair.ended_at is None
    assert client.post(f"{made.alliance.url}/groups", data={"name": "Testing", "lead": "nobody"}).status_code == 422
    assert database.scalars(select(Group)).all() == []


def test_the_list_of_members_takes_few_queries_however_many_there_are(database: Session, client: FlaskClient) -> None:
    made = alliance(members=3)
    for _ in range(60):
        add_member(made)
    sign_in(client, made.people[0])
    client.get(f"{made.alliance.url}/members")
    with queries(at_most=17):
        first = client.get(f"{made.alliance.url}/members").get_data(as_text=True)
    cursor = re.search(r'name="cursor" value="([^"]+)"', first)
    assert cursor is not None
    second = client.get(f"{made.alliance.url}/members?cursor={cursor[1]}").get_data(as_text=True)
    assert second.count('<th scope="row">') == 13
    with queries(at_most=14):
        client.get(f"{made.alliance.url}/offices")


def test_strangers_see_who_belongs_but_not_who_acts_or_waits(database: Session, client: FlaskClient) -> None:
    made = alliance()
    url = made.alliance.url
    page = client.get(f"{url}/members").get_data(as_text=True)
    assert made.organisations[2].name in page or made.organisations[2].name_en in page
    assert made.people[2].handle not in page
    assert made.people[2].handle not in client.get(f"{url}/members?former=1").get_data(as_text=True)
    sign_in(client, person())
    for part in ("applications", "invitations", "groups", "archive", "archive.zip"):
        assert client.get(f"{url}/{part}").status_code == 403, part
    assert client.get(f"{url}/members/{made.members[0].id}/leave").status_code == 404


def writes(app: Flask) -> list[str]:
    """Every address in an alliance to which something can be sent."""
    return [
        re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/alliances/<slug>") and "POST" in (rule.methods or ())
    ]


def filled(rule: str, slug: str, numbers: dict[str, int]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda name: slug if name[1] == "slug" else str(numbers.get(name[1], 1)), rule)


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_refused_and_never_an_error(
    app: Flask, database: Session, client: FlaskClient, garbage: str
) -> None:
    made = alliance(questions=["Why?"])
    sign_in(client, made.people[0])
    ours = re.compile(r"/(join|applications|invitations|members|offices|groups|cases|dissolution)")
    for rule in filter(ours.search, writes(app)):
        answer = client.post(
            filled(rule, made.alliance.slug, {"member_id": made.members[2].id}), data=dict.fromkeys(FIELDS, garbage)
        )
        assert answer.status_code in {303, 403, 404, 409, 413, 422}, rule


def test_nothing_can_be_done_in_a_dissolved_alliance(app: Flask, database: Session, client: FlaskClient) -> None:
    made = alliance()
    with unit_of_work():
        group = open_group(made.viewer(0), slug=made.alliance.slug, name="Testing")
        made.alliance.state = State.DISSOLVED.value
    numbers = {"member_id": made.members[0].id, "group_id": group.id}
    numbers["term_id"] = database.scalars(select(Term.id).where(Term.office == Office.CHAIR)).one()
    before = made.alliance.log_length
    sign_in(client, made.people[0])
    for rule in writes(app):
        answer = client.post(filled(rule, made.alliance.slug, numbers), data={"message": "x", "reason": "x"})
        assert answer.status_code in {403, 404, 409, 422}, f"{rule}: {answer.status_code}"
    database.expire_all()
    assert made.alliance.log_length == before
    for model in (Application, Invitation):
        assert database.scalars(select(model)).all() == []
    for part in ("members", "offices", "groups", f"groups/{group.id}", "archive", "archive.zip"):
        with client.get(f"{made.alliance.url}/{part}") as answer:
            assert answer.status_code == 200


def test_an_officer_says_until_when_another_holds_an_office(database: Session, client: FlaskClient) -> None:
    made = alliance()
    sign_in(client, made.people[0])
    term = database.scalars(select(Term).where(Term.office == Office.SECRETARY)).one()
    url = f"{made.alliance.url}/offices/{term.id}/term"
    assert client.post(url, data={"ends_on": "2001-01-01"}).status_code == 422
    assert client.post(url, data={"ends_on": "2099-12-31"}).status_code == 303
    database.expire_all()
    assert term.ends_at is not None
    assert "2099-12-31" in client.get(f"{made.alliance.url}/offices").get_data(as_text=True)

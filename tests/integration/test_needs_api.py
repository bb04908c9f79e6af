"""Needs, what fits them and their answers, for programs."""

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from kernel.work import unit_of_work
from resources.actions import answers
from resources.models import Answer, Need
from tests.makers import needs as make
from tests.makers.api import Program
from tests.makers.people import person

NEED = {
    "title": "WVTR of 10⁻⁵ on flexible film",
    "kind": "testing",
    "teaser": "Ten samples a month, and the raw curves.",
    "sectors": ["materials"],
    "place": "杭州",
    "targets": [{"quantity": "WVTR", "value": "≤ 10⁻⁵", "unit": "g/(m²·d)"}],
    "deadline": None,
    "problem": "hidden problem",
}


def test_a_need_is_posted_and_read(client: FlaskClient, database: Session) -> None:
    owner = Program(client, person(display_name="Owner O"))
    made = owner.post("/needs", NEED, key="one")
    assert made.status_code == 201
    assert made.json["state"] == "open"
    assert 50 < made.json["quality"] < 100
    assert owner.post("/needs", NEED, key="one").json == made.json
    assert len(database.scalars(select(Need)).all()) == 1
    stranger = Program(client)
    shown = stranger.get(f"/needs/{made.json['id']}").json
    assert shown["title"] == NEED["title"]
    assert shown["targets"] == NEED["targets"]
    assert shown["owner"]["name"] == "Owner O"
    assert shown["full"] is None
    assert owner.get(f"/needs/{made.json['id']}").json["full"]["problem"] == "hidden problem"
    assert [row["id"] for row in stranger.get("/needs", kind="testing", region="33").json["items"]] == [shown["id"]]
    assert stranger.get("/needs", kind="pilot").json == {"items": [], "next": None}


def test_what_cannot_be_posted_is_said_field_by_field(client: FlaskClient, database: Session) -> None:
    owner = Program(client, person())
    refused = owner.post("/needs", NEED | {"place": "Atlantis", "sectors": ["magic"]})
    assert refused.status_code == 422
    assert set(refused.json["errors"]) == {"place", "sectors"}
    without = owner.post("/needs", NEED | {"teaser": ""})
    assert (without.status_code, set(without.json["errors"])) == (422, {"teaser"})
    assert database.scalars(select(Need)).all() == []
    assert owner.post("/needs", NEED | {"teaser": "", "publish": False}).json["state"] == "draft"
    assert Program(client).post("/needs", NEED).status_code == 401


def test_lists_are_paged_by_keyset(client: FlaskClient, database: Session) -> None:
    made = [make.need().id for _ in range(5)]
    program, seen, cursor = Program(client), [], {}
    while True:
        page = program.get("/needs", limit="2", **cursor).json
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == made[::-1]


def test_an_answer_is_given_and_decided(client: FlaskClient, database: Session) -> None:
    owner, provider, other = person(), person(), person()
    need = make.need(owner=owner, visibility="anonymous", problem="hidden problem")
    listing = make.listing(owner=provider)
    program = Program(client, provider)
    given = program.post(f"/needs/{need.id}/answers", {"message": "We can", "listing_id": listing.id, "price": "8000"})
    assert given.status_code == 201
    assert given.json["state"] == "proposed"
    assert program.post(f"/needs/{need.id}/answers", {"message": "Again"}).status_code == 409
    assert Program(client, other).get(f"/needs/{need.id}/answers").json["items"] == []
    assert len(Program(client, owner).get(f"/needs/{need.id}/answers").json["items"]) == 1
    number = given.json["id"]
    assert Program(client, other).put(f"/answers/{number}/accepted", {"message": "x"}).status_code == 404
    assert program.put(f"/answers/{number}/accepted", {"message": "x"}).status_code == 403
    taken = Program(client, owner).put(f"/answers/{number}/accepted", {"message": "Yes"})
    assert taken.json["state"] == "accepted"
    assert program.put(f"/answers/{number}/withdrawn", {"message": "x"}).status_code == 409
    assert program.get(f"/needs/{need.id}").json["owner"]["handle"] == owner.handle
    assert program.get(f"/needs/{need.id}").json["full"] is None
    with unit_of_work():
        answers.read_full_text(viewer_for(provider.id), need_id=need.id)
    assert program.get(f"/needs/{need.id}").json["full"]["problem"] == "hidden problem"


def test_answers_come_page_by_page_what_waits_first(client: FlaskClient, database: Session) -> None:
    owner = person()
    need = make.need(owner=owner)
    given = [make.answer(need=need).id for _number in range(5)]
    program = Program(client, owner)
    assert program.put(f"/answers/{given[1]}/declined", {"message": "No", "reason": "other"}).status_code == 200
    assert program.put(f"/answers/{given[4]}/accepted", {"message": "Yes"}).json["id"] == given[4]
    path, seen, cursor = f"/needs/{need.id}/answers", [], {}
    while True:
        page = program.get(path, limit="2", **cursor).json
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [given[4], given[0], given[2], given[3], given[1]]
    assert program.get(path, limit="2", cursor="WyJ4IiwxXQ").status_code == 422


def test_somebody_elses_listing_is_not_offered(client: FlaskClient, database: Session) -> None:
    need, listing = make.need(), make.listing()
    refused = Program(client, person()).post(f"/needs/{need.id}/answers", {"message": "x", "listing_id": listing.id})
    assert (refused.status_code, set(refused.json["errors"])) == (422, {"listing"})
    assert database.scalars(select(Answer)).all() == []

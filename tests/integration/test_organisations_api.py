"""Organisations and their seats, for programs; and how they are found."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.actions.organisations import change_organisation
from accounts.models import Organisation
from accounts.viewers import viewer_for
from kernel.work import unit_of_work
from tests.makers import organisations as make
from tests.makers.api import Program
from tests.makers.people import person, sign_in
from tests.makers.search import catch_up, index

GIVEN = {
    "name": "海岳新材有限公司",
    "name_en": "Haiyue Materials",
    "kind": "firm",
    "sub_kinds": ["high-tech-firm"],
    "region": "杭州",
    "sectors": ["materials"],
    "about": "Barrier films.",
}


def test_an_organisation_is_founded_and_read(client: FlaskClient, database: Session) -> None:
    founder = Program(client, person())
    code = make.code(3)
    made = founder.post("/organisations", GIVEN | {"code": code}, key="one")
    assert made.status_code == 201
    assert made.headers["Location"] == "/api/v1/organisations/haiyue-materials"
    assert founder.post("/organisations", GIVEN | {"code": code}, key="one").json == made.json
    assert len(database.scalars(select(Organisation)).all()) == 1
    shown = Program(client).get("/organisations/haiyue-materials").json
    assert (shown["code"], shown["region"]) == (code, "3301")
    assert [one["kind"] for one in shown["asserted"]] == ["code"]
    assert {shown["name"], shown["other_name"]} == {GIVEN["name"], GIVEN["name_en"]}
    assert Program(client).get("/organisations/nobody").status_code == 404


def test_what_is_wrong_is_said_field_by_field(client: FlaskClient, database: Session) -> None:
    founder = Program(client, person())
    refused = founder.post("/organisations", GIVEN | {"code": "1", "region": "Atlantis", "kind": "guild"})
    assert refused.status_code == 422
    assert set(refused.json["errors"]) == {"code", "region", "kind", "sub_kinds"}
    assert Program(client).post("/organisations", GIVEN).status_code == 401
    assert Program(client, person(), scopes=("read",)).post("/organisations", GIVEN).status_code == 403


def test_the_list_is_narrowed_and_paged_by_keyset(client: FlaskClient, database: Session) -> None:
    slugs = [make.organisation(kind="institute").slug for _ in range(5)]
    make.organisation(kind="firm")
    program, seen, query = Program(client), [], {"kind": "institute", "limit": 2}
    while True:
        page = program.get("/organisations", **query).json
        seen += [item["slug"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == slugs[::-1]


def test_a_seat_is_asked_for_and_decided_on(client: FlaskClient, database: Session) -> None:
    founder, asker = person(), person(display_name="Asker")
    made = make.organisation(admin=founder)
    seats = f"/organisations/{made.slug}/seats"
    asked = Program(client, asker).post(seats, {"message": "I work there."})
    assert (asked.status_code, asked.json["state"]) == (201, "asked")
    assert Program(client, asker).post(seats, {}).status_code == 409
    assert Program(client, asker).get(seats, state="asked").json["items"] == []
    admin = Program(client, founder)
    (waiting,) = admin.get(seats, state="asked").json["items"]
    assert (waiting["person"]["name"], waiting["message"]) == ("Asker", "I work there.")
    decision = f"{seats}/{waiting['id']}/decision"
    assert Program(client, asker).put(decision, {"accept": True}).status_code == 403
    assert admin.put(decision, {"accept": False}).status_code == 422
    assert admin.put(decision, {"accept": True, "role": "editor"}).json["state"] == "active"
    assert admin.put(decision, {"accept": True}).status_code == 409
    held = Program(client).get(seats).json["items"]
    assert [(item["role"], item["message"]) for item in held] == [("admin", ""), ("editor", "")]


def test_a_person_comes_with_their_seats_and_what_was_checked(client: FlaskClient, database: Session) -> None:
    founder = person()
    made = make.organisation(admin=founder, name="Haiyue")
    shown = Program(client).get(f"/people/{founder.handle}").json
    assert [(one["slug"], one["role"]) for one in shown["organisations"]] == [(made.slug, "admin")]
    assert ["example.cn" in one["what"] for one in shown["asserted"]] == [True]


def test_an_address_at_the_domain_takes_the_seat_at_once(client: FlaskClient, database: Session) -> None:
    made = make.organisation(admin=person(email="lin@hy.example.cn"), domain=True)
    answer = Program(client, person(email="he@hy.example.cn")).post(f"/organisations/{made.slug}/seats", {})
    assert (answer.status_code, answer.json["state"]) == (201, "active")


def test_an_organisation_is_found_by_its_names_until_its_page_is_closed(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    founder, keeper = person(), person(staff=True)
    made = make.organisation(admin=founder, name="海岳新材有限公司", name_en="Haiyue Materials", region="3301")
    make.organisation(name="Chengguang Modules", kind="provider")
    with index(app, "whoosh"):
        hits = Program(client).get("/search", q="Haiyue", kind="organisation").json
        assert [hit["ref"] for hit in hits["items"]] == [f"accounts.organisation:{made.id}"]
        assert Program(client).get("/search", q="新材", kind="organisation", region="33").json["total"] == 1
        page = client.get("/search?q=Haiyue&kind=organisation", headers={"Accept-Language": "en"}).text
        assert f"/organisations/{made.slug}" in page
        sign_in(client, keeper)
        form = {"deed": "closing", "reason": "It is there twice."}
        assert client.post(f"/organisations/{made.slug}/staff", data=form).status_code == 303
        assert Program(client).get("/search", q="Haiyue", kind="organisation").json["items"] == []


def test_a_changed_name_is_found_in_place_of_the_old_one(app: Flask, client: FlaskClient, database: Session) -> None:
    founder = person()
    made = make.organisation(admin=founder, name="Oldname Films")
    with index(app, "whoosh"):
        with unit_of_work():
            change_organisation(viewer_for(founder.id), made, make.facts(name="Newname Films"))
        catch_up()
        assert Program(client).get("/search", q="Newname", kind="organisation").json["total"] == 1
        assert Program(client).get("/search", q="Oldname", kind="organisation").json["total"] == 0


def test_what_an_organisation_is_stands_in_the_results_in_the_language_of_the_page(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    """It is found by the names of its kind in both."""
    make.organisation(name="Zqmodules", sub_kinds=("high-tech-firm",))
    with index(app, "whoosh"):
        for wanted, own, other in (("zh-CN", "高新技术企业", "High-tech"), ("en", "High-tech", "高新技术企业")):
            page = client.get("/search?q=Zqmodules", headers={"Accept-Language": wanted}).text
            assert own in page
            assert other not in page
            assert Program(client).get("/search", q=other, kind="organisation").json["total"] == 1

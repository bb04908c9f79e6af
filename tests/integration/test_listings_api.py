"""Listings for programs, and the real catalogues of the shared folder."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from resources.cli import import_listings
from resources.models import Listing, ListingState
from tests.makers import listings as make
from tests.makers.api import Program
from tests.makers.people import person

GIVEN = {
    "kind": "instrument",
    "title": "Nanoindenter",
    "summary": "Hardness of thin films.",
    "access": "book",
    "sectors": ["materials"],
    "region": "33",
    "city": "杭州",
    "price": 300,
    "price_unit": "hour",
    "facts": {"class": "physical", "model": "G200", "location": "Room 12", "installed": 2021},
}


def test_a_program_offers_changes_and_withdraws(client: FlaskClient, database: Session) -> None:
    program = Program(client, person())
    made = program.post("/listings", GIVEN)
    assert made.status_code == 201
    number = made.json["id"]
    assert made.headers["Location"] == f"/api/v1/listings/{number}"
    shown = program.get(f"/listings/{number}").json
    assert (shown["city"], shown["price"], shown["state"]) == ("3301", 300.0, "published")
    assert shown["facts"] == {"class": "physical", "model": "G200", "location": "Room 12", "installed": 2021}
    changed = program.patch(f"/listings/{number}", {"title": "Nanoindenter G200", "price": None}).json
    assert (changed["title"], changed["price"], changed["facts"]) == ("Nanoindenter G200", None, shown["facts"])
    moved = program.patch(f"/listings/{number}", {"region": "11"}).json
    assert (moved["region"], moved["city"]) == ("11", "")
    assert program.patch(f"/listings/{number}", {"state": "paused"}).json["state"] == "paused"
    assert program.delete(f"/listings/{number}").status_code == 204
    database.expire_all()
    assert database.get_one(Listing, number).state == ListingState.WITHDRAWN


def test_the_same_key_makes_one_listing(client: FlaskClient, database: Session) -> None:
    program = Program(client, person())
    first = program.post("/listings", GIVEN, key="k-1")
    assert program.post("/listings", GIVEN, key="k-1").json == first.json
    assert program.post("/listings", {**GIVEN, "title": "Another"}, key="k-1").status_code == 422
    assert database.scalar(select(func.count()).select_from(Listing)) == 1


def test_faults_are_named_as_a_program_knows_the_fields(client: FlaskClient) -> None:
    program = Program(client, person())
    wrong = program.post("/listings", {**GIVEN, "region": "99", "facts": {"class": "nonsense"}})
    assert wrong.status_code == 422
    assert set(wrong.json["errors"]) == {"region", "facts.class", "facts.model", "facts.location"}
    assert program.post("/listings", {**GIVEN, "publish": False, "facts": {}}).json["state"] == "draft"


def test_others_read_and_do_not_write(client: FlaskClient, database: Session) -> None:
    made = make.listing(title="Zqshelf lathe")
    draft = make.listing(title="Zqdraft lathe", state=ListingState.DRAFT)
    for program in (Program(client), Program(client, person())):
        found = program.get("/listings").json["items"]
        assert [one["title"] for one in found] == ["Zqshelf lathe"]
        assert program.get(f"/listings/{draft.id}").status_code == 404
        assert program.patch(f"/listings/{made.id}", {"title": "Mine now"}).status_code in (401, 403)
        assert program.delete(f"/listings/{made.id}").status_code in (401, 403)
    assert Program(client).post("/listings", GIVEN).status_code == 401


def test_lists_are_narrowed_and_continued(client: FlaskClient) -> None:
    for number in range(4):
        make.listing(title=f"Thing {number}", region="33")
    make.listing(kind="service", title="Service")
    program = Program(client)
    page = program.get("/listings", kind="instrument", limit=3).json
    rest = program.get("/listings", kind="instrument", limit=3, cursor=page["next"]).json
    assert [one["title"] for one in page["items"] + rest["items"]] == [f"Thing {number}" for number in (3, 2, 1, 0)]
    assert rest["next"] is None
    assert program.get("/listings", kind="nonsense").status_code == 422


CATALOGUES = {
    "instruments_pnnl_emsl": (412, "instrument"),
    "resources_firstdata_bilingual": (768, "dataset"),
    "resources_osg_computing": (1100, "instrument"),
}


@pytest.mark.shared
def test_real_catalogues_come_in_and_a_second_time_change_nothing(
    client: FlaskClient, database: Session, shared_data: Path
) -> None:
    keeper = person(email="keeper@example.cn")
    for name, (rows, kind) in CATALOGUES.items():
        file = shared_data / "resources" / f"{name}.jsonl.gz"
        for new, same in ((rows, 0), (0, rows)):
            done = CliRunner().invoke(import_listings, [str(file), "--owner", "keeper@example.cn", "--json"])
            assert done.exit_code == 0, done.output
            figures = json.loads(done.stdout)
            assert (figures["new"], figures["same"], figures["refused"]) == (new, same, 0), name
        assert set(database.scalars(select(Listing.kind).order_by(Listing.id.desc()).limit(rows))) == {kind}
    assert not database.scalars(select(Listing.id).where(Listing.source_name == "")).all()
    assert set(database.scalars(select(Listing.owner_id))) == {keeper.id}


def test_lines_that_are_no_catalogue_are_refused(client: FlaskClient, database: Session, tmp_path: Path) -> None:
    person(email="keeper@example.cn")
    strange, broken = tmp_path / "strange.jsonl", tmp_path / "broken.jsonl"
    strange.write_text('{"a": 1}\n')
    broken.write_text('{"ror_id": 1, "names": 2, "types": 3, "status": "active"}\nnot json\n[1]\n')
    done = CliRunner().invoke(import_listings, [str(strange), "--owner", "keeper@example.cn"])
    assert (done.exit_code, "No catalogue" in done.output) == (1, True)
    done = CliRunner().invoke(import_listings, [str(broken), "--owner", "keeper@example.cn"])
    assert (done.exit_code, "3 refused" in done.output) == (1, True)
    assert (tmp_path / "broken.jsonl.rejects.csv").exists()
    assert database.scalar(select(Listing.id)) is None


def test_the_command_imports_a_table(client: FlaskClient, database: Session, tmp_path: Path) -> None:
    person(email="keeper@example.cn", handle="keeper")
    file = tmp_path / "tests.csv"
    file.write_text("title,summary,access,service_kind,scope\nTests,We test,quote,testing,All\nBad,,quote,x,\n")
    arguments = [str(file), "--owner", "keeper@example.cn", "--kind", "service"]
    assert "Nothing was written" in CliRunner().invoke(import_listings, [*arguments, "--dry-run"]).output
    assert database.scalar(select(Listing.id)) is None
    done = CliRunner().invoke(import_listings, arguments)
    assert (done.exit_code, "1 new" in done.output, "1 refused" in done.output) == (1, True, True)
    assert database.scalars(select(Listing.title)).one() == "Tests"
    for name in ("keeper", "@Keeper"):
        assert (
            "1 as before"
            in CliRunner().invoke(import_listings, [str(file), "--owner", name, "--kind", "service"]).output
        )
    for name in ("x@example.cn", "keeper@", "nobody"):
        assert "Nobody here" in CliRunner().invoke(import_listings, [str(file), "--owner", name]).output

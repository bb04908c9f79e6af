"""A listing is offered by a person, or in the name of an organisation by whoever edits it: seats decide."""

import csv
import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Organisation, User
from accounts.viewers import viewer_for
from kernel.errors import ForbiddenError, InvalidError, NotFoundError
from kernel.work import unit_of_work
from resources.actions.listings import change_listing, offer_listing, pause_listing, publish_listing
from resources.models import Listing, ListingState
from resources.offers import read_offer, typed_of
from tests.makers import listings as make
from tests.makers.alliances import organisation
from tests.makers.api import Program
from tests.makers.organisations import seat
from tests.makers.people import person, sign_in
from tests.makers.search import index

HEAD = "资源类型,标题,摘要,获取方式,仪器类别,型号,安放地点,机构"
ROW = "大型仪器设备,{title},观察表面形貌,预约,分析仪器,SU8600,一号楼,{name}"


def in_name_of(house: Organisation, owner: User, **columns: str) -> Listing:
    return make.listing(owner=owner, organisation=str(house.id), **columns)


def test_its_page_and_the_lists_name_the_organisation_and_so_does_the_api(
    client: FlaskClient, database: Session
) -> None:
    owner = person()
    house = organisation(admin=owner, name="海岳材料")
    made = in_name_of(house, owner, title="Zqmicroscope")
    other = make.listing(owner=owner, title="Zqown")
    for locale, name in (("en", house.name_en), ("zh-Hans", "海岳材料")):
        headers = {"Accept-Language": locale}
        page = client.get(f"/listings/{made.id}", headers=headers, follow_redirects=True).get_data(as_text=True)
        assert f'<a href="/organisations/{house.slug}">{name}</a>' in page
        assert owner.display_name in page, "and whom one writes to"
        assert name in client.get("/listings", headers=headers).get_data(as_text=True)
        assert name in client.get(f"/organisations/{house.slug}", headers=headers).get_data(as_text=True)
    only = client.get(f"/listings?organisation={house.slug}").get_data(as_text=True)
    assert "Zqmicroscope" in only
    assert "Zqown" not in only
    program = Program(client)
    items = {item["id"]: item for item in program.get("/listings").json["items"]}
    assert items[made.id]["organisation"]["slug"] == house.slug
    assert items[other.id]["organisation"] is None
    assert [item["id"] for item in program.get("/listings", organisation=house.slug).json["items"]] == [made.id]


def test_only_who_edits_it_offers_in_its_name_and_all_who_edit_it_look_after_that(database: Session) -> None:
    admin, editor, member, stranger = (person() for _ in range(4))
    house = organisation(admin=admin)
    seat(house, by=viewer_for(admin.id), holder=editor, role="editor")
    seat(house, by=viewer_for(admin.id), holder=member)
    for who in (member, stranger):
        with pytest.raises(InvalidError) as refused, unit_of_work():
            offer_listing(viewer_for(who.id), make.offer(organisation=str(house.id)), publish=True)
        assert "organisation" in refused.value.errors
    made = in_name_of(house, editor)
    with unit_of_work():
        changed = read_offer({**typed_of(made), "title": "Better said"})
        change_listing(viewer_for(admin.id), listing_id=made.id, offer=changed)
    with unit_of_work():
        assert pause_listing(viewer_for(admin.id), listing_id=made.id).state == ListingState.PAUSED
    with pytest.raises(NotFoundError), unit_of_work():
        publish_listing(viewer_for(member.id), listing_id=made.id)
    with unit_of_work():
        assert publish_listing(viewer_for(admin.id), listing_id=made.id).state == ListingState.PUBLISHED
    with pytest.raises(ForbiddenError), unit_of_work():
        change_listing(viewer_for(member.id), listing_id=made.id, offer=changed)
    own = make.listing(owner=member)
    taken = read_offer({**typed_of(own), "organisation": str(house.id)})
    with pytest.raises(InvalidError), unit_of_work():
        change_listing(viewer_for(member.id), listing_id=own.id, offer=taken)


def test_the_form_asks_in_whose_name_and_colleagues_find_it_among_theirs(
    client: FlaskClient, database: Session
) -> None:
    admin, colleague = person(locale="en"), person(locale="en")
    house = organisation(admin=admin)
    seat(house, by=viewer_for(admin.id), holder=colleague, role="editor")
    sign_in(client, admin)
    form = client.get("/listings/new?kind=instrument").get_data(as_text=True)
    assert "In whose name" in form
    assert f'<option value="{house.id}">{house.name_en}</option>' in form
    sent = {key: value for key, value in make.typed(title="Zqours").items() if key != "kind"}
    once = re.search(r'name="once"[^>]*value="([^"]+)"', form)
    assert once is not None
    answer = client.post("/listings/new/instrument", data={**sent, "organisation": house.id, "once": once[1]})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    made = database.scalars(select(Listing).where(Listing.title == "Zqours")).one()
    assert (made.organisation_id, made.owner_id) == (house.id, admin.id)
    sign_in(client, colleague)
    assert "Zqours" in client.get("/listings/mine").get_data(as_text=True)
    edit = client.get(f"/listings/{made.id}/edit").get_data(as_text=True)
    assert f'<option selected value="{house.id}">' in edit
    sign_in(client, person(locale="en"))
    assert "In whose name" not in client.get("/listings/new?kind=instrument").get_data(as_text=True)
    refused = client.post("/listings/new/instrument", data={**sent, "organisation": house.id, "once": "x" * 22})
    assert refused.status_code == 422
    assert "Only editors and admins of an organisation" in refused.get_data(as_text=True)


def test_a_program_names_the_organisation_by_its_address(client: FlaskClient, database: Session) -> None:
    admin = person()
    house, other = organisation(admin=admin), organisation(admin=person())
    program = Program(client, admin)
    facts = {name.removeprefix("fact_"): value for name, value in make.typed().items() if name.startswith("fact_")}
    given = {
        "kind": "instrument",
        "title": "Zqprobe",
        "summary": "What it is good for.",
        "facts": facts,
        "access": make.typed()["access"],
    }
    made = program.post("/listings", {**given, "organisation": house.slug})
    assert made.status_code == 201, made.get_data(as_text=True)
    assert made.json["organisation"]["slug"] == house.slug
    refused = program.post("/listings", {**given, "title": "Zqother", "organisation": other.slug})
    assert refused.status_code == 422
    assert "organisation" in refused.json["errors"]
    alone = program.patch(f"/listings/{made.json['id']}", {"organisation": ""})
    assert (alone.status_code, alone.json["organisation"]) == (200, None)


def send(client: FlaskClient, lines: list[str]) -> str:
    """Where the report on this table stands."""
    sent = client.post("/listings/import", data={"file": (io.BytesIO("\r\n".join(lines).encode()), "t.csv")})
    assert sent.status_code == 303
    return str(sent.location)


def test_tables_carry_the_organisation_in_and_out(client: FlaskClient, database: Session) -> None:
    admin = person(locale="zh_Hans")
    house, other = organisation(admin=admin, name="海岳材料"), organisation(admin=person())
    sign_in(client, admin)
    lines = [HEAD, ROW.format(title="电镜一", name=house.slug), ROW.format(title="电镜二", name="海岳材料")]
    report = send(client, [*lines, ROW.format(title="电镜三", name=other.slug)])
    assert "您没有以此名称或网址编辑任何机构的权限" in client.get(report).get_data(as_text=True)
    client.post(send(client, [*lines, ROW.format(title="电镜四", name="")]), data={"then": "publish"})
    found = {row.title: row.organisation_id for row in database.execute(select(Listing.title, Listing.organisation_id))}
    assert found == {"电镜一": house.id, "电镜二": house.id, "电镜四": None}
    table = client.get("/listings/export.csv?mine=1").get_data(as_text=True).lstrip("\ufeff")
    rows = {row["标题"]: row["机构"] for row in csv.DictReader(io.StringIO(table))}
    assert rows == {"电镜一": house.slug, "电镜二": house.slug, "电镜四": ""}


def test_search_finds_it_by_the_organisation(app: Flask, client: FlaskClient, database: Session) -> None:
    owner = person()
    house = organisation(admin=owner, name="Zqhouse 材料")
    in_name_of(house, owner, title="Zqmicroscope")
    make.listing(owner=owner, title="Zqown")
    with index(app):
        for url in ("/search?q=Zqhouse", f"/listings?q=Zqmicroscope&organisation={house.slug}"):
            page = re.sub("<[^>]+>", "", client.get(url).get_data(as_text=True))
            assert "Zqmicroscope" in page, url
            assert "Zqown" not in page, url

"""What the staff look after: words that mean the same, and what nobody found."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.work import unit_of_work
from search_index.synonyms import begun, ensure_synonyms, sounding, synonyms
from search_index.tables import SearchMiss, SearchSynonym
from tests.makers import forum as make
from tests.makers.people import person, sign_in
from tests.makers.search import index


@pytest.fixture
def indexed(app: Flask, database: Session) -> Iterator[None]:
    make.thread(title="Epoxy cures slowly")
    with index(app, "whoosh"):
        yield


def test_terms_of_all_sectors_are_there_from_the_start(database: Session) -> None:
    assert len(database.scalars(select(SearchSynonym)).all()) >= 150
    assert synonyms()["钙钛矿"] == ("perovskite",)
    assert "碳纤维" in synonyms()["carbon fibr"]
    assert "gene editing" in synonyms()["crispr"]
    assert begun("gtk") == ["钙钛矿"]
    assert sounding("shimoxi") == ["石墨烯"]
    with unit_of_work():
        ensure_synonyms()
    assert len(synonyms()["钙钛矿"]) == 1


def test_the_staff_add_change_and_remove_a_group(client: FlaskClient, database: Session) -> None:
    sign_in(client, person(staff=True))
    client.post("/staff/search/synonyms", data={"terms": "埃洛石纳米管，HNT, halloysite nanotube"})
    assert synonyms()["hnt"] == ("埃洛石纳米管", "halloysite nanotube")
    group = database.scalars(select(SearchSynonym).order_by(SearchSynonym.id.desc())).first()
    assert group is not None
    client.post(f"/staff/search/synonyms/{group.id}", data={"terms": "HNT, 埃洛石管"})
    database.expire_all()
    assert synonyms()["hnt"] == ("埃洛石管",)
    client.post(f"/staff/search/synonyms/{group.id}", data={"terms": "alone"})
    assert synonyms()["hnt"] == ("埃洛石管",)
    client.post(f"/staff/search/synonyms/{group.id}", data={"terms": ""})
    assert "hnt" not in synonyms()
    assert client.post(f"/staff/search/synonyms/{group.id}", data={"terms": "a, b"}).status_code == 404


def test_only_the_staff_see_the_desk(client: FlaskClient, database: Session) -> None:
    sign_in(client, person())
    assert client.get("/staff/search").status_code == 403
    assert client.post("/staff/search/synonyms", data={"terms": "a, b"}).status_code == 403


def test_a_query_without_result_is_counted_without_a_name(
    client: FlaskClient, indexed: None, database: Session
) -> None:
    for query in ("QQQ xyz", "qqq  XYZ", "epoxy", "", "x" * 500):
        assert client.post("/search/misses", data={"q": query}).status_code == 204
    assert [(row.query, row.count) for row in database.scalars(select(SearchMiss))] == [("qqq xyz", 2)]
    sign_in(client, person(staff=True))
    assert "qqq xyz" in client.get("/staff/search").get_data(as_text=True)


def test_looking_at_the_page_writes_nothing(client: FlaskClient, indexed: None, database: Session) -> None:
    client.get("/search?q=qqqxyz")
    assert database.scalar(select(func.count()).select_from(SearchMiss)) == 0

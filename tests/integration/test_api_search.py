"""Search over the API: the shape that programs rely on, and nobody's private things in it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.makers import forum as make
from tests.makers.api import Program
from tests.makers.people import person
from tests.makers.search import index
from tests.makers.suggestions import offer_everything


@pytest.fixture
def indexed(app: Flask, database: Session) -> Iterator[None]:
    author = person(handle="ann-lee", display_name="Ann Lee")
    for number in range(3):
        make.thread(author=author, title=f"Epoxy & <b>case</b> {number}", body="The oven drifts.")
    make.thread(board=make.board(audience="members"), title="Epoxy zirconate", body="private")
    offer_everything()
    with index(app, "whoosh"):
        yield


def test_an_answer_has_items_total_facets_and_next(client: FlaskClient, indexed: None) -> None:
    answer = Program(client).get("/search", q="oven", kind="thread", limit=2).json
    assert answer["total"] == 3
    assert answer["facets"]["kind"]["thread"] == 3
    assert answer["is_building"] is False
    first = answer["items"][0]
    assert first["ref"].startswith("forum.thread:")
    assert first["url"].startswith("http")
    assert "<mark>oven</mark>" in first["excerpt_html"]
    rest = Program(client).get("/search", q="oven", kind="thread", limit=2, cursor=answer["next"]).json
    assert rest["next"] is None
    assert len({item["ref"] for item in answer["items"] + rest["items"]}) == 3


def test_excerpts_are_escaped(client: FlaskClient, app: Flask, database: Session) -> None:
    make.thread(title="Markup", body="an oven `<script>alert(1)</script>` here")
    with index(app, "whoosh"):
        item = Program(client).get("/search", q="oven").json["items"][0]
    assert "<script" not in item["excerpt_html"]


def test_filters_are_understood_and_odd_ones_refused(client: FlaskClient, indexed: None) -> None:
    program = Program(client)
    assert program.get("/search", q="epoxy", author="ann-lee").json["total"] == 3
    assert program.get("/search", q="epoxy", author="nobody").json["total"] == 0
    assert program.get("/search", q="epoxy", after="2100").json["total"] == 0
    assert program.get("/search", q="epoxy", community="bio").json["total"] == 0
    for odd in ({"after": "soon"}, {"cursor": "x"}, {"limit": 0}, {"order": "best"}):
        assert program.get("/search", q="epoxy", **odd).status_code == 422


def test_the_token_decides_what_is_found(client: FlaskClient, indexed: None) -> None:
    assert Program(client).get("/search", q="zirconate").json["total"] == 0
    assert Program(client, person()).get("/search", q="zirconate").json["total"] == 1


def test_suggestions(client: FlaskClient, indexed: None) -> None:
    labels = [item["label"] for item in Program(client).get("/search/suggestions", q="epo").json["items"]]
    assert "Epoxy & <b>case</b> 0" in labels
    assert "Epoxy zirconate" not in labels

"""Forged requests, borrowed custody, guessed passwords and other people's servers: the doors hold."""

import io
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ip_registry.actions.custody import lock
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.evidence.bundle import members_of
from ip_registry.models import Deposit, Record, RecordEvent
from ip_registry.time import http
from kernel.work import unit_of_work
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.api import PREFIX, Program
from tests.makers.people import PASSWORD, person, sign_in
from tests.registry.evidence import make_kit
from tests.registry.test_review_bombs import packed


@pytest.fixture
def guarded(app: Flask, client: FlaskClient) -> Iterator[FlaskClient]:
    """A browser whose forms need their token."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield client
    app.config["WTF_CSRF_ENABLED"] = False


def events(database: Session) -> int | None:
    return database.scalar(select(func.count()).select_from(RecordEvent))


def test_no_other_site_makes_a_reader_act(app: Flask, guarded: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    with unit_of_work() as work:
        work.get_one(Deposit, made.record.id).custody = lock(made.sealed.key, app.config["SECRET_KEY"])
    sign_in(guarded, owner)
    before = events(database)
    forged = {"reason": "", "is_understood": "1", "number": made.number, "path": "draft.txt"}
    for act in ("withdraw", "reveal", "erase", "offer/end", "key-change/end", "readers/end", "stamps"):
        path = f"acts/{act}" if "/" not in act and act != "stamps" else act
        assert guarded.post(f"/registry/{made.number}/{path}", data=forged).status_code == 400, act
    leaf = {"leaf": make.sealed(owner).leaf.data.decode()}
    assert guarded.post("/registry/seal", json=leaf).status_code == 400
    assert guarded.post("/registry/seal", data={"title": "x"}).status_code == 400
    assert guarded.post("/achievements", data={"title": "x"}).status_code == 400
    assert guarded.post(f"{PREFIX}/registrations", json=leaf).status_code == 401  # a cookie opens no API
    assert (events(database), database.scalar(select(func.count()).select_from(Record))) == (before, 1)


@pytest.mark.parametrize("act", ["withdraw", "reveal", "assign", "licence", "embargo", "key-rotate", "accept", "erase"])
def test_a_kept_key_signs_for_nobody_but_its_owner(
    app: Flask, client: FlaskClient, database: Session, act: str
) -> None:
    owner, other = person(), person()
    made = make.record(owner)
    with unit_of_work() as work:
        work.get_one(Deposit, made.record.id).custody = lock(made.sealed.key, app.config["SECRET_KEY"])
    acts.act(made, owner, "reveal", scope="person", paths=None, to=other.handle)  # even to one who sees it
    before = events(database)
    sign_in(client, other)
    sent = {
        "reason": "",
        "is_understood": "1",
        "scope": "public",
        "to": other.handle,
        "to_name": "x",
        "terms": "x",
        "until": "2031-05-06",
        "mode": "reveal",
        "password": PASSWORD,
        "number": made.number,
    }
    assert client.post(f"/registry/{made.number}/acts/{act}", data=sent).status_code == 403
    assert events(database) == before


@pytest.mark.parametrize("password", [None, "", "wrong", PASSWORD + " "])
def test_a_stolen_session_replaces_no_key_without_the_password(
    client: FlaskClient, database: Session, password: str | None
) -> None:
    owner = person()
    made = make.record(owner)
    fresh = OwnerKey.generate()
    before = events(database)
    for key in (fresh, made.sealed.key):
        one = acts.signed(made, "key-rotate", key=key, next_key=fresh.vkey, reason="")
        for opened in (one.body, {"leaf": one.body["leaf"]}):  # blind, too
            body = opened if password is None else {**opened, "password": password}
            refused = Program(client, owner).post(f"/registrations/{made.number}/events", body)
            assert (refused.status_code, list(refused.json["errors"])) == (422, ["password"])
    assert events(database) == before


def test_evidence_of_strangers_sends_us_to_no_server(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its policy and its tokens name addresses; whoever looks at them here asks none of them."""

    def refuse(*_given: object, **_more: object) -> None:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(http, "exchange", refuse)
    monkeypatch.setattr(http.http, "exchange", refuse)
    members = members_of(make_kit().parts)
    members["policy.txt"] = members["policy.txt"].replace(b"\nquorum", b" http://169.254.169.254/latest\nquorum", 1)
    answer = client.post("/registry/verify", data={"bundle": (io.BytesIO(packed(members)), "x.zip")})
    assert answer.status_code in {200, 422}

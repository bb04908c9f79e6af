"""Passkeys: made, used to sign in and as the second step, and what is refused."""

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Passkey, SecurityEvent, User, UserSession
from kernel.clock import now
from kernel.mail import Mail
from tests.makers.factors import ORIGIN, SoftKey, authenticator
from tests.makers.people import PASSWORD, another, person, sign_in

NEW = "/settings/security/passkeys"


@pytest.fixture(autouse=True)
def has_a_name(app: Flask) -> Iterator[None]:
    """Browsers bind passkeys to a domain: the site is reached by one."""
    before = app.config["BASE_URL"]
    app.config["BASE_URL"] = ORIGIN
    yield
    app.config["BASE_URL"] = before


def options(client: FlaskClient, path: str) -> str:
    """What the page gives the browser."""
    found = re.search(r'data-options="([^"]+)"', client.get(path).text)
    assert found
    return html.unescape(found[1])


def with_key(client: FlaskClient, **facts: str) -> tuple[User, SoftKey]:
    """Somebody who is signed in and has a passkey."""
    user, key = person(), SoftKey(**facts)
    sign_in(client, user)
    made = client.post(NEW, data={"name": "Laptop", "credential": key.create(options(client, NEW))})
    assert made.status_code == 303
    return user, key


def kinds(database: Session, user: User) -> list[str]:
    return list(database.scalars(select(SecurityEvent.kind).where(SecurityEvent.user_id == user.id)))


def test_a_passkey_is_made_and_signs_in_without_a_password(client: FlaskClient, database: Session) -> None:
    user, key = with_key(client)
    asked = json.loads(options(client, NEW))
    assert asked["rp"]["id"] == "localhost"
    assert asked["excludeCredentials"], "a device makes no second key for the same person"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert "Laptop" in client.get("/settings/security").text
    authenticator(user)
    fresh = another(client)
    sent = {"credential": key.get(options(fresh, "/sign-in")), "next": "/bookmarks"}
    opened = fresh.post("/sign-in/passkey", data=sent)
    assert (opened.status_code, opened.location) == (303, "/bookmarks"), "a passkey is both steps in one"
    assert fresh.get("/bookmarks").status_code == 200
    row = database.scalars(select(Passkey).where(Passkey.user_id == user.id)).one()
    assert (row.sign_count, row.transports) == (1, ["internal", "hybrid"])
    assert "passkey-added" in kinds(database, user)
    assert database.scalars(select(Mail).where(Mail.recipient == user.email)).first()


def test_what_was_signed_counts_once(client: FlaskClient, database: Session) -> None:
    _user, key = with_key(client)
    fresh = another(client)
    sent = {"credential": key.get(options(fresh, "/sign-in"))}
    assert fresh.post("/sign-in/passkey", data=sent).status_code == 303
    thief = another(client)
    again = thief.post("/sign-in/passkey", data=sent)
    assert again.status_code == 422
    assert thief.get("/bookmarks").status_code == 303


@pytest.mark.parametrize(
    ("facts", "changes"),
    [
        ({}, {"origin": "https://evil.example"}),
        ({}, {"origin": "http://localhost:8000.evil.example"}),
        ({}, {"type": "webauthn.create"}),
        ({}, {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
        ({}, {"challenge": ""}),
    ],
)
def test_what_was_signed_for_something_else_opens_nothing(
    client: FlaskClient, facts: dict[str, str], changes: dict[str, str]
) -> None:
    _user, key = with_key(client, **facts)
    fresh = another(client)
    sent = {"credential": key.get(options(fresh, "/sign-in"), **changes)}
    assert fresh.post("/sign-in/passkey", data=sent).status_code == 422
    assert fresh.get("/bookmarks").status_code == 303


def test_a_key_of_another_domain_is_not_taken(client: FlaskClient) -> None:
    sign_in(client, person())
    for key in (SoftKey(domain="evil.example"), SoftKey(origin="https://evil.example")):
        made = client.post(NEW, data={"name": "Laptop", "credential": key.create(options(client, NEW))})
        assert made.status_code == 422


@pytest.mark.parametrize("sent", ["", "{}", "[]", "null", '{"response": 1}', '{"id": 3, "response": {}}', "x" * 30000])
def test_what_no_browser_sends_is_refused(client: FlaskClient, sent: str) -> None:
    assert client.post("/sign-in/passkey", data={"credential": sent}).status_code == 422
    sign_in(client, person())
    assert client.post(NEW, data={"name": "x", "credential": sent}).status_code == 422


def test_a_challenge_of_an_old_page_or_of_somebody_else_is_refused(client: FlaskClient) -> None:
    user, key = with_key(client)
    fresh = another(client)
    old = options(fresh, "/sign-in")
    with time_machine.travel(now() + timedelta(minutes=16)):
        assert fresh.post("/sign-in/passkey", data={"credential": key.get(old)}).status_code == 422
    theirs = options(client, NEW)
    other = another(client)
    sign_in(other, person())
    assert other.post(NEW, data={"name": "x", "credential": SoftKey().create(theirs)}).status_code == 422
    assert user


def test_a_copy_is_refused_and_its_owner_told(client: FlaskClient, database: Session) -> None:
    user, key = with_key(client)
    fresh = another(client)
    for count in (7, 3):
        sent = {"credential": key.get(options(another(client), "/sign-in"), count=count)}
        answer = fresh.post("/sign-in/passkey", data=sent)
    assert answer.status_code == 422
    assert "passkey-copied" in kinds(database, user)
    assert any("its counter went back" in body for body in database.scalars(select(Mail.body)))


def test_a_key_that_does_not_count_is_no_copy(client: FlaskClient) -> None:
    _user, key = with_key(client)
    for _time in range(2):
        fresh = another(client)
        sent = {"credential": key.get(options(fresh, "/sign-in"), count=0)}
        assert fresh.post("/sign-in/passkey", data=sent).status_code == 303


def test_a_passkey_is_the_second_step_and_a_proof(client: FlaskClient, database: Session) -> None:
    user, key = with_key(client)
    authenticator(user)
    fresh = another(client)
    fresh.post("/sign-in", data={"name": user.handle, "password": PASSWORD, "next": "/bookmarks"})
    sent = {"credential": key.get(options(fresh, "/sign-in/second"))}
    assert fresh.post("/sign-in/second", data=sent).location == "/bookmarks"
    row = database.scalars(select(UserSession).where(UserSession.way == "password+passkey")).one()
    row.proved_at = None
    database.commit()
    assert fresh.get(NEW).status_code == 303
    proof = {"proof_credential": key.get(options(fresh, "/reauthenticate")), "proof_next": NEW}
    assert fresh.post("/reauthenticate", data=proof).location == NEW
    assert fresh.get(NEW).status_code == 200


def test_a_key_of_somebody_else_is_no_second_step(client: FlaskClient) -> None:
    _other, key = with_key(client)
    user, _own = with_key(another(client))
    authenticator(user)
    fresh = another(client)
    fresh.post("/sign-in", data={"name": user.handle, "password": PASSWORD})
    sent = {"credential": key.get(options(fresh, "/sign-in/second"))}
    assert fresh.post("/sign-in/second", data=sent).status_code == 422


def test_a_removed_key_opens_nothing(client: FlaskClient, database: Session) -> None:
    user, key = with_key(client)
    number = database.scalars(select(Passkey.id).where(Passkey.user_id == user.id)).one()
    stranger = another(client)
    sign_in(stranger, person())
    assert stranger.post(f"{NEW}/{number}/remove").status_code == 404
    assert client.post(f"{NEW}/{number}/remove").status_code == 303
    fresh = another(client)
    sent = {"credential": key.get(options(fresh, "/sign-in"))}
    assert fresh.post("/sign-in/passkey", data=sent).status_code == 422


def test_a_site_without_a_name_offers_none(app: Flask, client: FlaskClient) -> None:
    app.config["BASE_URL"] = "http://127.0.0.1:8000"
    assert "data-passkey" not in client.get("/sign-in").text
    sign_in(client, person())
    assert "bare address" in client.get(NEW).text

import re
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.actions.grants import shut_out
from accounts.models import UserSession
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.clock import now
from kernel.db import db
from kernel.work import unit_of_work
from tests.makers.people import PASSWORD, person, sign_in

ENGLISH = {"Accept-Language": "en"}


def cookie_value(client: FlaskClient) -> str:
    cookie = client.get_cookie("guildhall")
    assert cookie is not None
    return cookie.value


@pytest.mark.parametrize("name", ["lin-wei", "LIN-WEI ", "lin-wei@example.cn"])
def test_one_signs_in_by_handle_or_address(client: FlaskClient, name: str) -> None:
    person(handle="lin-wei")
    answer = client.post("/sign-in", data={"name": name, "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/")


def test_a_wrong_name_and_a_wrong_password_look_alike(client: FlaskClient) -> None:
    person(handle="lin-wei")
    client.set_cookie("lang", "en")
    wrong_password = client.post("/sign-in", data={"name": "lin-wei", "password": "not the one"})
    wrong_name = client.post("/sign-in", data={"name": "lin-wie", "password": "not the one"})
    assert wrong_password.status_code == wrong_name.status_code == 422
    form_token = re.compile(r'name="csrf_token" value="[^"]*"')  # signed with the second in which it was made
    pages = [form_token.sub("", answer.text.replace("lin-wie", "lin-wei")) for answer in (wrong_password, wrong_name)]
    assert pages[0] == pages[1]
    assert "The name or the password is not right." in wrong_name.text


@pytest.mark.parametrize(
    ("target", "landing"),
    [
        ("/threads/12-some?at=3", "/threads/12-some?at=3"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_next_cannot_leave_the_site(client: FlaskClient, target: str, landing: str) -> None:
    person(handle="lin-wei")
    answer = client.post("/sign-in", data={"name": "lin-wei", "password": PASSWORD, "next": target})
    assert answer.location == landing
    assert client.get("/sign-in", query_string={"next": target}).location == landing


def test_a_page_that_needs_somebody_leads_back_after_signing_in(client: FlaskClient) -> None:
    answer = client.get("/settings/sessions?x=1")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=%2Fsettings%2Fsessions%3Fx%3D1")


def test_signing_in_rotates_the_cookie_and_ends_the_old_session(client: FlaskClient, database: Session) -> None:
    first, second = person(handle="first"), person(handle="second")
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
    client.post("/sign-in", data={"name": "first", "password": PASSWORD})
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
    before = cookie_value(client)
    client.post("/sign-in", data={"name": "second", "password": PASSWORD})
    assert cookie_value(client) != before
    assert database.scalar(select(func.count()).where(UserSession.user_id == first.id)) == 0
    assert database.scalar(select(func.count()).where(UserSession.user_id == second.id)) == 1


def test_a_copied_cookie_is_worthless_after_signing_out(client: FlaskClient) -> None:
    person(handle="lin-wei")
    client.post("/sign-in", data={"name": "lin-wei", "password": PASSWORD})
    copied = cookie_value(client)
    assert client.get("/settings").status_code == 200
    assert client.post("/sign-out").status_code == 303
    client.set_cookie("guildhall", copied)
    assert client.get("/settings").status_code == 303


def test_only_the_hash_of_a_session_is_stored(client: FlaskClient, database: Session) -> None:
    person(handle="lin-wei")
    client.post("/sign-in", data={"name": "lin-wei", "password": PASSWORD})
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    row = database.scalars(select(UserSession)).one()
    assert token not in (row.token_hash, row.user_agent, row.ip)
    assert len(row.token_hash) == 64


def test_being_kept_signed_in_lasts_sixty_days_and_else_as_long_as_the_browser(
    client: FlaskClient, database: Session
) -> None:
    person(handle="lin-wei")
    data = {"name": "lin-wei", "password": PASSWORD}

    def cookie(**more: str) -> str:
        sent = client.post("/sign-in", data=data | more).headers.getlist("Set-Cookie")
        return next(one for one in sent if one.startswith("guildhall="))

    short = cookie()
    assert "Expires" not in short
    assert "HttpOnly" in short
    assert "SameSite=Lax" in short
    assert "Expires" in cookie(remember="y")
    with time_machine.travel(now() + timedelta(days=59)):
        assert client.get("/settings").status_code == 200
    with time_machine.travel(now() + timedelta(days=61)):
        assert client.get("/settings").status_code == 303


def test_sessions_are_listed_and_one_or_all_others_can_be_ended(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    user, other = person(handle="lin-wei", locale="en"), person()
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    client.post("/sign-in", data={"name": "lin-wei", "password": PASSWORD}, headers={"User-Agent": agent})
    elsewhere, third, foreign = (sign_in(app.test_client(), who) for who in (user, user, other))
    page = client.get("/settings/sessions").text
    assert "Firefox on Linux" in page
    assert "this browser" in page
    assert page.count("End this session") == 2
    assert client.post(f"/settings/sessions/{foreign.id}/revoke").status_code == 404
    assert client.post(f"/settings/sessions/{elsewhere.id}/revoke").status_code == 303
    left = select(UserSession.id).where(UserSession.user_id == user.id)
    assert elsewhere.id not in database.scalars(left).all()
    assert client.post("/settings/sessions/revoke-others").status_code == 303
    assert third.id not in database.scalars(left).all()
    assert client.get("/settings").status_code == 200
    assert database.get(UserSession, foreign.id) is not None


def test_suspended_people_are_out_at_once_and_stay_out(client: FlaskClient) -> None:
    user = person(handle="spammer")
    sign_in(client, user)
    assert client.get("/settings").status_code == 200
    with unit_of_work():
        shut_out(user.id)
    assert client.get("/settings").status_code == 303
    client.set_cookie("lang", "en")
    answer = client.post("/sign-in", data={"name": "spammer", "password": PASSWORD})
    assert answer.status_code == 422
    assert "suspended" in answer.text
    wrong = client.post("/sign-in", data={"name": "spammer", "password": "not the one"})
    assert "suspended" not in wrong.text, "only the owner learns it"
    assert client.post("/forgot", data={"email": user.email}).status_code == 303


def test_last_seen_is_written_by_posts_and_not_each_time(client: FlaskClient, database: Session) -> None:
    row = sign_in(client, person())

    def seen() -> object:
        database.expire_all()
        return database.scalar(select(UserSession.last_seen_at).where(UserSession.id == row.id))

    start = seen()
    with time_machine.travel(now() + timedelta(minutes=9)):
        client.post("/language", data={"lang": "en"})
        assert seen() == start
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        client.get("/settings")
        assert seen() == start
        client.post("/language", data={"lang": "en"})
        assert seen() == now()


def test_strangers_choose_language_and_theme_by_cookie(client: FlaskClient) -> None:
    answer = client.post("/language", data={"lang": "en", "next": "/sign-in"})
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    client.post("/theme", data={"theme": "dark"})
    page = client.get("/sign-in").text
    assert 'lang="en"' in page
    assert 'data-theme="dark"' in page
    assert client.post("/language", data={"lang": "xx"}).status_code == 422
    assert client.post("/language", data={"lang": "en", "next": "//evil.example"}).location == "/"


def test_signing_in_is_limited_by_address_and_by_account(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path, rate_limits=True, log_requests=False))
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        db.create_all()
        db.session.remove()
    client = app.test_client()

    def attempt(name: str, address: str) -> int:
        data = {"name": name, "password": "not the one"}
        return client.post("/sign-in", data=data, environ_base={"REMOTE_ADDR": address}).status_code

    assert {attempt(f"name-{number}", "10.0.0.1") for number in range(20)} == {422}
    assert attempt("name-21", "10.0.0.1") == 429
    assert attempt("name-21", "10.0.0.2") == 422
    assert client.get("/sign-in", environ_base={"REMOTE_ADDR": "10.0.0.1"}).status_code == 200, "looking is free"
    assert {attempt("lin-wei", f"10.0.1.{number}") for number in range(20)} == {422}
    assert attempt("Lin-Wei ", "10.0.2.1") == 429
    assert attempt("ｌｉｎ－ｗｅｉ", "10.0.2.2") == 429, "however it is typed"
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_handle_and_address_share_the_tries_of_an_account_and_nobody_learns_that_they_do(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path, rate_limits=True, log_requests=False))
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        db.create_all()
        with unit_of_work():
            person(handle="lin-wei", email="lin.wei@example.cn")
            person(handle="sun-li", email="sun.li@example.cn")
        db.session.remove()
    tries = count()

    def attempt(name: str, password: str) -> TestResponse:
        number = next(tries)
        place = {"REMOTE_ADDR": f"10.1.{number // 250}.{number % 250 + 1}"}
        sent = {"name": name, "password": password}
        return app.test_client().post("/sign-in", data=sent, environ_base=place, headers=ENGLISH)

    for spelling in ("lin-wei", "LIN-WEI", "ｌｉｎ-ｗｅｉ", "lin-wei "):
        assert {attempt(spelling, "not the one").status_code for _ in range(5)} == {422}
    assert attempt("lin-wei", PASSWORD).status_code == 429
    known, unknown = attempt("lin.wei@example.cn", "not the one"), attempt("nobody@example.cn", "not the one")
    assert known.status_code == unknown.status_code == 422
    assert without_name(known) == without_name(unknown)
    right = attempt("Lin.Wei@example.cn", PASSWORD)
    assert right.status_code == 422, "the tries of the account are used up"
    assert "takes none for a quarter of an hour" in right.text
    assert attempt("sun.li@example.cn", PASSWORD).status_code == 303, "others are not concerned"
    assert {attempt("lin.wei@example.cn", "x").status_code for _ in range(18)} == {422}
    assert attempt("lin.wei@example.cn", "x").status_code == 429, "as for an address that is nobody's"
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def without_name(answer: TestResponse) -> str:
    """The page without what was typed into it and what is new each time."""
    return re.sub(r'(value|nonce|data-[a-z-]+)="[^"]*"', "", answer.text)

"""The second step of signing in: apps with codes, recovery codes, and who may turn them off."""

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Authenticator, RecoveryCode, SecurityEvent, User, UserSession
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.clock import now
from kernel.db import db
from kernel.mail import Mail
from tests.makers.factors import authenticator, code_of, recovery_code
from tests.makers.people import PASSWORD, another, person, sign_in

NEW = "/settings/security/authenticators"


def first_step(client: FlaskClient, user: User, onward: str = "/bookmarks") -> None:
    """The password is right, and the second step is asked for."""
    sent = {"name": user.handle, "password": PASSWORD, "next": onward}
    answer = client.post("/sign-in", data=sent)
    assert (answer.status_code, answer.location) == (303, "/sign-in/second")


def kinds(database: Session, user: User) -> list[str]:
    query = select(SecurityEvent.kind).where(SecurityEvent.user_id == user.id).order_by(SecurityEvent.id)
    return list(database.scalars(query))


def test_an_app_is_set_up_by_its_first_code_and_the_recovery_codes_are_told_once(
    client: FlaskClient, database: Session
) -> None:
    user = person()
    sign_in(client, user)
    page = client.get(NEW)
    assert page.headers["Cache-Control"] == "no-store"
    assert "<svg" in page.text
    sealed = re.search(r'name="sealed" value="([^"]+)"', page.text)
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)
    assert sealed
    assert shown
    secret, form = shown[1].replace(" ", ""), {"name": "Pixel", "sealed": sealed[1]}
    assert secret not in sealed[1]
    wrong = client.post(NEW, data=form | {"code": "000000" if code_of(secret) != "000000" else "111111"})
    assert wrong.status_code == 422
    assert shown[0] in wrong.text
    done = client.post(NEW, data=form | {"code": code_of(secret)})
    assert (done.status_code, done.headers["Cache-Control"]) == (201, "no-store")
    codes = re.findall(r"<code>([a-z2-7-]+)</code>", done.text)
    assert len(set(codes)) == 10
    row = database.scalars(select(Authenticator).where(Authenticator.user_id == user.id)).one()
    assert secret not in row.sealed_secret
    hashes = set(database.scalars(select(RecoveryCode.code_hash).where(RecoveryCode.user_id == user.id)))
    assert not hashes & {code.replace("-", "") for code in codes}
    assert "Pixel" in database.scalars(select(Mail.body).where(Mail.recipient == user.email)).one()
    assert kinds(database, user) == ["authenticator-added", "recovery-codes-made"]
    first_step(another(client), user)


def test_a_secret_set_up_for_somebody_else_is_refused(client: FlaskClient) -> None:
    sign_in(client, person())
    sealed = re.search(r'name="sealed" value="([^"]+)"', client.get(NEW).text)
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", client.get(NEW).text)
    assert sealed
    assert shown
    sign_in(client, person())
    answer = client.post(NEW, data={"name": "x", "sealed": sealed[1], "code": code_of(shown[1].replace(" ", ""))})
    assert answer.status_code == 422


def test_the_password_alone_opens_nothing(client: FlaskClient, database: Session) -> None:
    user = person()
    authenticator(user)
    first_step(client, user)
    assert client.get("/bookmarks").status_code == 303
    assert database.scalar(select(UserSession).where(UserSession.user_id == user.id)) is None
    page = client.get("/sign-in/second")
    assert page.status_code == 200
    assert 'autocomplete="one-time-code"' in page.text


def test_a_code_opens_once_and_not_again_within_its_window(client: FlaskClient, database: Session) -> None:
    user = person()
    secret = authenticator(user)
    with time_machine.travel(now(), tick=False):
        code = code_of(secret)
        first_step(client, user)
        opened = client.post("/sign-in/second", data={"code": f"{code[:3]} {code[3:]}"})
        assert (opened.status_code, opened.location) == (303, "/bookmarks")
        assert client.get("/bookmarks").status_code == 200
        thief = another(client)
        first_step(thief, user)
        again = thief.post("/sign-in/second", data={"code": code})
        assert again.status_code == 422
        older = thief.post("/sign-in/second", data={"code": code_of(secret, steps=-1)})
        assert older.status_code == 422
        assert thief.post("/sign-in/second", data={"code": code_of(secret, steps=2)}).status_code == 422
        assert thief.post("/sign-in/second", data={"code": code_of(secret, steps=1)}).status_code == 303
    assert kinds(database, user).count("second-step-failed") == 3


def test_a_recovery_code_opens_once_and_its_owner_is_told(client: FlaskClient, database: Session) -> None:
    user = person()
    authenticator(user)
    code = recovery_code(user)
    typed = "-".join(code[at : at + 4] for at in range(0, 16, 4)).upper()
    first_step(client, user)
    assert client.post("/sign-in/second", data={"code": typed}).status_code == 303
    other = another(client)
    first_step(other, user)
    assert other.post("/sign-in/second", data={"code": typed}).status_code == 422
    mails = list(database.scalars(select(Mail.body).where(Mail.recipient == user.email)))
    assert any("A recovery code was used" in body for body in mails)


@pytest.mark.parametrize("sent", [{}, {"code": ""}, {"code": "１２３４５６"}, {"code": "x" * 99}, {"credential": "[]"}])
def test_what_is_no_code_opens_nothing(client: FlaskClient, sent: dict[str, str]) -> None:
    user = person()
    authenticator(user)
    first_step(client, user)
    assert client.post("/sign-in/second", data=sent).status_code == 422


def test_the_first_step_is_forgotten_after_ten_minutes_and_when_the_password_changes(
    client: FlaskClient, database: Session
) -> None:
    user = person()
    secret = authenticator(user)
    first_step(client, user)
    with time_machine.travel(now() + timedelta(minutes=11)):
        late = client.post("/sign-in/second", data={"code": code_of(secret)})
        assert (late.status_code, late.location) == (303, "/sign-in")
    first_step(client, user)
    database.get_one(User, user.id).password_hash = "another"
    database.commit()
    assert client.post("/sign-in/second", data={"code": code_of(secret)}).location == "/sign-in"


def test_codes_of_others_count_for_nobody_else(client: FlaskClient) -> None:
    user, other = person(), person()
    authenticator(user)
    secret, paper = authenticator(other), recovery_code(other)
    first_step(client, user)
    for code in (code_of(secret), paper):
        assert client.post("/sign-in/second", data={"code": code}).status_code == 422


def test_removing_the_last_app_turns_the_step_off_and_burns_the_paper(client: FlaskClient, database: Session) -> None:
    user = person()
    authenticator(user)
    code = recovery_code(user)
    sign_in(client, user)
    stranger = another(client)
    sign_in(stranger, person())
    number = database.scalars(select(Authenticator.id).where(Authenticator.user_id == user.id)).one()
    assert stranger.post(f"{NEW}/{number}/remove").status_code == 404
    assert client.post(f"{NEW}/{number}/remove").status_code == 303
    assert database.scalar(select(RecoveryCode).where(RecoveryCode.user_id == user.id)) is None
    fresh = another(client)
    answer = fresh.post("/sign-in", data={"name": user.handle, "password": PASSWORD, "next": "/bookmarks"})
    assert answer.location == "/bookmarks"
    assert code


def test_new_recovery_codes_make_the_old_ones_useless(client: FlaskClient) -> None:
    user = person()
    authenticator(user)
    old = recovery_code(user)
    sign_in(client, user)
    made = client.post("/settings/security/recovery-codes")
    assert made.status_code == 201
    other = another(client)
    first_step(other, user)
    assert other.post("/sign-in/second", data={"code": old}).status_code == 422
    new = re.findall(r"<code>([a-z2-7-]+)</code>", made.text)[0]
    assert other.post("/sign-in/second", data={"code": new}).status_code == 303
    shown = other.get("/settings/security")
    assert "9 codes are left" in shown.text, shown.location
    assert another(client).post("/settings/security/recovery-codes").status_code == 401


def test_failed_second_steps_are_counted_for_the_account(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path, rate_limits=True, log_requests=False))
    app.config["WTF_CSRF_ENABLED"] = False
    answers = []
    with app.app_context():
        db.create_all()
        user = person()
        authenticator(user)
        sent = {"name": user.handle, "password": PASSWORD}
    for number in range(12):
        thief, place = app.test_client(), {"REMOTE_ADDR": f"203.0.113.{number}"}
        thief.post("/sign-in", data=sent, environ_base=place)
        answers.append(thief.post("/sign-in/second", data={"code": "12"}, environ_base=place).status_code)
    assert answers == [422] * 10 + [429] * 2


def test_the_log_is_ones_own_and_tells_from_where(client: FlaskClient, database: Session) -> None:
    user = person()
    sent = {"name": user.handle, "password": PASSWORD}
    agent = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"
    client.post("/sign-in", data=sent, headers={"User-Agent": agent}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    page = html.unescape(client.get("/settings/security").text)
    assert "Signed in with the password" in page
    assert "Firefox on Windows" in page
    assert "192.0.2.7" in page
    sign_in(client, person())
    assert "192.0.2.7" not in client.get("/settings/security").text

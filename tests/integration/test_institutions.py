"""Signing in with the account of an institution, at a real sign-in server on this machine."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Identity, SecurityEvent, User, UserSession, Vouch
from accounts.oidc import talking
from accounts.oidc.providers import Provider, parse_providers
from kernel.clock import now
from kernel.mail import Mail
from tests.institution import CLIENT, SECRET
from tests.live import free_port
from tests.makers import organisations as make
from tests.makers.factors import authenticator, code_of
from tests.makers.people import PASSWORD, another, person, sign_in

CALLBACK = "http://127.0.0.1:8000/sign-in/with/uni/callback"
START = "/sign-in/with/uni"
HERE = "/sign-in/institution"
JOIN = {"handle": "wang-fang", "display_name": "Wang Fang"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The server, in a process of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.institution", str(port), CALLBACK])
    url = f"http://localhost:{port}"
    until = time.monotonic() + 30
    while True:
        assert process.poll() is None, "the institution ended at once"
        try:
            with urllib.request.urlopen(f"{url}/keys", timeout=2):  # noqa: S310 - our own server
                break
        except OSError:
            assert time.monotonic() < until, "the institution does not start"
            time.sleep(0.05)
    yield url
    process.kill()
    process.wait(10)


@pytest.fixture(autouse=True)
def provider(app: Flask, issuer: str) -> Iterator[Provider]:
    """The site knows it, as the university of the town."""
    named = Provider(
        slug="uni",
        name_zh="临江大学",
        name_en="Linjiang University",
        issuer=issuer,
        client_id=CLIENT,
        client_secret=SECRET,
    )
    app.config["OIDC_PROVIDERS"] = {"uni": named}
    yield named
    app.config["OIDC_PROVIDERS"] = {}


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_what: Any) -> None:
        return None


def there_and_back(client: FlaskClient, who: str, *, start: str = START) -> str:
    """Go to the institution, be `who` there, and say where it sends the browser back to."""
    client.set_cookie("lang", "en")
    asked = client.get(start)
    assert asked.status_code == 303
    try:
        urllib.request.build_opener(_Stay).open(f"{asked.location}&who={who}", timeout=10)
    except urllib.error.HTTPError as answer:
        back = str(answer.headers["Location"])
    return back.removeprefix("http://127.0.0.1:8000")


def come(client: FlaskClient, who: str, *, start: str = START) -> None:
    """All the way, up to the page that says what it leads to."""
    answer = client.get(there_and_back(client, who, start=start))
    assert (answer.status_code, answer.location) == (303, HERE)


def test_a_university_account_joins_and_carries_its_badge(
    app: Flask, client: FlaskClient, database: Session, provider: Provider
) -> None:
    university = make.organisation(name="临江大学")
    app.config["OIDC_PROVIDERS"] = {"uni": provider.model_copy(update={"organisation": university.slug})}
    come(client, "teacher", start=f"{START}?next=/bookmarks")
    page = client.get(HERE)
    assert 'value="wang"' in page.text
    assert "wang@uni.example.cn" in page.text
    assert client.post(HERE, data=JOIN | {"handle": "no good"}).status_code == 422
    joined = client.post(HERE, data=JOIN)
    assert (joined.status_code, joined.location) == (303, "/bookmarks")
    user = database.scalars(select(User).where(User.handle == "wang-fang")).one()
    assert (user.email, user.password_hash) == ("wang@uni.example.cn", "")
    assert user.email_confirmed_at is not None
    profile = client.get("/people/wang-fang").text
    assert f'<a href="/organisations/{university.slug}">Signs in with an account of 临江大学</a>' in profile
    assert client.get("/settings/security").text.count(">Linjiang University</h3>") == 1


def test_whoever_comes_again_is_in_and_the_badge_is_renewed(client: FlaskClient, database: Session) -> None:
    come(client, "teacher")
    client.post(HERE, data=JOIN)
    user = database.scalars(select(User).where(User.handle == "wang-fang")).one()
    database.scalars(select(Vouch).where(Vouch.user_id == user.id)).one().at = now() - timedelta(days=31)
    database.commit()
    fresh = another(client)
    come(fresh, "teacher", start=f"{START}?next=/bookmarks")
    assert "data-at-once" in fresh.get(HERE).text
    assert fresh.post(HERE).location == "/bookmarks"
    badges = list(database.scalars(select(Vouch).where(Vouch.user_id == user.id).order_by(Vouch.id)))
    assert [badge.withdrawn_at is None for badge in badges] == [False, True]
    assert fresh.post("/sign-out").location == "/signed-out/uni"
    assert "/leave?client_id=guildhall" in fresh.get("/signed-out/uni").text


def test_an_account_that_stands_is_never_taken_over(client: FlaskClient, database: Session) -> None:
    user = person(email="wang@uni.example.cn")
    come(client, "teacher")
    assert "There is an account with your address" in client.get(HERE).text
    client.post(HERE, data=JOIN)
    assert database.scalar(select(UserSession).where(UserSession.user_id == user.id)) is None
    assert database.scalar(select(Identity)) is None


def test_it_is_linked_once_its_owner_has_signed_in(client: FlaskClient, database: Session) -> None:
    user = person(email="wang@uni.example.cn")
    come(client, "teacher")
    client.post("/sign-in", data={"name": user.handle, "password": PASSWORD, "next": HERE})
    assert "Link your account?" in client.get(HERE).text
    assert client.post(HERE).location == "/settings/security"
    assert database.scalars(select(Identity.user_id)).all() == [user.id]
    assert "institution-linked" in database.scalars(select(SecurityEvent.kind)).all()
    fresh = another(client)
    come(fresh, "teacher")
    fresh.post(HERE)
    assert fresh.get("/bookmarks").status_code == 200
    other = another(client)
    sign_in(other, person())
    come(other, "teacher", start=f"{START}?for=link")
    assert "Linked with another account" in other.get(HERE).text
    other.post(HERE)
    assert database.scalars(select(Identity.user_id)).all() == [user.id]


def test_an_unchecked_address_counts_for_nothing(client: FlaskClient, database: Session) -> None:
    owner = person(email="li@uni.example.cn")
    answers = []
    for email in ("li@uni.example.cn", "free@uni.example.cn"):
        browser = another(client)
        come(browser, "student")
        assert 'name="email"' in browser.get(HERE).text
        handle = email.split("@")[0] + "-ming"
        answer = browser.post(HERE, data={"handle": handle, "display_name": "Li Ming", "email": email})
        answers.append((answer.status_code, answer.location, browser.get("/bookmarks").status_code))
    assert answers == [(303, "/check-mail", 303)] * 2, "what a stranger sees does not depend on whose address it is"
    made = database.scalars(select(User).where(User.handle.like("%-ming"))).one()
    assert (made.email, made.email_confirmed_at) == ("free@uni.example.cn", None)
    mails = database.scalars(select(Mail.subject).where(Mail.recipient == owner.email)).all()
    assert mails == ["You already have an account"]


@pytest.mark.parametrize("who", ["liar-nonce", "liar-issuer", "liar-audience", "liar-time", "liar-key"])
def test_what_was_said_to_somebody_else_or_long_ago_is_refused(client: FlaskClient, who: str) -> None:
    answer = client.get(there_and_back(client, who))
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert "could not be checked" in client.get("/sign-in").text
    assert client.get(HERE).location == "/sign-in"


def test_whoever_says_nothing_but_the_truth_is_heard(client: FlaskClient) -> None:
    come(client, "nameless")
    assert 'name="email"' in client.get(HERE).text


def test_whoever_turns_back_there_is_told_so(client: FlaskClient) -> None:
    assert client.get(there_and_back(client, "nobody")).location == "/sign-in"
    assert "did not let you in" in client.get("/sign-in").text


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(client: FlaskClient) -> None:
    back = there_and_back(client, "teacher")
    thief = another(client)
    assert thief.get(back).location == "/sign-in"
    thief.get(START)
    assert thief.get(back).location == "/sign-in", "its own state is another"
    assert client.get(back).location == HERE
    assert client.get(back).location == "/sign-in", "a page that is loaded again asks for nothing"
    kept = client.get_cookie("guildhall")
    assert kept is not None
    assert client.post(HERE, data=JOIN).status_code == 303
    thief.set_cookie("guildhall", kept.value)
    assert thief.post(HERE, data=JOIN | {"handle": "thief"}).status_code == 422


def test_a_code_is_refused_there_the_second_time(client: FlaskClient) -> None:
    back = there_and_back(client, "teacher")
    with client.session_transaction() as cookie:
        asked = dict(cookie["institution_asked"])
    assert client.get(back).location == HERE
    with client.session_transaction() as cookie:
        cookie["institution_asked"] = asked
    assert client.get(back).location == "/sign-in"


def test_the_second_step_is_asked_for_here_too(client: FlaskClient, database: Session) -> None:
    come(client, "teacher")
    client.post(HERE, data=JOIN)
    user = database.scalars(select(User).where(User.handle == "wang-fang")).one()
    secret = authenticator(user)
    fresh = another(client)
    come(fresh, "teacher")
    assert fresh.post(HERE).location == "/sign-in/second"
    assert fresh.get("/bookmarks").status_code == 303
    assert fresh.post("/sign-in/second", data={"code": code_of(secret)}).status_code == 303
    assert fresh.get("/bookmarks").status_code == 200
    assert "Linjiang University and a code" in fresh.get("/settings/security").text


def test_the_institution_proves_anew_and_the_last_way_in_stays(client: FlaskClient, database: Session) -> None:
    come(client, "teacher")
    client.post(HERE, data=JOIN)
    row, identity = database.scalars(select(UserSession)).one(), database.scalars(select(Identity)).one()
    unlink = f"/settings/security/institutions/{identity.id}/unlink"
    client.post(unlink)
    assert "only way in" in client.get("/settings/security").text
    row.proved_at = None
    database.commit()
    asked = client.get("/settings/tokens")
    page = client.get(asked.location)
    assert f"{START}?for=prove" in page.text
    assert 'name="proof_password"' not in page.text
    assert "prompt=login" in client.get(f"{START}?for=prove").location
    come(client, "student", start=f"{START}?for=prove&next=/settings/tokens")
    assert client.post(HERE).status_code == 422
    come(client, "teacher", start=f"{START}?for=prove&next=/settings/tokens")
    assert client.post(HERE).location == "/settings/tokens"
    assert client.get("/settings/tokens").status_code == 200
    database.scalars(select(User).where(User.handle == "wang-fang")).one().password_hash = "something"
    database.commit()
    assert client.post(unlink).status_code == 303
    assert database.scalar(select(Identity)) is None
    assert database.scalars(select(Vouch).where(Vouch.kind == "institution")).one().withdrawn_at is not None


def test_an_open_session_at_the_institution_is_no_proof(client: FlaskClient, database: Session) -> None:
    """Whoever sits there takes `prompt` and `max_age` out of the address, and the institution lets them by."""
    come(client, "open-screen")
    client.post(HERE, data=JOIN)
    row = database.scalars(select(UserSession)).one()
    row.proved_at = None
    database.commit()
    back = there_and_back(client, "open-screen", start=f"{START}?for=prove&next=/settings/tokens")
    assert client.get(back).location.startswith("/reauthenticate")
    assert client.get("/settings/tokens").location.startswith("/reauthenticate")


def test_linking_takes_a_fresh_proof(client: FlaskClient, database: Session) -> None:
    row = sign_in(client, person())
    database.merge(row).proved_at = None
    database.commit()
    assert client.get(f"{START}?for=link").location.startswith("/reauthenticate?next=")


def test_a_word_from_before_somebody_signed_in_is_linked_after_a_fresh_proof_only(
    client: FlaskClient, database: Session
) -> None:
    come(client, "teacher")  # whoever holds a stolen cookie brings an account of their own
    with client.session_transaction() as cookie:
        word = dict(cookie)
    row = sign_in(client, person())
    database.merge(row).proved_at = None
    database.commit()
    with client.session_transaction() as cookie:
        cookie.update(word)
    answer = client.post(HERE)
    assert answer.status_code == 403
    assert "proof_password" in answer.text
    assert database.scalar(select(Identity.id)) is None


class _Odd(BaseHTTPRequestHandler):
    """A server that answers with too much, with something else, or leads elsewhere."""

    def do_GET(self) -> None:
        """Whatever the path says."""
        where = {"/redirect": "http://169.254.169.254/"}.get("/" + self.path.split("/")[1])
        self.send_response(302 if where else 200)
        if where:
            self.send_header("Location", where)
        self.end_headers()
        self.wfile.write(b"[1]" if "/list" in self.path else b" " * (600 * 1024) if "/huge" in self.path else b"{}")

    def log_message(self, *_what: object) -> None:
        """Nothing is written down."""


@pytest.mark.parametrize("path", ["redirect", "list", "huge", "empty"])
def test_an_odd_server_opens_nothing_and_breaks_nothing(app: Flask, client: FlaskClient, path: str) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Odd)
    Thread(target=server.serve_forever, daemon=True).start()
    named = app.config["OIDC_PROVIDERS"]["uni"]
    url = f"http://127.0.0.1:{server.server_address[1]}/{path}"
    app.config["OIDC_PROVIDERS"] = {"uni": named.model_copy(update={"issuer": url})}
    assert client.get(START).location == "/sign-in"
    server.shutdown()
    server.server_close()


def test_a_server_that_is_down_is_said_to_be(app: Flask, client: FlaskClient) -> None:
    talking._kept.clear()
    named = app.config["OIDC_PROVIDERS"]["uni"]
    app.config["OIDC_PROVIDERS"] = {"uni": named.model_copy(update={"issuer": f"http://127.0.0.1:{free_port()}"})}
    client.set_cookie("lang", "en")
    assert client.get(START).location == "/sign-in"
    page = client.get("/sign-in").text
    assert "does not answer at the moment" in page
    assert "Sign in with Linjiang University" in page


def test_what_is_asked_is_bound_to_the_answer(client: FlaskClient) -> None:
    asked = {name: values[0] for name, values in parse_qs(urlsplit(client.get(START).location).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == CALLBACK
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    again = parse_qs(urlsplit(client.get(START).location).query)
    assert again["nonce"] != [asked["nonce"]]


@pytest.mark.parametrize(
    "text",
    [
        '[{"slug": "a", "name_zh": "甲", "name_en": "A", "issuer": "http://idp.example", "client_id": "x"}]',
        '[{"slug": "A B", "name_zh": "甲", "name_en": "A", "issuer": "https://idp.example", "client_id": "x"}]',
        '[{"slug": "a", "name_zh": "甲", "name_en": "A", "issuer": "https://i.example", "client_id": "x", "typo": 1}]',
        '{"slug": "a"}',
    ],
)
def test_a_setting_that_is_wrong_stops_the_start(text: str, tmp_path: Path) -> None:
    with pytest.raises((ValueError, TypeError)):
        parse_providers(text, tmp_path)


def test_the_operator_names_them_in_a_file(tmp_path: Path) -> None:
    assert parse_providers("", tmp_path) == {}
    (tmp_path / "institutions.toml").write_text(
        '[[provider]]\nslug = "a"\nname_zh = "甲"\nname_en = "A"\nissuer = "https://idp.example"\nclient_id = "x"\n',
        encoding="utf-8",
    )
    assert parse_providers("", tmp_path)["a"].name_in("zh_Hans") == "甲"

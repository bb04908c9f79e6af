"""A flood of sign-ups: a few come through, the rest hear when to come again, and members notice nothing."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select

from accounts.models import User
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel import limits
from kernel.clock import now
from kernel.db import db, session
from kernel.limits import limiter
from kernel.mail import Mail
from tests.integration.conftest import Browser
from tests.makers import forum as make
from tests.makers.people import PASSWORD, another, person

FLOOD = 1000


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    """A site that limits, as sites do. There is one limiter in a process: it is put back as it was."""
    was_enabled = limiter.enabled
    app = create_app(Settings(data=tmp_path, rate_limits=True, log_requests=False, secret_key="only-for-tests-" * 4))
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        from seeds import ensure_sectors

        db.create_all()
        ensure_sectors()
        limiter.reset()
        with time_machine.travel(now(), tick=False):  # no window of the limits ends in the midst of a test
            yield Browser(app, app.response_class, use_cookies=True)
        limiter.reset()
        db.session.remove()
        db.engine.dispose()
    limiter.enabled = was_enabled


def sign_up(client: FlaskClient, number: int, address: str) -> tuple[int, str | None]:
    facts = {"handle": f"robot-{number}", "display_name": f"Robot {number}", "email": f"robot-{number}@example.cn"}
    headers = {"Accept": "application/json", "Accept-Language": "en"}
    answer = client.post(
        "/sign-up",
        data=facts | {"password": "a walk along the river"},
        headers=headers,
        environ_base={"REMOTE_ADDR": address},
    )
    if answer.status_code == 429:
        assert answer.json is not None
        assert answer.json["detail"].startswith("You can go on in "), answer.json
    return answer.status_code, answer.headers.get("Retry-After")


def count(what: type) -> int:
    found = session().scalar(select(func.count(what.id))) or 0  # type: ignore[attr-defined]  # every model has one
    db.session.remove()
    return found


def test_a_thousand_sign_ups_from_everywhere_keep_nobody_out_who_is_here(client: FlaskClient) -> None:
    member, thread = person(), make.thread()
    before = count(User)
    db.session.remove()
    robots = another(client)
    answers = [sign_up(robots, number, f"10.{number // 250}.{number % 250}.1") for number in range(FLOOD)]
    said = Counter(status for status, _again in answers)
    assert said == {303: 60, 429: FLOOD - 60}
    assert all(again is not None and 1 <= int(again) <= 601 for status, again in answers if status == 429)
    assert count(User) - before == count(Mail) == 60, "whoever was told yes is here, and nobody else"
    assert client.post("/sign-in", data={"name": member.handle, "password": PASSWORD}).status_code == 303
    assert client.post(f"/threads/{thread.id}/posts", data={"body": "I am still here"}).status_code == 303


def test_one_network_counts_as_one(client: FlaskClient) -> None:
    said = Counter(sign_up(client, number, f"2001:db8:7:7:{number:x}::1")[0] for number in range(30))
    assert said == {303: 20, 429: 10}
    assert sign_up(client, 31, "2001:db8:7:8::1")[0] == 303
    assert sign_up(client, 32, "::ffff:10.0.0.1")[0] == 303


@pytest.mark.parametrize(("lang", "words"), [("en", "You can go on in "), ("zh-CN", "后可以继续")])
def test_whoever_is_too_fast_hears_when_to_come_again_in_their_language(
    client: FlaskClient, lang: str, words: str
) -> None:
    answers = [client.post("/theme", data={"theme": "dark"}, headers={"Accept-Language": lang}) for _time in range(241)]
    assert {answer.status_code for answer in answers[:-1]} == {303}, "a deed that names no class is a small one"
    assert answers[-1].status_code == 429
    assert words in answers[-1].text
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 61


def test_programs_that_read_and_files_that_are_made_have_their_classes(client: FlaskClient) -> None:
    said = [client.get("/listings/template.csv?kind=instrument").status_code for _time in range(21)]
    assert said[-1] == 429
    assert 429 not in said[:-1]
    app = client.application
    for path, expected in {
        "/api/v1/threads": limits.API_READS,
        "/feeds/latest.atom": limits.FEEDS,
        "/threads/1": None,
    }.items():
        with app.test_request_context(path):
            assert limits.by_default() == expected

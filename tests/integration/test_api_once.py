"""Sent twice, done once: also when both arrive at the same instant, on a database that really commits."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.models import User
from forum.models import Post, Thread
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.checks import run_checks
from kernel.db import db
from kernel.work import unit_of_work
from tests.makers.api import PREFIX, Program
from tests.makers.forum import thread
from tests.makers.machine import need, postgres_site_url
from tests.makers.people import api_token, person

START = {"community": "materials", "title": "Said only once", "body": "However often it is sent."}


def test_the_same_again_is_answered_as_the_first_time(client: FlaskClient, database: Session) -> None:
    program = Program(client, person())
    first = program.post("/threads", START, key="key-1")
    second = program.post("/threads", dict(reversed(START.items())), key="key-1")
    assert (second.status_code, second.data) == (201, first.data)
    assert second.headers["Location"] == first.headers["Location"]
    assert database.scalar(select(func.count()).select_from(Thread)) == 1
    reply = {"body": "And so is this."}
    path = f"/threads/{first.json['id']}/posts"
    assert program.post(path, reply, key="key-2").data == program.post(path, reply, key="key-2").data
    assert database.scalar(select(func.count()).select_from(Post)) == 2
    assert program.put(f"/threads/{first.json['id']}/read", {"number": 1}, key="key-3").status_code == 204
    assert program.put(f"/threads/{first.json['id']}/read", {"number": 1}, key="key-3").status_code == 204


def test_the_same_key_for_something_else_is_refused(client: FlaskClient) -> None:
    program = Program(client, person())
    made = program.post("/threads", START, key="key-1").json
    assert program.post("/threads", {**START, "title": "Said differently"}, key="key-1").status_code == 422
    refused = program.post(f"/threads/{made['id']}/posts", {"body": START["body"]}, key="key-1")
    assert refused.status_code == 422
    assert "Idempotency-Key" in refused.json["errors"]


def test_keys_belong_to_their_sender(client: FlaskClient) -> None:
    first = Program(client, person()).post("/threads", START, key="key-1").json
    second = Program(client, person()).post("/threads", START, key="key-1").json
    assert first["id"] != second["id"]


def test_a_refusal_is_not_remembered(client: FlaskClient) -> None:
    program = Program(client, person())
    assert program.post("/threads", {**START, "kind": "announcement"}, key="key-1").status_code == 403
    assert program.post("/threads", START, key="key-1").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 101, "with space", "ключ"])
def test_a_key_is_visible_ascii(client: FlaskClient, key: str) -> None:
    headers = {**Program(client, person()).headers, "Idempotency-Key": key.encode().decode("latin-1")}
    answer = client.post(f"{PREFIX}/threads", json=START, headers=headers)
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json["errors"]


@pytest.fixture(params=["sqlite", "postgres"])
def committed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A site of its own, whose commits are real."""
    url = ""
    if request.param == "postgres":
        found = postgres_site_url("once")
        need("postgres", found=found is not None)
        url = found or ""
    site = create_app(Settings(data=tmp_path, database_url=url, rate_limits=False, log_requests=False))
    with site.app_context():
        from seeds import ensure_sectors

        db.create_all()
        ensure_sectors()
    yield site
    with site.app_context():
        db.session.remove()
        db.engine.dispose()


def _at_once(site: Flask, sendings: list[tuple[str, dict[str, str], dict[str, str]]]) -> list[TestResponse]:
    """Send all of these at the same instant, each from a thread of its own."""
    gate = threading.Barrier(len(sendings))
    answers: list[TestResponse] = []

    def send(path: str, body: dict[str, str], headers: dict[str, str]) -> None:
        client = site.test_client()
        gate.wait()
        answers.append(client.post(PREFIX + path, json=body, headers=headers))

    senders = [threading.Thread(target=send, args=sending) for sending in sendings]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return answers


def _author(site: Flask) -> tuple[User, str]:
    with site.app_context():
        author = person()
        return author, api_token(author)


def test_two_identical_posts_at_the_same_instant_make_one_thread(committed: Flask) -> None:
    _author_row, token = _author(committed)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "at-once"}
    answers = _at_once(committed, [("/threads", START, headers)] * 4)
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.data for answer in answers}) == 1
    with committed.app_context(), unit_of_work() as work:
        assert work.scalar(select(func.count()).select_from(Thread)) == 1
        assert run_checks(mend=False) == []


def test_different_replies_at_the_same_instant_all_stand(committed: Flask) -> None:
    author, token = _author(committed)
    with committed.app_context():
        made = thread(author=author).id
    sendings = [
        (
            f"/threads/{made}/posts",
            {"body": f"Reply {number // 2}"},
            {"Authorization": f"Bearer {token}", "Idempotency-Key": f"reply-{number // 2}"},
        )
        for number in range(6)
    ]
    answers = _at_once(committed, sendings)
    assert [answer.status_code for answer in answers] == [201] * 6
    assert sorted({answer.json["number"] for answer in answers}) == [2, 3, 4]
    with committed.app_context(), unit_of_work():
        assert run_checks(mend=False) == []

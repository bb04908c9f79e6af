"""Nobody holds up the others: slow senders, large pictures, threads that name the same new tags, a worker disturbed."""

import contextlib
import io
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import uuid4
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import OperationalError

from accounts.viewers import viewer_for
from forum.actions import tags
from forum.actions.threads import start_thread
from forum.loading import board_at
from forum.models.thread import ThreadKind
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel import jobs
from kernel.db import db, session
from kernel.jobs import work_forever
from kernel.work import unit_of_work
from tests.makers.machine import POSTGRES, need
from tests.makers.people import api_token, person, sign_in


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A site of its own, whose transactions are real."""
    url, name = "", f"guildhall_locks_{uuid4().hex[:12]}"
    admin = create_engine(f"{POSTGRES}/postgres", isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    if request.param == "postgres":
        try:
            with admin.connect() as connection:
                connection.execute(text(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0"))
        except OperationalError:
            need("postgres", found=False)
        url = f"{POSTGRES}/{name}"
    secret = "only-for-tests-" * 4
    app = create_app(
        Settings(data=tmp_path, database_url=url, rate_limits=False, log_requests=False, secret_key=secret)
    )
    with app.app_context():
        from seeds import ensure_sectors

        db.create_all()
        ensure_sectors()
        yield app
        db.session.remove()
        db.engine.dispose()
    if request.param == "postgres":
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


class Quiet(WSGIRequestHandler):
    """Says nothing of the requests."""

    def log_message(self, *_args: object) -> None:
        """Nothing."""


def test_a_slow_sender_does_not_hold_the_database(site: Flask) -> None:
    asked = threading.Event()
    event.listen(db.engine, "before_cursor_execute", lambda *_args: asked.set())
    token = api_token(person())
    asked.clear()
    db.session.remove()
    with make_server("127.0.0.1", 0, site, handler_class=Quiet) as server:
        serving = threading.Thread(target=server.handle_request)
        serving.start()
        body = b'{"community": "materials", "title": "Sent slowly", "body": "Letter by letter."}'
        with socket.create_connection(server.server_address) as sender:
            sender.sendall(
                b"POST /api/v1/threads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                + f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body[:1]
            )
            assert not asked.wait(0.5)
            sender.sendall(body[1:])
            assert sender.recv(100).startswith(b"HTTP/1.0 201")
        serving.join(10)
    assert asked.is_set()


def test_a_picture_is_looked_into_while_others_write(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    site.config["WTF_CSRF_ENABLED"] = False
    client = site.test_client()
    sign_in(client, person())
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    picture.seek(0)
    busy = []

    def portrait(*_args: object, **_facts: object) -> bytes:
        busy.append(session().in_transaction())
        return b"a small square"

    monkeypatch.setattr("accounts.views.settings.portrait", portrait)
    answer = client.post("/settings/photo", data={"photo": (picture, "me.png")})
    assert answer.status_code == 303
    assert busy == [False]


def test_threads_that_name_the_same_new_tags_do_not_wait_for_each_other(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewers = [viewer_for(person().id) for _ in range(2)]
    names = [["alloys", "creep"], ["creep", "alloys"]]
    usual, both = tags._make_tag, Barrier(2)

    def slowly(name: str) -> object:
        made = usual(name)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.5)
        return made

    monkeypatch.setattr(tags, "_make_tag", slowly)
    db.session.remove()

    def start(place: int) -> int:
        with site.app_context():
            try:
                with unit_of_work():
                    home = board_at(viewers[place], "materials", "general")
                    return start_thread(
                        viewers[place],
                        board=home,
                        kind=ThreadKind.DISCUSSION,
                        title="The same words",
                        body="In another order.",
                        tags=names[place],
                    ).id
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(start, range(2)))) == 2


def test_the_worker_outlives_a_database_that_is_away(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[str] = []
    usual = jobs.run_one

    def run_one(*_note: object) -> bool:
        rounds.append("round")
        if len(rounds) == 1:
            raise OperationalError("SELECT", None, Exception("database is locked"))
        return usual()

    def fail() -> None:
        rounds.append("regular")
        raise OperationalError("DELETE", None, Exception("database is locked"))

    monkeypatch.setattr(jobs, "run_one", run_one)
    monkeypatch.setattr(jobs, "_schedule", {"fails": jobs.timedelta(hours=6)})
    monkeypatch.setattr(jobs, "_handlers", {"fails": fail})
    with site.app_context():
        work_forever(idle=0, should_stop=lambda: len(rounds) >= 5)
    assert rounds == ["round", "round", "regular", "round", "round"]

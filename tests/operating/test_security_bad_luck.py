"""A full disk and a lost database in the midst of a request: nothing half done, nothing lost, and the page says so."""

import errno
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, event, func, select, text

from accounts.blobs import blob_store
from forum.models import Post, Thread, Upload
from kernel import turns
from kernel.db import db, session
from tests.integration.conftest import Browser
from tests.integration.test_moderation_at_once import site
from tests.makers import forum as make
from tests.makers.api import Program
from tests.makers.people import person, sign_in

__all__ = ["site"]

Break = Callable[[], Any]
PAGE = {"Accept": "text/html"}


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    site.config["WTF_CSRF_ENABLED"] = False
    return Browser(site, site.response_class, use_cookies=True)


@pytest.fixture
def thread(client: FlaskClient) -> Thread:
    """A thread with its opening post; somebody with both languages of the house open is signed in."""
    sign_in(client, person())
    made = make.thread()
    db.session.remove()
    return made


def is_read(client: FlaskClient, thread: Thread) -> bool:
    return client.get(f"/threads/{thread.id}", follow_redirects=True).status_code == 200


def posts(thread: Thread) -> int:
    count = session().scalar(select(func.count(Post.id)).where(Post.thread_id == thread.id))
    db.session.remove()
    return count or 0


@contextmanager
def no_room() -> Iterator[None]:
    """The database itself refuses to grow, with the words that it has for a full disk."""
    engine = db.engine
    if engine.dialect.name == "sqlite":

        def stay_small(connection: Any) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count=1")  # never less than there are

        event.listen(engine, "begin", stay_small)
        yield
        event.remove(engine, "begin", stay_small)
        engine.dispose()  # the bound belongs to the connections
        return
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION full_disk() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'could not extend file' "
            "USING ERRCODE = '53100'; END $$ LANGUAGE plpgsql"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER full_disk BEFORE INSERT ON post FOR EACH ROW EXECUTE FUNCTION full_disk()"
        )
    yield
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER full_disk ON post")


def test_a_post_on_a_full_disk_is_refused_in_words_and_fits_later(client: FlaskClient, thread: Thread) -> None:
    words = {"body": "What I measured " + "at 400 °C. " * 2500}
    with no_room():
        answer = client.post(f"/threads/{thread.id}/posts", data=words, headers=PAGE)
        assert answer.status_code == 507
        assert answer.headers["Retry-After"] == "300"
        assert "The disk of this site is full" in answer.text
        assert is_read(client, thread), "reading goes on"
        assert posts(thread) == 1
    assert client.post(f"/threads/{thread.id}/posts", data=words).status_code == 303
    assert posts(thread) == 2


def test_a_program_hears_of_a_full_disk_as_a_problem(client: FlaskClient, thread: Thread) -> None:
    program = Program(client, person())
    with no_room():
        answer = program.post(f"/threads/{thread.id}/posts", {"body": "what was measured " * 1500})
    assert (answer.status_code, answer.content_type) == (507, "application/problem+json")
    assert answer.json["type"].endswith("disk-full")
    assert posts(thread) == 1


def send(client: FlaskClient, content: bytes) -> Any:
    """As a browser does; the client of the tests would write the body into a file of its own."""
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="values.csv"\r\n\r\n'
    kind = "multipart/form-data; boundary=edge"
    return client.post("/files", data=head + content + b"\r\n--edge--\r\n", content_type=kind, headers=PAGE)


def kept() -> tuple[int, list[str]]:
    """How many files the database knows, and what lies in the folder of what comes in."""
    count = session().scalar(select(func.count(Upload.id))) or 0
    db.session.remove()
    incoming = blob_store().root / "incoming"
    return count, [path.name for path in incoming.iterdir()] if incoming.exists() else []


def test_a_file_that_does_not_fit_leaves_nothing_behind(
    client: FlaskClient, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("kernel.files.blobs.os.fsync", full)
        answer = send(client, b"T/K,creep\n400,0.1\n")
        assert answer.status_code == 507
        assert "The disk of this site is full" in answer.text
        assert kept() == (0, [])
        assert is_read(client, thread)
    assert send(client, b"T/K,creep\n400,0.1\n").status_code in {201, 303}
    assert kept() == (1, [])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Werkzeug's parser leaves it to Python
def test_a_file_that_does_not_even_fit_while_it_arrives_is_refused_in_words(
    client: FlaskClient, thread: Thread
) -> None:
    """The system itself refuses to let a file grow beyond so many bytes."""
    content, before = b"0123456789" * 1_200_000, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000_000, before[1]))
    try:
        answer = send(client, content)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert thread.id
    assert answer.status_code == 507
    assert kept() == (0, [])


@contextmanager
def broken_at_the_post(cut: Break) -> Iterator[list[str]]:
    """Have `cut` happen once, just before a post would be written."""
    seen: list[str] = []

    def note(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO post ") and not seen:
            seen.append(statement)
            cut(connection)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def end_connection(connection: Any) -> None:
    """As when the server is restarted, or a network cut."""
    own = connection.connection.driver_connection.info.backend_pid
    other = create_engine(db.engine.url)
    with other.connect() as administrator:
        administrator.execute(text("SELECT pg_terminate_backend(:own, 5000)"), {"own": own})
    other.dispose()


def test_a_connection_lost_in_the_midst_of_a_post_leaves_nothing_half_done(client: FlaskClient, thread: Thread) -> None:
    if db.engine.dialect.name == "sqlite":
        return  # which has no connection that could be lost; what it has is a lock: see the next test
    with broken_at_the_post(end_connection) as seen:
        answer = client.post(f"/threads/{thread.id}/posts", data={"body": "Hello"}, headers=PAGE)
    assert seen, "it was cut in the midst"
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "The database does not answer" in answer.text
    assert "what you were just sending was not saved" in answer.text
    assert posts(thread) == 1
    assert client.post(f"/threads/{thread.id}/posts", data={"body": "Hello"}).status_code == 303, "and then again"
    assert posts(thread) == 2


def test_a_locked_database_is_said_to_be_busy_and_not_a_fault(
    client: FlaskClient, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name != "sqlite":
        return  # only SQLite has one lock for all that is written
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    other = sqlite3.connect(db.engine.url.database or "")
    other.execute("BEGIN IMMEDIATE")
    answer = client.post(f"/threads/{thread.id}/posts", data={"body": "Hello"}, headers=PAGE)
    other.close()
    assert answer.status_code == 503
    assert posts(thread) == 1
    assert client.post(f"/threads/{thread.id}/posts", data={"body": "Hello"}).status_code == 303


def test_without_any_database_pages_and_programs_are_told_in_their_language(
    client: FlaskClient, thread: Thread
) -> None:
    """Nobody can be known then, so that the page is a stranger's, in the language that the browser asks for."""
    engine = db.engine
    engine.dispose()

    def refuse(*_args: Any) -> None:
        if engine.dialect.name == "sqlite":
            fault = sqlite3.OperationalError("unable to open database file")
            fault.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise fault
        raise psycopg.OperationalError("connection refused")

    event.listen(engine, "do_connect", refuse)
    try:
        page = client.get(f"/threads/{thread.id}", headers=PAGE | {"Accept-Language": "zh-CN"})
        posted = client.post(f"/threads/{thread.id}/posts", data={"body": "x"}, headers={"Accept-Language": "en"})
        told = client.get("/api/v1/threads", headers={"Accept-Language": "en"})
        health = client.get("/healthz")
    finally:
        event.remove(engine, "do_connect", refuse)
    assert (page.status_code, posted.status_code, told.status_code, health.status_code) == (503, 503, 503, 503)
    assert "稍后" in page.text
    assert "The database does not answer" in posted.text
    assert told.json is not None
    assert told.json["type"].endswith("unavailable")
    assert page.headers["Content-Security-Policy"]
    assert is_read(client, thread)

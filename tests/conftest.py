"""What every test stands on: an application on each database, a transaction that is undone, and nobody outside."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy.session import Session as FlaskSession
from jinja2 import FileSystemBytecodeCache
from pytest_socket import socket_allow_hosts
from sqlalchemy import Connection, inspect
from sqlalchemy.orm import Session
from xdist.scheduler import LoadScopeScheduling

from alliances.queries import directory_counts
from forum.queries import page
from guildhall.app import create_app
from guildhall.settings import Settings
from ip_registry import sequencing, storage
from ip_registry.logs import open_log
from kernel import pagecache
from kernel.db import db
from kernel.web import Guildhall
from kernel.work import unit_of_work
from tests.makers.machine import drop_databases, need, postgres_site_url

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
DATABASE = re.compile(r"[-\[](sqlite|postgres)[-\]]")


class InGroups(LoadScopeScheduling):
    """Tests go to workers one by one, but together where each worker would else build the same: large groups go first.

    Those with a browser are two groups, each with one server and one browser; those of a module with a ground are one
    for each database.
    """

    def _split_scope(self, nodeid: str) -> str:
        module, _colons, test = nodeid.partition("::")
        if module.startswith("tests/browser/"):
            return "hostile" if "test_hostile" in module else "browser"
        return f"{module} {DATABASE.findall(test)[-1:]}" if _has_ground(module) else nodeid


@cache
def _has_ground(module: str) -> bool:
    return "\ndef ground(" in (ROOT / module).read_text(encoding="utf-8")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> InGroups:
    return InGroups(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = {
        str(report.longrepr[2])
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    }
    absent = sorted(
        name
        for name in ("browser", "postgres", "shared", "openssl", "node")
        if any(f"{name} was not found" in line for line in skipped)
    )
    terminalreporter.write_line(
        f"Not found, and so not tested with: {', '.join(absent)}."
        if absent
        else "Tested with browser, PostgreSQL and shared data."
    )


def pytest_runtest_setup() -> None:
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _empty_shelves() -> None:
    """Forget what was rendered before: a test that is undone leaves its numbers to the next."""
    shelves = (pagecache._pages, pagecache._pieces, pagecache._member_pages, page._summaries, directory_counts._counted)
    for shelf in shelves:
        shelf._items.clear()
        shelf._bytes = 0


@pytest.fixture(scope="session", autouse=True)
def _templates_are_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A run makes sites by the hundred: what one has compiled, in whichever worker, the others find."""
    own = tmp_path_factory.getbasetemp()
    kept = (own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / "templates"
    kept.mkdir(exist_ok=True)
    Guildhall.jinja_options = {**Guildhall.jinja_options, "bytecode_cache": FileSystemBytecodeCache(str(kept))}


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real and hostile data beside the project."""
    need("shared", found=SHARED.is_dir())
    return SHARED


def pytest_sessionfinish() -> None:
    drop_databases()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The site on an empty database with the sectors in it, once on each engine."""
    url = ""
    if request.param == "postgres":
        found = postgres_site_url("app")
        need("postgres", found=found is not None)
        url = found or ""
    settings = Settings(
        data=tmp_path_factory.mktemp(request.param),
        database_url=url,
        rate_limits=False,
        log_requests=False,
        secret_key="a" * 8 + "test-key-that-is-long-enough-and-only-for-tests",
    )
    application = create_app(settings)
    application.config["TESTING"] = True
    with application.app_context():
        from seeds import ensure_sectors

        db.create_all()
        ensure_sectors()
        with unit_of_work() as work:
            open_log(work)
    yield application
    with application.app_context():
        db.session.remove()
        db.engine.dispose()


@dataclass(frozen=True)
class Ground:
    """What all tests of a module begin with, and the connection in whose transaction it stands."""

    connection: Connection
    built: Any


@pytest.fixture(scope="module")
def ground() -> Ground | None:
    """A module whose tests begin with something that takes long to build says so by a fixture of this name."""
    return None


@contextmanager
def standing(app: Flask, build: Callable[[], Any]) -> Iterator[Ground]:
    """Build something once for the tests of a module; what each of them does to it is undone.

    Its objects belong to no session any more: a test reads them, and loads anew what it wants to change.
    """
    with app.app_context(), db.engine.connect() as connection, undone(app, connection):
        built = build()
        for thing in list(db.session):
            if inspect(thing).expired_attributes:
                db.session.refresh(thing)
        db.session.remove()
        yield Ground(connection, built)


@pytest.fixture
def database(app: Flask, ground: Ground | None) -> Iterator[Session]:
    """A session inside a transaction that is undone after the test.

    Every request in the test gets a session of its own on the same connection; their commits are savepoints.
    What a request changed is seen in the test's own objects after `database.expire_all()`.
    """
    with (
        app.app_context(),
        nullcontext(ground.connection) if ground else db.engine.connect() as connection,
        undone(app, connection) as session,
    ):
        yield session


@contextmanager
def undone(app: Flask, connection: Connection) -> Iterator[Session]:
    """Sessions on this one connection, whose commits are savepoints; in the end it is as it was."""
    outer = connection.begin_nested() if connection.in_transaction() else connection.begin()

    class OneConnection(FlaskSession):
        def get_bind(self, *_args: Any, **_kwargs: Any) -> Connection:
            return connection

    usual, noted = db.session, {path: path.read_bytes() for path in high_water_files(app)}
    db.session = db._make_scoped_session(
        {"class_": OneConnection, "join_transaction_mode": "create_savepoint", "expire_on_commit": False}
    )
    try:
        yield db.session()
    finally:
        db.session.remove()
        db.session = usual
        outer.rollback()
        forget_log(app, noted)


def forget_log(app: Flask, noted: Mapping[Path, bytes]) -> None:
    """Forget how far the log was signed since then: the test that signed it is undone, as no site ever is."""
    for path in high_water_files(app):
        path.unlink()
    for path, before in noted.items():
        path.write_bytes(before)
    sequencing._started.clear()
    storage._caches.clear()


def high_water_files(app: Flask) -> list[Path]:
    """The files that know how far the logs of this site were signed."""
    return list(app.config["DATA"].glob("ledger.high-water.*"))


@pytest.fixture
def client(app: Flask, database: Session) -> FlaskClient:
    """A browser without JavaScript."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()

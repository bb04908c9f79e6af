"""The browser of the integration tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.db import db
from kernel.limits import limiter
from tests.makers import forum as make
from tests.makers.machine import need, postgres_site_url
from tests.makers.search import forget_index, settings

KINDS = {"whoosh": "sqlite", "tantivy": "sqlite", "postgres": "postgres"}


class Browser(FlaskClient):
    """A test client whose every request has an application context, and so a session and a `g`, of its own.

    Without it, Flask would reuse the context that the test itself stands in, and with it the last viewer.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        with self.application.app_context():
            return super().open(*args, **kwargs)


@pytest.fixture
def client(app: Flask, database: Session) -> FlaskClient:
    """A browser without JavaScript."""
    app.config["WTF_CSRF_ENABLED"] = False
    return Browser(app, app.response_class, use_cookies=True)


@pytest.fixture(autouse=True)
def limits_as_before() -> Iterator[None]:
    """There is one limiter for all applications of the process: one that limits must not leave it on for the others."""
    was_enabled = limiter.enabled
    yield
    limiter.enabled = was_enabled


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Flask]]:
    """A site on SQLite and one on PostgreSQL where commits are commits, each made when it is first asked for."""
    made: dict[str, Flask] = {}

    def site_on(database: str) -> Flask:
        if database not in made:
            made[database] = _site(database, tmp_path_factory.mktemp(database))
        return made[database]

    yield site_on
    for app in made.values():
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _site(database: str, data: Path) -> Flask:
    url = postgres_site_url("indexing") if database == "postgres" else ""
    need("postgres", found=url is not None)
    app = create_app(
        Settings(data=data, database_url=url or "", rate_limits=False, log_requests=False, secret_key="k" * 12)
    )
    with app.app_context():
        from seeds import ensure_sectors

        db.create_all()
        ensure_sectors()
        make.thread(title="Zircaloy creep at 400 °C", body="Who has measured it? 锆合金蠕变", board=make.board())
    return app


@pytest.fixture(params=list(KINDS))
def indexed_site(request: pytest.FixtureRequest, lasting: Callable[[str], Flask]) -> Iterator[Flask]:
    """A site with one of the engines, and no index yet."""
    app = lasting(KINDS[request.param])
    with settings(app, search_engine=request.param), app.app_context():
        forget_index()
        yield app
        db.session.rollback()
        forget_index()

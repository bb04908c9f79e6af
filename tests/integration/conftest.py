"""The browser of the integration tests."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from kernel.limits import limiter


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

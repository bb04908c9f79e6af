"""The browser of the integration tests."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse


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

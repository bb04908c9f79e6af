"""A program that speaks to the API, with or without a token."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from accounts.models import User
from kernel.db import db
from tests.makers.people import api_token

PREFIX = "/api/v1"


class Program:
    """Sends JSON to the API; what comes back is checked to be JSON, a problem, or nothing."""

    def __init__(
        self, client: FlaskClient, user: User | None = None, *, scopes: tuple[str, ...] = ("read", "write")
    ) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {api_token(user, scopes=scopes)}"} if user else {}

    def send(self, method: str, path: str, body: Any = None, *, key: str | None = None, **query: Any) -> TestResponse:
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        answer = self.client.open(PREFIX + path, method=method, json=body, headers=headers, query_string=query or None)
        if answer.status_code == 204:
            assert answer.data == b""
        elif answer.status_code < 400:
            assert answer.content_type == "application/json"
        else:
            assert answer.content_type == "application/problem+json"
            assert answer.json["status"] == answer.status_code
        return answer

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.send("GET", path, **query)

    def post(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        return self.send("POST", path, body, **more)

    def put(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        return self.send("PUT", path, body, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        return self.send("PATCH", path, body, **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        return self.send("DELETE", path, **more)


@contextmanager
def queries(*, at_most: int) -> Iterator[list[str]]:
    """Fail when the work inside asks the database more often."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(seen) <= at_most, f"{len(seen)} queries:\n" + "\n".join(line[:160] for line in seen)

"""Long checks hold up nobody: they are done before the database's lock is taken."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from ip_registry import schemas
from kernel.db import db, session
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.people import person


@pytest.mark.parametrize("path", ["/registrations", "/registrations:batch"])
def test_others_write_while_a_registration_is_checked(
    lasting: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    app, written = lasting("sqlite"), []
    usual = schemas.check

    def check(*arguments: Any) -> Any:
        with sqlite3.connect(str(db.engine.url.database), timeout=0.2, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        written.append(True)
        return usual(*arguments)

    monkeypatch.setattr(schemas, "check", check)
    with app.app_context():
        owner = person()
        leaf = {"leaf": make.sealed(owner).leaf.data.decode()}
        program = Program(app.test_client(), owner)
        session().rollback()
        made = program.post(path, {"items": [leaf]} if path.endswith("batch") else leaf, key="once")
        assert made.status_code == 201
        assert written == [True]

"""A view that says no has changed nothing, however far its action had come."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from kernel.db import db, prepare_engine, session
from kernel.jobs import Job, enqueue
from kernel.web import Guildhall, Kept
from kernel.work import after_commit, reading

told: list[str] = []


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Flask]:
    """A site of one page, which writes a row and then answers with the status that it is asked for."""
    app = Guildhall("site")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path / 'site.db'}"
    db.init_app(app)

    @app.post("/<int:status>")
    def write(status: int) -> ResponseReturnValue:
        enqueue("told", status=status)
        session().flush()
        after_commit(lambda: told.append(str(status)))
        return "What came of it", status

    @app.post("/kept/<int:status>")
    def keep(status: int) -> ResponseReturnValue:
        write(status)
        return Kept("The draft is kept", status)

    with app.app_context():
        prepare_engine(db.engine)
        Job.__table__.create(db.engine)  # type: ignore[attr-defined]  # a Table, which SQLAlchemy types as FromClause
        told.clear()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(("status", "is_kept"), [(200, True), (201, True), (303, True), (409, False), (422, False)])
def test_what_is_answered_by_a_refusal_is_undone(site: Flask, status: int, *, is_kept: bool) -> None:
    assert site.test_client().post(f"/{status}").status_code == status
    with reading() as work:
        assert len(work.scalars(select(Job)).all()) == is_kept
    assert told == [str(status)] * is_kept


def test_what_is_kept_on_purpose_beside_a_refusal_stays(site: Flask) -> None:
    assert site.test_client().post("/kept/422").status_code == 422
    with reading() as work:
        assert len(work.scalars(select(Job)).all()) == 1

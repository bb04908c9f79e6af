"""However many records there are, nobody's list or search looks at all of them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from ip_registry import search
from ip_registry.actions.embargoes import end_embargoes
from ip_registry.actions.rekeying import settle_all
from ip_registry.kinds import RECORD
from ip_registry.queries import lists
from ip_registry.queries.records import record_view
from kernel.db import db
from kernel.refs import Ref, cards
from kernel.viewer import Viewer
from tests.makers import registry as make
from tests.makers.people import person

READS: dict[str, Callable[[Viewer, make.Made], Any]] = {
    "my records": lambda viewer, _made: lists.my_records(viewer),
    "what I was shown": lambda viewer, _made: lists.shown_to_me(viewer),
    "what waits for me": lambda viewer, _made: lists.waiting_for_me(viewer),
    "the timeline": lambda _viewer, _made: lists.public_timeline(),
    "somebody's public ones": lambda viewer, _made: lists.disclosed_by(viewer.me),
    "a record by its number": lambda viewer, made: record_view(viewer, made.number),
    "a record by its leaf": lambda viewer, made: record_view(viewer, made.sealed.leaf.hash),
    "a card": lambda viewer, made: cards(viewer, [Ref(RECORD, made.record.id)]),
    "tokens of a search": lambda viewer, _made: list(search.tokens(viewer)),
    "hits of a search": lambda viewer, made: search.show(viewer, [made.record.id]),
    "documents": lambda _viewer, made: list(search.documents([made.record.id])),
}


@pytest.mark.parametrize("what", READS)
def test_a_read_finds_its_records_by_an_index(client: FlaskClient, database: Session, what: str) -> None:
    owner = person()
    made, viewer = make.record(owner), viewer_for(owner.id)
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        READS[what](viewer, made)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert asked
    if db.engine.dialect.name == "sqlite":
        plans = [
            str(row[-1])
            for statement, parameters in asked
            for row in database.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
        scans = [plan for plan in plans if plan.startswith("SCAN record") and "COVERING" not in plan]
        assert scans == []


def test_the_calendar_asks_for_what_is_due_only(client: FlaskClient, database: Session) -> None:
    make.record()
    assert (end_embargoes(secret="s"), settle_all()) == (0, 0)

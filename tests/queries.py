"""Counting what a page asks of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from kernel.db import db


@contextmanager
def queries(*, at_most: int) -> Iterator[list[str]]:
    """Fail when the block runs more statements than `at_most`; savepoints of the test itself are not counted."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(seen) <= at_most, f"{len(seen)} queries:\n" + "\n---\n".join(seen)

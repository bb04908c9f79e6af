"""Comparing a column with what it is derived from, and putting it right."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, bindparam, select, update
from sqlalchemy.orm import InstrumentedAttribute

from kernel.db import session


def compare(
    column: InstrumentedAttribute[Any],
    truth: ColumnElement[Any] | InstrumentedAttribute[Any],
    *joins: tuple[Any, ColumnElement[bool]],
    where: Sequence[ColumnElement[bool]] = (),
    mend: bool,
) -> list[str]:
    """One sentence for each row whose `column` is not `truth`, which may use the (outer) joined subqueries."""
    model = column.class_
    table: Table = model.__table__
    query = select(model.id, column.label("kept"), truth.label("right")).select_from(model)
    for target, condition in joins:
        query = query.outerjoin(target, condition)
    rows = session().execute(query.where(column.is_distinct_from(truth), *where).order_by(model.id)).all()
    if mend:
        set_right(table, column.key, rows)
    return [f"{model.__name__} {row.id}: {column.key} is {row.kept!s}, should be {row.right!s}." for row in rows]


def set_right(table: Table, name: str, rows: Sequence[Row[Any]]) -> None:
    """Write the right values, all in one go."""
    if not rows:
        return
    change = update(table).where(table.c.id == bindparam("row_id")).values({name: bindparam("right_value")})
    session().connection().execute(change, [{"row_id": row.id, "right_value": row.right} for row in rows])
    session().expire_all()

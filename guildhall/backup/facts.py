"""What a database holds, in figures that a restored one must show again."""

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, func, select, text
from sqlalchemy.orm import InstrumentedAttribute

SAMPLE = 50
VERSIONS = "alembic_version"

Facts = dict[str, Any]


def facts_of(connection: Connection) -> Facts:
    """Rows and a sample of every table, the version of the schema, and how far the logs are."""
    return _facts(connection, _tables(connection))


def facts_and_blobs(connection: Connection, columns: Iterable[InstrumentedAttribute[Any]]) -> tuple[Facts, set[str]]:
    """The same, and the hashes of files that rows point at, as far as this schema has the columns."""
    tables, found = _tables(connection), set[str]()
    for pointer in columns:
        column = _column(tables, pointer)
        if column is not None:
            found |= set(connection.scalars(select(column).where(column.is_not(None))))
    return _facts(connection, tables), found


def differences(wanted: Facts, found: Facts) -> list[str]:
    """Where a restored database is another one than that which was backed up, in sentences."""
    faults = []
    for name, table in wanted["tables"].items():
        other = found["tables"].get(name)
        if other is None:
            faults.append(f"Table {name} is missing.")
        elif other["rows"] != table["rows"]:
            faults.append(f"Table {name} has {other['rows']:,} rows, and {table['rows']:,} were backed up.")
        elif other["sample"] != table["sample"]:
            faults.append(f"The newest rows of table {name} are not those that were backed up.")
    if wanted["ledger"] != found["ledger"]:
        faults.append("The log is not as far as it was, or has another root.")
    return faults


def _facts(connection: Connection, tables: dict[str, Table]) -> Facts:
    return {
        "schema": _schema(connection, tables),
        "tables": {table.name: _table(connection, table) for table in tables.values()},
        "ledger": _logs(connection, tables),
    }


def _tables(connection: Connection) -> dict[str, Table]:
    found = MetaData()
    found.reflect(connection, resolve_fks=False)
    return dict(found.tables)


def _column(tables: dict[str, Table], pointer: InstrumentedAttribute[Any]) -> Column[Any] | None:
    name = pointer.property.columns[0]
    table = tables.get(name.table.name)
    return None if table is None else table.columns.get(name.name)


def _schema(connection: Connection, tables: dict[str, Table]) -> str:
    if VERSIONS not in tables:
        return ""
    return str(connection.scalar(select(tables[VERSIONS].c.version_num)) or "")


def _table(connection: Connection, table: Table) -> dict[str, Any]:
    rows = connection.scalar(select(func.count()).select_from(table)) or 0
    newest = [column.desc() for column in table.primary_key.columns]
    digest = hashlib.sha256()
    if newest:
        for row in connection.execute(select(table).order_by(*newest).limit(SAMPLE)):
            digest.update(repr(tuple(row)).encode())
    return {"rows": rows, "sample": digest.hexdigest()}


def _logs(connection: Connection, tables: dict[str, Table]) -> list[dict[str, Any]]:
    if "ledger_log" not in tables:
        return []
    rows = connection.execute(text("SELECT label, origin, size, root FROM ledger_log ORDER BY id"))
    return [{"label": row.label, "origin": row.origin, "size": row.size, "root": bytes(row.root).hex()} for row in rows]

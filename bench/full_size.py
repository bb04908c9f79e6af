"""A database of full size: real discussions where they are at hand, copied by SQL until there are so many posts."""

import subprocess
import sys
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Connection, MetaData, Table, bindparam, func, insert, literal, select, text
from sqlalchemy.sql.expression import ColumnElement

from bench.filling import fill
from bench.servers import ROOT
from kernel.checks import run_checks
from kernel.db import db
from kernel.work import unit_of_work

SHARED = ROOT.parent / "shared" / "data" / "threads"


def fill_to(app: Flask, posts: int, environment: dict[str, str]) -> int:
    """Fill the site's empty database; how many posts it holds."""
    with app.app_context():
        upgrade()
        db.engine.dispose()
    files = sorted(SHARED.glob("*.jsonl.gz"))
    with app.app_context():
        if files:
            _import(files, environment)
        else:
            fill()
        with db.engine.connect() as connection:
            _multiply(connection, posts)
            connection.commit()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
            count = connection.scalar(text("SELECT count(*) FROM post")) or 0
        with unit_of_work():
            run_checks(mend=True)  # the counters know nothing of the copies
        db.engine.dispose()  # SQLite takes what its journal holds into the file when the last connection closes
    return count


def _import(files: list[Path], environment: dict[str, str]) -> None:
    for words in (["seed", "sectors"], *(["import", "threads", str(file), "--community", "ict"] for file in files)):
        command = [sys.executable, "-m", "guildhall", *words]
        subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def _multiply(connection: Connection, posts: int) -> None:
    """The same threads again under other numbers."""
    tables = MetaData()
    tables.reflect(connection, only=["thread", "post"])
    thread, post = tables.tables["thread"], tables.tables["post"]
    last_thread, last_post, have = (
        connection.scalar(select(what)) or 0
        for what in (func.max(thread.c.id), func.max(post.c.id), func.count(post.c.id))
    )
    for round_ in range(1, -(-posts // have)):
        threads, replies = last_thread * round_, last_post * round_
        _copy(connection, thread, up_to=last_thread, id=threads, source_id=round_)
        _copy(connection, post, up_to=last_post, id=replies, thread_id=threads, reply_to_id=replies)
    if connection.dialect.name == "postgresql":
        for name in ("thread", "post"):
            connection.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")  # noqa: S608 - our own names
            )


def _copy(connection: Connection, table: Table, *, up_to: int, **shifts: int) -> None:
    def shifted(name: str) -> ColumnElement[object]:
        column = table.c[name]
        if name not in shifts:
            return column
        return column + f":{shifts[name]}" if name == "source_id" else column + literal(shifts[name])

    names = [column.name for column in table.columns]
    rows = select(*(shifted(name) for name in names)).where(table.c.id <= bindparam("last"))
    connection.execute(insert(table).from_select(names, rows), {"last": up_to})

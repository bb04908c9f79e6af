"""The one module that knows Flask-SQLAlchemy: the models' base, the session, and how each database is opened."""

import sqlite3
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

from flask import has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON as SA_JSON
from sqlalchemy import BigInteger, CursorResult, DateTime, Dialect, Engine, Integer, MetaData, UpdateBase, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    UOWTransaction,
    mapped_column,
    registry,
)
from sqlalchemy.types import TypeDecorator

from kernel import turns

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BUSY_TIMEOUT = 15_000  # milliseconds, for whatever else SQLite may wait for
SHORTEST_NAP, LONGEST_NAP = 0.0005, 0.01  # seconds
PRIMARY = 0xFF  # the part of SQLite's code of an error that says what sort it is

only_reads: ContextVar[bool] = ContextVar("only_reads", default=False)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Naive values are refused; what comes back is aware and in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: UTC, without the offset where the database has no room for it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime: use kernel.clock.now()")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """From the database: always aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigInt = BigInteger().with_variant(Integer, "sqlite")
Json = SA_JSON().with_variant(JSONB(), "postgresql")

PrimaryKey = Annotated[int, mapped_column(BigInt, primary_key=True)]


class Base(DeclarativeBase):
    """Base of every model. The annotation map hangs on the registry, where Flask-SQLAlchemy leaves it alone."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    registry = registry(
        type_annotation_map={datetime: UtcDateTime(), int: BigInt, dict[str, Any]: Json, list[str]: Json}
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

__all__ = [
    "Base",
    "BigInt",
    "Json",
    "Mapped",
    "Model",
    "PrimaryKey",
    "UtcDateTime",
    "db",
    "only_reads",
    "overwrite_what_is_deleted",
    "session",
]


def session() -> Session:
    """The session of this request, job or command."""
    return db.session()


def changed(statement: UpdateBase, **options: Any) -> int:
    """Run an INSERT, UPDATE or DELETE; how many rows it touched. `options` are those of its execution."""
    done = session().execute(statement, execution_options=options)
    return cast("CursorResult[Any]", done).rowcount


def overwrite_what_is_deleted() -> None:
    """From here on this unit leaves nothing readable behind: SQLite only marks deleted bytes as free otherwise.

    PostgreSQL keeps them until its next vacuum, both databases in their logs for a while, and backups for as long as
    the operator says.
    """
    if db.engine.dialect.name == "sqlite":
        session().connection().exec_driver_sql("PRAGMA secure_delete=ON")


def reading_only() -> bool:
    """Whether the work at hand is a GET, or a unit that said so: nothing may be written in it."""
    return only_reads.get() or (has_request_context() and request.method in SAFE_METHODS)


class WriteInReadError(RuntimeError):
    """Somebody tried to write while answering a GET."""


@event.listens_for(Session, "before_flush")
def _refuse_flush_when_reading(current: Session, _context: UOWTransaction, _instances: object) -> None:
    if reading_only() and (current.new or current.deleted or any(map(current.is_modified, current.dirty))):
        raise WriteInReadError("a GET tried to flush changes")


@event.listens_for(Session, "do_orm_execute")
def _refuse_writes_when_reading(state: ORMExecuteState) -> None:
    if (state.is_insert or state.is_update or state.is_delete) and reading_only():
        raise WriteInReadError("a GET tried to write")


def _take_write_lock(connection: Any) -> None:
    """Take SQLite's write lock as soon as no other process has it.

    SQLite's own way to wait sleeps longer each time, up to a tenth of a second, while others take the lock. Here a nap
    is a tenth of the time waited so far.
    """
    driver, started = connection.connection.driver_connection, time.monotonic()
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while (waited := time.monotonic() - started) < turns.PATIENCE:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as fault:
                if fault.sqlite_errorcode & PRIMARY != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(min(max(waited / 10, SHORTEST_NAP), LONGEST_NAP))
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the last try says what is wrong
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT}")


def prepare_engine(engine: Engine) -> None:
    """Set up the connections of `engine`.

    SQLite runs in WAL mode and syncs at every commit, so that what was acknowledged survives a power cut;
    a unit that may write takes the write lock at once (BEGIN IMMEDIATE), so that it never has to be refused
    half-way because its snapshot grew old.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT}",
            "cache_size=-16000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    line = turns.Turns()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if reading_only():
            connection.connection.driver_connection.execute("BEGIN")
            return
        if (turn := line.take()) is not None:
            connection.info["turn"] = turn
        _take_write_lock(connection)

    @event.listens_for(engine, "checkin")
    def _checkin(_connection: object, record: Any) -> None:
        if (turn := record.info.pop("turn", None)) is not None:
            line.give(turn)

"""The engine of a site whose machines share a PostgreSQL: candidates by a GIN index, then the same BM25 as everywhere.

It has connections of its own, and its writer a transaction of its own: a search works inside a request that may not
write, and what is applied is there as a whole or not at all, position included.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import ClassVar

import psycopg
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError

from kernel.db import db
from search_index.documents import Document
from search_index.engine import BusyError, EngineError, Query, Results, Stats
from search_index.engines import postgres_tables as tables
from search_index.engines.postgres_answering import Sets, answer
from search_index.engines.postgres_spelling import spellings
from search_index.engines.postgres_tables import Tables
from search_index.engines.postgres_writing import write

FORMAT = 2
AT_ONCE = 5_000  # fingerprints
SIZE_HOLDS = 30.0  # seconds for which the size on disk is not asked again
SETTINGS = {
    "application_name": "guildhall-search",
    "jit": "off",  # costs more than any of these queries
    "max_parallel_workers_per_gather": "0",
    "plan_cache_mode": "force_custom_plan",  # a word may be rare or be in every document
    "work_mem": "32MB",
    "statement_timeout": "15s",
}


class PostgresEngine:
    """See `Engine`."""

    name: ClassVar[str] = "postgres"
    at_once: ClassVar[int] = 1_000

    def __init__(self, place: str, url: URL) -> None:
        self._tables = Tables.of(place)
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        self._engine = create_engine(
            url,
            pool_size=2,
            max_overflow=10,
            pool_pre_ping=True,
            connect_args={"options": options, "connect_timeout": 5},
        )
        self._writer: Connection | None = None
        self._writing = Lock()
        self._size = (-SIZE_HOLDS, 0)
        self._sets = Sets()
        with _in_our_words(), self._engine.begin() as connection:
            if not tables.exist(connection, self._tables):
                tables.create(connection, self._tables)

    def apply(self, documents: Iterable[Document], deleted: Collection[str], *, position: int) -> None:
        """See `Engine.apply`."""
        with self._writing:
            try:
                with _in_our_words():
                    connection = self._writer = self._writer or self._locked()
                    with connection.begin():
                        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                        write(connection, self._tables, documents, deleted, position)
            except BaseException:
                self._give_up()
                raise

    def finish(self) -> None:
        """Let the planner know what there is; what waits to enter the GIN index enters it."""
        with _in_our_words(), self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            for table in (self._tables.doc, self._tables.term, self._tables.labels):
                connection.exec_driver_sql(f"VACUUM (ANALYZE) {table}")
            connection.invalidate()  # with its settings

    def refresh(self) -> None:
        """Every search sees the newest commit."""

    def search(
        self,
        query: Query,
        *,
        audience: Collection[str],
        limit: int = 20,
        cursor: tuple[float, str] | None = None,
        facets: Sequence[str] = (),
        hidden: Collection[str] = (),
    ) -> Results:
        """See `Engine.search`."""
        with _in_our_words(), self._engine.begin() as connection:
            return answer(connection, self._tables, self._sets, query, audience, limit, cursor, facets, hidden)

    def spellings(self, token: str, *, limit: int = 5) -> list[str]:
        """See `Engine.spellings`."""
        with _in_our_words(), self._engine.begin() as connection:
            return spellings(connection, self._tables, token, limit=limit)

    def fingerprints(self) -> Iterator[tuple[str, str]]:
        """See `Engine.fingerprints`."""
        last = ""
        while True:
            with _in_our_words(), self._engine.begin() as connection:
                some = connection.exec_driver_sql(
                    f"SELECT key, print FROM {self._tables.doc} WHERE key > %s ORDER BY key LIMIT {AT_ONCE}", (last,)
                ).all()
            for last, number in some:
                yield last, f"{number + 2**63:016x}"
            if len(some) < AT_ONCE:
                return

    def stats(self) -> Stats:
        """See `Engine.stats`; the size may be of half a minute ago."""
        with _in_our_words(), self._engine.begin() as connection:
            documents, position = connection.exec_driver_sql(
                f"SELECT documents, position FROM {self._tables.state}"
            ).one()
            if time.monotonic() - self._size[0] >= SIZE_HOLDS:
                self._size = (time.monotonic(), tables.size(connection, self._tables))
        return Stats(int(documents), self._size[1], int(position))

    def close(self) -> None:
        """See `Engine.close`."""
        with self._writing:
            self._give_up()
        self._engine.dispose()

    def _locked(self) -> Connection:
        """A connection that holds the lock of the one writer for as long as it lives."""
        connection = self._engine.connect()
        try:
            with connection.begin():
                is_ours = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({self._tables.lock})").scalar()
        except BaseException:
            connection.close()
            raise
        if not is_ours:
            connection.close()
            raise BusyError(f"somebody else writes {self._tables.name}")
        return connection

    def _give_up(self) -> None:
        connection, self._writer = self._writer, None
        if connection is not None:
            connection.invalidate()  # and with it the lock
            connection.close()


def open_index(place: Path, *, url: URL | None = None) -> PostgresEngine:
    """The index whose tables are called after `place`, in the database of the site unless another is given."""
    url = url or db.engine.url
    if url.get_backend_name() != "postgresql":
        raise EngineError("the search engine postgres needs a site on PostgreSQL")
    return PostgresEngine(place.name, url)


def drop(name: str, *, url: URL | None = None) -> None:
    """Remove the tables of an index, if there are any."""
    engine = create_engine(url or db.engine.url)
    try:
        with _in_our_words(), engine.begin() as connection:
            tables.drop(connection, Tables.of(name))
    finally:
        engine.dispose()


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, psycopg.Error) as error:  # the latter while rows are copied in
        raise EngineError(str(error)) from error

"""A database on the PostgreSQL of this machine for as long as a measurement lasts, where there is one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

POSTGRES = os.environ.get("GUILDHALL_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432")


@contextmanager
def scratch_database() -> Iterator[str | None]:
    """The address of a new, empty database; None when no server answers."""
    name = f"guildhall_bench_{os.getpid()}"
    try:
        _administer(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
    except SQLAlchemyError:
        print("No PostgreSQL answers; it is not measured.")
        yield None
        return
    try:
        yield f"{POSTGRES}/{name}"
    finally:
        with suppress(SQLAlchemyError):
            _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


def _administer(statement: str) -> None:
    engine = create_engine(f"{POSTGRES}/postgres", isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()

"""What this machine has for the tests: what they need of it, and databases of its PostgreSQL.

It is no part of `conftest`, which pytest and the tests import as two modules with two memories.
"""

import os

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

REQUIRED = {name for name in os.environ.get("GUILDHALL_REQUIRE", "").split(",") if name}
POSTGRES = os.environ.get("GUILDHALL_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432")
made: set[str] = set()


def need(what: str, *, found: bool) -> None:
    """Skip where `what` is not at hand; fail where it is required."""
    if found:
        return
    if what in REQUIRED:
        pytest.fail(f"{what} is required and was not found")
    pytest.skip(f"{what} was not found")


def postgres_url(purpose: str) -> str | None:
    """The address of a new, empty database; None when no server answers. It is dropped when the session ends."""
    name = f"guildhall_test_{purpose}_{os.getpid()}"
    try:
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        _administer(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
    except SQLAlchemyError:
        return None
    made.add(name)
    return f"{POSTGRES}/{name}"


def _administer(statement: str) -> None:
    engine = create_engine(f"{POSTGRES}/postgres", isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 20})
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def drop_databases() -> None:
    """Drop what was made here."""
    while made:
        _administer(f'DROP DATABASE IF EXISTS "{made.pop()}" WITH (FORCE)')

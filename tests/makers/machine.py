"""What this machine has for the tests: what they need of it, and databases of its PostgreSQL.

It is no part of `conftest`, which pytest and the tests import as two modules with two memories.
"""

import os
from functools import cache

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
    name = _named(purpose)
    try:
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        _administer(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
    except SQLAlchemyError:
        return None
    made.add(name)
    return f"{POSTGRES}/{name}"


def postgres_site_url(purpose: str) -> str | None:
    """The same with the tables of a site in it, copied from a database that has them: a tenth of making them anew."""
    template = _template()
    if template is None:
        return None
    name = _named(purpose)
    _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    made.add(name)
    return f"{POSTGRES}/{name}"


@cache
def _template() -> str | None:
    """A database with all tables and nothing in them, to which nobody is connected; one for each process."""
    from guildhall.rooms import open_rooms
    from kernel.db import db

    url = postgres_url("template")
    if url is None:
        return None
    open_rooms()  # they bring the tables
    engine = create_engine(url)
    db.metadata.create_all(engine)
    engine.dispose()
    return _named("template")


def _named(purpose: str) -> str:
    return f"guildhall_test_{purpose}_{os.getpid()}"


def _administer(statement: str) -> None:
    engine = create_engine(f"{POSTGRES}/postgres", isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 20})
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def drop_databases() -> None:
    """Drop what was made here."""
    while made:
        _administer(f'DROP DATABASE IF EXISTS "{made.pop()}" WITH (FORCE)')

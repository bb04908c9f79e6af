"""The schema: what the models say, what the migrations make, and that both databases go up and down with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import Table, create_engine, inspect, text

from guildhall.app import create_app
from guildhall.migrations import with_migrations
from guildhall.settings import Settings
from kernel.db import Base, db
from tests.house.source import ROOT

POSTGRES_NAME = "guildhall_test_migrations"


@pytest.fixture
def unborn(app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """The site with an empty database of its own, once on each engine."""
    url, server = "", None
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            server = create_engine(db.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    name = f"{POSTGRES_NAME}_{tmp_path.name}".lower()
    if server is not None:
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            connection.execute(text(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0"))
        url = server.url.set(database=name).render_as_string(hide_password=False)
    made = with_migrations(create_app(Settings(data=tmp_path, database_url=url, rate_limits=False, log_requests=False)))
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()
    if server is not None:
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        server.dispose()


def _tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_models_and_migrations_say_the_same(unborn: Flask) -> None:
    upgrade()
    assert _tables() == set(Base.metadata.tables)
    check()


def test_the_schema_goes_up_down_and_up_again(unborn: Flask) -> None:
    upgrade()
    downgrade(revision="base")
    assert _tables() == set()
    upgrade()
    check()


def test_migrations_are_dated_linear_and_free_of_the_models() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(ROOT / "migrations" / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == 1
    for script in scripts.walk_revisions():
        file = Path(script.path)
        assert file.name[:11].replace("_", "").isdigit(), file.name
        imports = [
            line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith(("import", "from"))
        ]
        assert all(line.split()[1].split(".")[0] in ("sqlalchemy", "alembic", "datetime") for line in imports), (
            file.name
        )


def _prefixes(table: Table) -> set[tuple[str, ...]]:
    """Every list of columns that an index of the table, its primary key or a unique constraint can look up."""
    full = [tuple(column.name for column in index.columns) for index in table.indexes if not _is_partial(index)]
    full.append(tuple(column.name for column in table.primary_key.columns))
    full += [
        tuple(column.name for column in constraint.columns)
        for constraint in table.constraints
        if type(constraint).__name__ == "UniqueConstraint"
    ]
    return {columns[:length] for columns in full for length in range(1, len(columns) + 1)}


def _is_partial(index) -> bool:
    return index.dialect_options["postgresql"].get("where") is not None


def test_every_foreign_key_is_indexed() -> None:
    """Else deleting a row, or looking up what points to it, reads the whole table."""
    missing = [
        f"{table.name}.{', '.join(columns)}"
        for table in Base.metadata.tables.values()
        for columns in (tuple(column.name for column in key.columns) for key in table.foreign_key_constraints)
        if columns not in _prefixes(table)
    ]
    assert missing == []


def test_no_relationship_starts_a_query_by_itself() -> None:
    lazy = [
        f"{mapper.class_.__name__}.{relationship.key}"
        for mapper in Base.registry.mappers
        for relationship in mapper.relationships
        if relationship.lazy not in ("raise", "raise_on_sql")
    ]
    assert lazy == []


def test_every_instant_is_aware() -> None:
    from sqlalchemy import DateTime

    naive = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, DateTime)
    ]
    assert naive == []

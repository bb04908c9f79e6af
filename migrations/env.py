"""How a migration meets the database: in one transaction on every engine, and without the models' own types."""

from alembic import context
from flask import current_app
from sqlalchemy import JSON, Connection

from kernel.db import UtcDateTime

extension = current_app.extensions["migrate"]


def render_item(kind, item, autogen):
    """Write plain column types in place of ours: a migration must outlive the code it was made from."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def skip_empty(_context, _revision, directives):
    """Make no file when models and database agree."""
    is_making = getattr(context.config.cmd_opts, "autogenerate", False)
    if is_making and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def enforce_foreign_keys(connection: Connection, *, enforced: bool) -> None:
    """SQLite changes a table by making it anew, which its foreign keys must not see; a no-op elsewhere."""
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute(f"PRAGMA foreign_keys={'ON' if enforced else 'OFF'}")


def run() -> None:
    """Run what Alembic was asked for."""
    arguments = {
        "target_metadata": extension.db.metadata,
        "render_as_batch": True,
        "compare_type": True,
        "transactional_ddl": True,
        "render_item": render_item,
        "process_revision_directives": skip_empty,
    }
    if context.is_offline_mode():
        url = extension.db.engine.url.render_as_string(hide_password=False)
        context.configure(url=url, literal_binds=True, **arguments)
        with context.begin_transaction():
            context.run_migrations()
        return
    with extension.db.engine.connect() as connection:
        enforce_foreign_keys(connection, enforced=False)
        try:
            context.configure(connection=connection, **arguments)
            with context.begin_transaction():
                context.run_migrations()
        finally:
            enforce_foreign_keys(connection, enforced=True)


run()

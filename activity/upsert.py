from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from kernel.db import Model, db


def insert_into(model: type[Model]) -> Any:
    """An insert that knows conflicts, in the dialect at hand."""
    return (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(model)

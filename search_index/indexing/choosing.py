"""Which engine serves, by the settings and by how large the site is; and how one is opened."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from flask import current_app

from kernel.db import db
from search_index import analysis
from search_index.engine import Engine

ENGINES = ("whoosh", "tantivy", "postgres")
DOCUMENTS = 2  # raised when rooms make other documents of the same things


def wanted_engine(documents: int, *, serving: str = "") -> str:
    """The engine that should serve a site with so many documents; one that was outgrown does not come back."""
    chosen: str = current_app.config["SETTINGS"].search_engine
    if chosen != "auto":
        return chosen
    return serving if serving == "tantivy" and not _on_postgresql() else recommended_engine(documents)


def recommended_engine(documents: int) -> str:
    """What `auto` takes: PostgreSQL's own where that is the database, else Whoosh until the site outgrows it."""
    if _on_postgresql():
        return "postgres"
    return "tantivy" if documents >= current_app.config["SETTINGS"].search_growth else "whoosh"


def is_shared() -> bool:
    """Whether one index in the database serves all machines."""
    return wanted_engine(0) == "postgres"


def version_of(engine: str) -> str:
    """By which rules an index is made: one of another version cannot be asked and is built anew."""
    return f"{engine}.{_module(engine).FORMAT}.{analysis.VERSION}.{DOCUMENTS}"


def open_engine(engine: str, place: Path) -> Engine:
    """Open the index at `place`, an empty one where there is none."""
    opened: Engine = _module(engine).open_index(place)
    return opened


def drop_shared(place: str) -> None:
    """Remove an index that lies in the database."""
    _module("postgres").drop(place)


def _on_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def _module(engine: str) -> ModuleType:
    return import_module(f"search_index.engines.{engine}")

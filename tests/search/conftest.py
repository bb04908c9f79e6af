"""Engines under test, and documents for them."""

import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, make_url

from search_index.documents import Document
from search_index.engine import Engine
from search_index.engines import postgres, tantivy, whoosh
from search_index.engines.reference import ReferenceEngine
from tests.makers.machine import need, postgres_url

BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
Opener = Callable[[], Engine]


def open_reference(_place: Path) -> Opener:
    held = ReferenceEngine()
    return lambda: held


def open_whoosh(place: Path) -> Opener:
    return lambda: whoosh.open_index(place)


def open_tantivy(place: Path) -> Opener:
    return lambda: tantivy.open_index(place)


@cache
def _database() -> URL | None:
    url = postgres_url("search")
    return make_url(url) if url else None


def postgres_database() -> URL:
    """A database of its own for all indexes of this run."""
    url = _database()
    need("postgres", found=url is not None)
    assert url is not None
    return url


def open_postgres(place: Path) -> Opener:
    url = postgres_database()
    name = Path(f"postgres-{zlib.crc32(str(place).encode()):08x}")
    return lambda: postgres.open_index(name, url=url)


# One line for each engine: given an empty place, what opens the index there (again and again).
ENGINES: dict[str, Callable[[Path], Opener]] = {
    "reference": open_reference,
    "whoosh": open_whoosh,
    "tantivy": open_tantivy,
    "postgres": open_postgres,
}
DURABLE = [name for name in ENGINES if name != "reference"]


@pytest.fixture(params=list(ENGINES))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens one index, as often as one likes."""
    return ENGINES[request.param](tmp_path / "index")


@pytest.fixture
def engine(opener: Opener) -> Iterator[Engine]:
    """An empty index of each engine."""
    opened = opener()
    yield opened
    opened.close()


@pytest.fixture(params=DURABLE)
def durable(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """The same, of those engines that outlive their process."""
    return ENGINES[request.param](tmp_path / "index")


def a_document(number: int = 1, title: str = "", body: str = "", **facts: Any) -> Document:
    """A public thread, a day after the one before."""
    facts.setdefault("at", BEGINNING + timedelta(days=number))
    facts.setdefault("kind", "thread")
    facts.setdefault("audience", "public")
    return Document(key=f"forum.thread:{number}", title=title, body=body, **facts)


def fill(engine: Engine, *documents: Document, position: int = 1) -> None:
    """Apply and look at the newest."""
    engine.apply(documents, (), position=position)
    engine.refresh()

"""An index for tests: built of what is in the database, and brought up to date when a test says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import delete, func, select

from kernel.db import db, session
from kernel.work import unit_of_work
from search_index import feed
from search_index.documents import documents_of, every_key
from search_index.engine import Engine
from search_index.indexing import choosing, places, reader
from search_index.indexing.building import build
from search_index.models import SearchChange, SearchReplica


@contextmanager
def settings(app: Flask, **changed: Any) -> Iterator[None]:
    """The site with other settings, such as `search_engine="whoosh"`."""
    usual = app.config["SETTINGS"]
    app.config["SETTINGS"] = usual.model_copy(update=changed)
    try:
        yield
    finally:
        app.config["SETTINGS"] = usual


@contextmanager
def index(app: Flask, engine: str = "") -> Iterator[None]:
    """An index of everything that is in the database now; what changes is in it after `catch_up`."""
    with settings(app, search_engine=engine or app.config["SETTINGS"].search_engine):
        reader.close_all()
        pointer = build(choosing.wanted_engine(0))
        try:
            yield
        finally:
            reader.close_all()
            if choosing.is_shared():
                choosing.drop_shared(pointer.place)
            else:
                (places.root() / places.POINTER).unlink(missing_ok=True)
                places.sweep(keep=set())


@contextmanager
def writing() -> Iterator[Engine]:
    """The index that answers, opened for its writer."""
    pointer = places.pointer()
    assert pointer is not None
    engine = choosing.open_engine(pointer.engine, pointer.path)
    try:
        yield engine
    finally:
        engine.close()


def catch_up() -> None:
    """Apply all that was noted in this test, inside its own transaction; a real indexer would wait for its end."""
    keys = list(dict.fromkeys(session().scalars(select(SearchChange.key).order_by(SearchChange.seq))))
    present = documents_of(keys)
    with writing() as engine:
        newest = session().scalar(select(func.max(feed.place_of_change()))) or 0
        position = max(engine.stats().position, newest)
        engine.apply(present.values(), [key for key in keys if key not in present], position=position)


def contents() -> dict[str, str]:
    """Key and fingerprint of all that the index holds."""
    with writing() as engine:
        return dict(engine.fingerprints())


def as_it_should_be() -> dict[str, str]:
    """The same of what is in the database now."""
    found = documents_of(every_key())
    return {key: document.fingerprint for key, document in found.items()}


def forget_index() -> None:
    """No index, no feed."""
    reader.close_all()
    here = places.pointer()
    db.session.rollback()
    if choosing.is_shared() and here is not None:
        choosing.drop_shared(here.place)
    (places.root() / places.POINTER).unlink(missing_ok=True)
    places.sweep(keep=set())
    with unit_of_work() as work:
        work.execute(delete(SearchChange))
        work.execute(delete(SearchReplica))

"""Making an index from the database: beside the one that answers, which goes on answering until the swap."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

import structlog
from sqlalchemy.exc import SQLAlchemyError

from kernel.work import reading, unit_of_work
from search_index import feed
from search_index.documents import SOURCES, Document, every_key
from search_index.engine import Engine, Stats
from search_index.indexing import choosing, places, replicas
from search_index.indexing.following import apply_next
from search_index.indexing.places import Pointer

log = structlog.get_logger("guildhall.search")

READ_AT_ONCE = 500


class StoppedError(Exception):
    """Somebody asked the building to stop; the index that answers is untouched."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a building is: documents so far, and about how many there will be."""

    done: int
    expected: int


OnProgress = Callable[[Progress], None]


def build(
    engine: str,
    *,
    on_progress: OnProgress = lambda _progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Pointer:
    """Build an index with `engine`, let it catch up with the feed, and let it answer from then on.

    Hold the builder's lock. The feed keeps what the new index will need through a row of its own; when anything
    fails, nothing of it is left, and the index of before goes on answering.
    """
    name = f"{places.replica_name()}.building"
    new = Pointer(engine, places.next_place(engine), choosing.version_of(engine))
    try:
        with reading():
            position = feed.newest()
        with unit_of_work():
            replicas.record(name, engine=engine, place=new.place, position=position, state="building")
        if choosing.is_shared():
            choosing.drop_shared(new.place)  # what a crash may have left under this name
        opened = choosing.open_engine(engine, new.path)
        try:
            _fill(opened, name, position, on_progress, should_stop)
            while not apply_next(opened):
                _check(should_stop)
            stats = opened.stats()
        finally:
            opened.close()  # before the swap: whoever follows the feed wants to write from then on
        _swap(new, stats, name)
    except BaseException:
        _undo(new, name)
        raise
    log.info("search index built", engine=engine, place=new.place)
    return new


def _fill(engine: Engine, name: str, position: int, on_progress: OnProgress, should_stop: Callable[[], bool]) -> None:
    with reading():
        expected = sum(1 for _key in every_key())
    done = 0

    def documents() -> Iterator[Document]:
        nonlocal done
        for some in _documents():
            _check(should_stop)
            yield from some
            done += len(some)
            on_progress(Progress(done, max(expected, done)))

    for _commit in fill(engine, documents(), position=position):
        with unit_of_work():
            replicas.record(name, documents=done)


def fill(engine: Engine, documents: Iterator[Document], *, position: int) -> Iterator[None]:
    """Hand all of them to an empty index, as many at a time as the engine likes best; a turn after each commit."""
    engine.apply((), (), position=position)
    for first in documents:
        engine.apply(chain((first,), islice(documents, engine.at_once - 1)), (), position=position)
        yield
    engine.finish()


def _documents() -> Iterator[list[Document]]:
    """Everything findable, some at a time; no transaction stays open in between."""
    for source in list(SOURCES.values()):
        last = 0
        while True:
            with reading():
                ids = source.ids(last, READ_AT_ONCE)
                documents = list(source.read(ids)) if ids else []
            if not ids:
                break
            last = max(ids)
            yield documents


def _swap(new: Pointer, stats: Stats, name: str) -> None:
    """From one moment to the next the new index answers; whoever follows the feed goes on with it."""
    if not choosing.is_shared():
        places.point_to(new)
    with unit_of_work():
        replicas.forget(name)
        replicas.record(
            places.replica_name(),
            engine=new.engine,
            place=new.place,
            version=new.version,
            position=stats.position,
            documents=stats.documents,
            state="ok",
            trouble="",
        )


def _undo(new: Pointer, name: str) -> None:
    try:
        with unit_of_work():
            replicas.forget(name)
        if choosing.is_shared():
            choosing.drop_shared(new.place)
        elif places.pointer() != new:
            places.remove(new.place)
    except (OSError, SQLAlchemyError) as error:  # what is left is swept by the indexer
        log.warning("a search index that was not finished is left behind", place=new.place, error=str(error))


def _check(should_stop: Callable[[], bool]) -> None:
    if should_stop():
        raise StoppedError

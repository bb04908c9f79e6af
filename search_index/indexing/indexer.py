"""The indexer: one for each index, in the worker. It follows the feed, and builds anew where that is impossible."""

import time
from collections.abc import Callable
from threading import Event

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from kernel.db import session
from kernel.work import reading, unit_of_work
from search_index import feed
from search_index.engine import BusyError, Engine, EngineError
from search_index.indexing import choosing, locking, places, replicas
from search_index.indexing.builder import Builder
from search_index.indexing.failing import is_disk_full
from search_index.indexing.following import apply_next
from search_index.indexing.housekeeping import keep_house
from search_index.indexing.places import Pointer

log = structlog.get_logger("guildhall.search")

PAUSE = 0.5
PATIENCE = 3  # how often an index may fail in a row before another one is built
LONGEST_REST = 60.0
HEARTBEAT = 15.0
HOUSEKEEPING = 20.0


class Indexer:
    """What the loop holds between two steps: its lock, the open index, and the building that may go on beside it."""

    def __init__(self, app: Flask, *, should_stop: Callable[[], bool]) -> None:
        self._should_stop = should_stop
        self._builder = Builder(app, should_stop=should_stop)
        self._lock: locking.HeldLock | None = None
        self._said_waiting = False
        self._pointer: Pointer | None = None
        self._engine: Engine | None = None
        self._faults = 0
        self._beat = self._house_kept = 0.0
        self._position = -1

    def step(self) -> float:
        """Do what is to be done now; answers after how many seconds to come again."""
        try:
            pause = self._step()
        except EngineError as error:
            return self._failed(error)
        except OSError as error:
            return self._failed(error)
        except SQLAlchemyError as error:
            self._close()
            log.warning("indexer disturbed", error=str(error))
            return PAUSE * 2
        self._faults = 0
        return pause

    def close(self) -> None:
        """Finish in order: the building is given up, the index closed, the lock given to the next."""
        self._builder.join()
        self._close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _step(self) -> float:
        if not self._may_write():
            return PAUSE * 4
        with reading():
            here = places.pointer()
        if here is None or not self._can_follow(here):
            self._close()
            self._builder.start(instead_of=here)
            self._say(state="building")
            return PAUSE
        is_at_end = apply_next(self._opened(here))
        self._report()
        if is_at_end and time.monotonic() > self._house_kept + HOUSEKEEPING:
            self._house_kept = time.monotonic()
            keep_house(here)
        return PAUSE if is_at_end else 0.0

    def _may_write(self) -> bool:
        if self._lock is not None and not self._lock.is_held():
            self._lock.release()
            self._lock = None
        if self._lock is None:
            self._lock = locking.try_lock("writer")
            if self._lock is None and not self._said_waiting:
                log.warning("another worker keeps the search index; waiting", owner=locking.owner_of("writer"))
            self._said_waiting = self._lock is None
            if self._lock is not None:
                with unit_of_work():
                    feed.forget_other_cluster()
        return self._lock is not None

    def _can_follow(self, here: Pointer) -> bool:
        """Whether the index of the pointer can go on; else another one is being built."""
        if here.is_damaged or here.version != choosing.version_of(here.engine):
            return False
        stats = self._opened(here).stats()
        with reading():
            if not feed.pruned_to() <= stats.position <= feed.newest():
                log.warning("the feed does not reach back to the search index", position=stats.position)
                return False
        if choosing.wanted_engine(stats.documents, serving=here.engine) != here.engine:
            self._builder.start(instead_of=here)
        return True

    def _opened(self, here: Pointer) -> Engine:
        if self._engine is None or self._pointer != here:
            self._close()
            self._engine = choosing.open_engine(here.engine, here.path)
            self._pointer, self._position = here, -1
        return self._engine

    def _report(self) -> None:
        """Write down how far the index is, when it moved or has not been heard of for a while."""
        if self._engine is None or self._pointer is None:
            return
        stats = self._engine.stats()
        if stats.position == self._position and time.monotonic() < self._beat + HEARTBEAT:
            return
        with reading():
            if places.pointer() != self._pointer:
                return
        self._say(
            still_at=self._pointer.place if choosing.is_shared() else None,  # or the swap of this moment were undone
            state="ok",
            trouble="",
            engine=self._pointer.engine,
            place=self._pointer.place,
            version=self._pointer.version,
            position=stats.position,
            documents=stats.documents,
        )
        self._position = stats.position

    def _say(self, *, still_at: str | None = None, **facts: str | int) -> None:
        if facts.get("state") != "ok" and time.monotonic() < self._beat + PAUSE * 4:
            return
        with unit_of_work():
            replicas.record(places.replica_name(), still_at=still_at, **facts)
        self._beat = time.monotonic()

    def _failed(self, error: Exception) -> float:
        """Say what is wrong and rest; an index that fails again and again is given up for a new one."""
        self._close()
        self._faults += 1
        is_full = is_disk_full(error)
        log.warning("search index in trouble", error=str(error), is_disk_full=is_full, faults=self._faults)
        try:
            self._beat = 0.0
            self._say(state="disk full" if is_full else "damaged", trouble=str(error)[:500])
            is_broken = isinstance(error, EngineError) and not isinstance(error, BusyError)
            if is_broken and not is_full and self._faults >= PATIENCE:
                here = places.pointer()
                if here is not None:
                    here.mark_damaged()
        except (OSError, SQLAlchemyError) as second:
            log.warning("indexer cannot say so", error=str(second))
        return min(PAUSE * 2.0**self._faults, LONGEST_REST)

    def _close(self) -> None:
        if self._engine is not None:
            self._engine.close()
        self._engine = self._pointer = None


def index_forever(app: Flask, stop: Event) -> None:
    """The indexer's loop, for a thread of its own beside the jobs."""
    with app.app_context():
        indexer = Indexer(app, should_stop=stop.is_set)
        try:
            while not stop.is_set():
                try:
                    pause = indexer.step()
                except Exception as error:  # whatever it is, the next step tries again
                    log.warning("indexer failed", error=f"{type(error).__name__}: {error}", exc_info=True)
                    pause = PAUSE * 10
                finally:
                    session().close()
                stop.wait(pause)
        finally:
            indexer.close()

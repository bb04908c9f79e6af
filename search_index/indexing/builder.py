import time
from collections.abc import Callable
from threading import Thread

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from kernel.db import session
from kernel.work import reading, unit_of_work
from search_index.documents import every_key
from search_index.engine import EngineError
from search_index.indexing import choosing, locking, places, replicas
from search_index.indexing.building import StoppedError, build
from search_index.indexing.failing import is_disk_full
from search_index.indexing.places import Pointer

log = structlog.get_logger("guildhall.search")

FIRST_REST, LONGEST_REST = 2.0, 300.0


class Builder:
    """Builds beside the loop, in a thread of its own, so that the index that answers stays fresh meanwhile."""

    def __init__(self, app: Flask, *, should_stop: Callable[[], bool]) -> None:
        self._app = app
        self._should_stop = should_stop
        self._thread: Thread | None = None
        self._rest = FIRST_REST
        self._not_before = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether a building goes on."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, *, instead_of: Pointer | None) -> None:
        """Begin a building unless one goes on, or the last one failed a moment ago."""
        if self.is_busy or time.monotonic() < self._not_before:
            return
        self._thread = Thread(target=self._run, args=(instead_of,), name="search-builder", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait for it to end; it looks often whether it should."""
        if self._thread is not None:
            self._thread.join(20)

    def _run(self, instead_of: Pointer | None) -> None:
        with self._app.app_context():
            try:
                with locking.lock("builder") as held:
                    if held is not None:
                        self._build(instead_of)
                    else:
                        log.warning("another process builds a search index", owner=locking.owner_of("builder"))
                        self._not_before = time.monotonic() + FIRST_REST
            except StoppedError:
                return
            except (EngineError, OSError, SQLAlchemyError) as error:
                self._failed(error)
            else:
                self._rest = FIRST_REST
            finally:
                session().close()

    def _build(self, instead_of: Pointer | None) -> None:
        with reading():
            if places.pointer() != instead_of:
                return  # somebody else was quicker
            documents = sum(1 for _key in every_key())
        serving = instead_of.engine if instead_of is not None else ""
        build(choosing.wanted_engine(documents, serving=serving), should_stop=self._should_stop)

    def _failed(self, error: Exception) -> None:
        log.warning("search index was not built", error=str(error), again_in=self._rest)
        self._not_before = time.monotonic() + self._rest
        self._rest = min(self._rest * 2, LONGEST_REST)
        state = "disk full" if is_disk_full(error) else "building"
        try:
            with unit_of_work():
                replicas.record(places.replica_name(), state=state, trouble=str(error)[:500])
        except SQLAlchemyError as second:
            log.warning("builder cannot say so", error=str(second))

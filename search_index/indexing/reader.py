"""The index that answers, open once in each process: after a swap the old one stays open until nobody asks it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from search_index.engine import Engine, EngineError
from search_index.indexing import choosing, places
from search_index.indexing.places import Pointer


class BuildingError(Exception):
    """There is no index that could be asked yet; one is being built."""


class _Opened:
    def __init__(self, pointer: Pointer, stamp: object, engine: Engine) -> None:
        self.pointer, self.stamp, self.engine = pointer, stamp, engine
        self.users = 0
        self.is_retired = False


_opened: dict[Path, _Opened] = {}
_lock = Lock()


@contextmanager
def current() -> Iterator[Engine]:
    """The engine to ask, as of its newest commit; raises `BuildingError` while there is none.

    An index that turns out to be damaged is reported to the indexer, which builds another one meanwhile.
    """
    opened = _enter()
    try:
        opened.engine.refresh()
        yield opened.engine
    except EngineError:
        _retire(opened)
        raise
    finally:
        _leave(opened)


def report_damage() -> None:
    """The index cannot answer, though it was opened anew: the indexer has to build another one."""
    here = places.pointer()
    if here is not None and not choosing.is_shared():
        here.mark_damaged()


def close_all() -> None:
    """Let go of everything that is open and not in use."""
    with _lock:
        for opened in list(_opened.values()):
            _drop(opened)


def _enter() -> _Opened:
    home = places.root()
    with _lock:
        known = _opened.get(home)
        stamp = places.stamp()
        if known is not None and stamp is not None and known.stamp == stamp:
            known.users += 1
            return known
        here = places.pointer()
        if here is None or here.version != choosing.version_of(here.engine):
            raise BuildingError
        if known is None or known.pointer != here:
            fresh = _Opened(here, stamp, choosing.open_engine(here.engine, here.path))
            if known is not None:
                _drop(known)
            known = _opened[home] = fresh
        known.stamp = stamp
        known.users += 1
        return known


def _leave(opened: _Opened) -> None:
    with _lock:
        opened.users -= 1
        if opened.is_retired and opened.users == 0:
            opened.engine.close()


def _retire(opened: _Opened) -> None:
    with _lock:
        _drop(opened)


def _drop(opened: _Opened) -> None:
    if opened.is_retired:
        return
    opened.is_retired = True
    for home, other in list(_opened.items()):
        if other is opened:
            del _opened[home]
    if opened.users == 0:
        opened.engine.close()

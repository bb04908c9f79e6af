"""How the index is: for the health page and the desk of the staff."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from kernel.clock import now
from search_index import feed
from search_index.engine import EngineError
from search_index.indexing import choosing, places, reader, replicas
from search_index.indexing.reader import BuildingError

BEHIND = timedelta(minutes=1)
LEAST_ROOM = 20_000_000  # bytes


@dataclass(frozen=True, slots=True)
class IndexHealth:
    """Which engine answers, how much it holds, and how far it is behind.

    `state` is `ok`, `building` (nothing can be asked yet), `behind` (nobody indexes), `damaged` or `disk full`.
    """

    state: str
    engine: str
    documents: int
    size: int
    lag_changes: int
    lag_seconds: float
    trouble: str
    recommended: str
    is_building_beside: bool


def health() -> IndexHealth:
    """As of now; it raises nothing, whatever is broken."""
    state, engine, documents, size, position = "building", "", 0, 0, 0
    try:
        with reader.current() as opened:
            stats = opened.stats()
            state, engine = "ok", opened.name
            documents, size, position = stats.documents, stats.bytes, stats.position
    except BuildingError:
        pass
    except (EngineError, OSError):
        state = "damaged"
    known = replicas.of(places.replica_name())
    beside = replicas.of(f"{places.replica_name()}.building")
    lag = feed.lag_after(position) if state == "ok" else feed.Lag(0, None)
    seconds = max((now() - lag.since).total_seconds(), 0.0) if lag.since else 0.0
    if known is not None and known.state != "ok" and (state != "ok" or lag.changes):
        state = known.state
    elif state == "ok" and seconds > BEHIND.total_seconds():
        state = "behind"
    if state in ("behind", "damaged", "building") and is_full(places.root()):
        state = "disk full"
    return IndexHealth(
        state=state,
        engine=engine,
        documents=documents,
        size=size,
        lag_changes=lag.changes,
        lag_seconds=round(seconds, 1),
        trouble=known.trouble if known is not None and state not in ("ok", "behind") else "",
        recommended=choosing.recommended_engine(documents),
        is_building_beside=beside is not None,
    )


def is_full(path: Path) -> bool:
    """Whether there is no room for an index to grow."""
    return shutil.disk_usage(path).free < LEAST_ROOM

"""What the house counts of itself, in the form of Prometheus; processes share it through files in DATA."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_FILE = re.compile(r"_(\d+)\.db")


class Meters:
    """The counters of this process; each has labels, so that a process that counts nothing leaves no file."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Histogram

        self.requests = Counter("guildhall_requests", "Answers, by room and status.", ["room", "status"])
        self.seconds = Histogram(
            "guildhall_request_seconds", "Time until the answer, by room.", ["room"], buckets=SECONDS
        )
        self.queries = Counter("guildhall_queries", "Statements to the database, by room.", ["room"])
        self.jobs = Counter("guildhall_jobs", "Jobs, by name and how they ended.", ["job", "outcome"])
        self.job_seconds = Counter("guildhall_job_seconds", "Time that jobs took, by name.", ["job"])
        self.known: dict[tuple[str, int], tuple[Any, Any, Any]] = {}


_meters: list[Meters] = []


def open_metrics(folder: Path) -> None:
    """Begin to count, into files under `folder`: the library reads where at its first import, which is here."""
    if _meters:
        return
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[FOLDER] = str(folder)
    _meters.append(Meters())


def forget_the_dead(folder: Path) -> None:
    """Remove what processes counted that are gone: at a start, so that the files do not pile up."""
    for path in folder.glob("*.db"):
        found = _FILE.search(path.name)
        if found and not Path(f"/proc/{found[1]}").exists() and not _is_alive(int(found[1])):
            path.unlink(missing_ok=True)


def count_request(room: str, *, status: int, seconds: float, queries: int) -> None:
    """An answer went out."""
    if not _meters:
        return
    meters = _meters[0]
    known = meters.known.get((room, status))
    if known is None:
        known = (
            meters.requests.labels(room, str(status)),
            meters.seconds.labels(room),
            meters.queries.labels(room),
        )
        meters.known[room, status] = known
    known[0].inc()
    known[1].observe(seconds)
    if queries:
        known[2].inc(queries)


def count_job(name: str, *, outcome: str, seconds: float) -> None:
    """A job ended: `done` or `failed`."""
    if _meters:
        _meters[0].jobs.labels(name, outcome).inc()
        _meters[0].job_seconds.labels(name).inc(seconds)


def exposition(gauges: Iterable[tuple[str, str, Mapping[str, float]]]) -> tuple[bytes, str]:
    """All that was counted on this machine, and `gauges` (name, help, and values by label), as text with its type.

    A gauge with the empty label has no label; the others are labelled `of`.
    """
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    if _meters:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(_Gauges(list(gauges)))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Gauges:
    """Values that were read a moment ago."""

    def __init__(self, gauges: list[tuple[str, str, Mapping[str, float]]]) -> None:
        self.gauges = gauges

    def collect(self) -> Iterable[Any]:
        """One family a gauge."""
        from prometheus_client.core import GaugeMetricFamily

        for name, about, values in self.gauges:
            family = GaugeMetricFamily(name, about, labels=[] if "" in values else ["of"])
            for label, value in values.items():
                family.add_metric([label] if label else [], value)
            yield family


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

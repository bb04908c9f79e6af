"""What 2,000 open pages cost: each asks now and then whether anything is new, while people read beside it.

    python -m bench.live [--quick] [--pages NUMBER] [--data DIRECTORY]

Every open page holds a connection of its own, is signed in, and asks at its own times. `busy`: something has just
happened everywhere, each asks every 15 seconds; `quiet`: every 60. Beside them people open pages, the same number each
second. Rounds with and without the open pages alternate in one run; the median of their ratios counts.
`--streams` measures the other way instead: a connection on which the server speaks (SSE), which holds a thread.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench import streams
from bench.__main__ import RESULTS, sign_in
from bench.asking import Asker, ask_for_a_while
from bench.load import Measured, median
from bench.servers import ROOT, free_port, serving

POSTS = 4_000
READERS = 20  # each opens a page every second
PACES = {"busy": 15.0, "quiet": 60.0}
STATE = {"Accept": "application/json"}


@dataclass
class Round:
    """What one while showed: of the open pages, of the pages that people read, and how much of a core the site took."""

    live: Measured
    reading: Measured
    core: float


@dataclass
class Pace:
    """How the rounds of one pace compare with those beside them that had no open pages."""

    alone: list[Round] = field(default_factory=list)
    beside: list[Round] = field(default_factory=list)

    def row(self) -> dict[str, float]:
        """Medians; the ratios are of neighbouring rounds."""
        pairs = list(zip(self.alone, self.beside, strict=True))
        core = median([two.core - one.core for one, two in pairs])
        rate = median([two.live.rate for _one, two in pairs])
        return {
            "asks_per_second": round(rate, 1),
            "core": round(core, 3),
            "ms_of_core_each": round(1000 * core / rate, 2),
            "ask_p95_ms": round(median([two.live.percentile(0.95) for _one, two in pairs]), 2),
            "page_p95_alone_ms": round(median([one.reading.percentile(0.95) for one, _two in pairs]), 2),
            "page_p95_beside_ms": round(median([two.reading.percentile(0.95) for _one, two in pairs]), 2),
            "page_p95_ratio": round(
                median([two.reading.percentile(0.95) / one.reading.percentile(0.95) for one, two in pairs]), 2
            ),
            "wrong": sum(two.live.wrong + two.reading.wrong + one.reading.wrong for one, two in pairs),
        }


def main() -> None:
    """Fill, serve, measure, print, and keep the result."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")), help="shorter rounds")
    options.add_argument("--pages", type=int, default=2_000, help="how many pages are open")
    options.add_argument("--data", type=Path, help="a site filled by an earlier run, or where to fill one")
    options.add_argument("--streams", action="store_true", help="measure connections on which the server speaks")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as scratch:
        if chosen.streams:
            streams.measure(Path(scratch), pages=chosen.pages)
            return
        data = (chosen.data or Path(scratch) / "site").resolve()
        result = _measure(data, Path(scratch), pages=chosen.pages, quick=chosen.quick)
    print(json.dumps(result, indent=2))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "live.json").write_text(json.dumps(result, indent=2) + "\n")


def _measure(data: Path, scratch: Path, *, pages: int, quick: bool) -> dict[str, Any]:
    port = free_port()
    environment = {
        "GUILDHALL_DATA": str(data),
        "GUILDHALL_DATABASE_URL": "",
        "GUILDHALL_RATE_LIMITS": "false",
        "GUILDHALL_BASE_URL": f"http://127.0.0.1:{port}",
    }
    if not (data / "bench.json").exists():
        command = [sys.executable, "-m", "bench.prepare", str(data), str(POSTS)]
        subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **environment})
    facts = json.loads((data / "bench.json").read_text())
    paces = {name: Pace() for name in PACES}
    rounds, seconds = (2, 4.0) if quick else (3, 8.0)
    with serving("-m", "guildhall", "serve", port=port, environment=environment, log=scratch / "site.log") as server:
        cookie = sign_in(port, facts)
        readers, opened = _readers(port, facts, cookie), _open_pages(port, facts, cookie, pages)
        ask_for_a_while({"warm": readers}, seconds=2.0)
        ask_for_a_while({"first": [one.each(every=3.0) for one in opened]}, seconds=4.0)  # so that each knows its state
        for _round in range(rounds):
            for name, every in PACES.items():
                paces[name].alone.append(_while(server, readers, [], seconds))
                paces[name].beside.append(_while(server, readers, [one.each(every=every) for one in opened], seconds))
        for one in (*readers, *opened):
            one.close()
    machine = {"processors": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    return {"machine": machine, "pages": pages, "rounds": rounds, **{name: pace.row() for name, pace in paces.items()}}


def _readers(port: int, facts: dict[str, str], cookie: str) -> list[Asker]:
    """People who open threads: one in two signed in, each time another thread."""
    many = facts["many"].split()
    return [
        Asker(port, many[n::READERS] or many, {"Accept": "text/html", **({"Cookie": cookie} if n % 2 else {})}, every=1)
        for n in range(READERS)
    ]


def _open_pages(port: int, facts: dict[str, str], cookie: str, pages: int) -> list[Asker]:
    many = facts["many"].split()
    number = facts["me"]
    threads = [path.removeprefix("/threads/").partition("-")[0] for path in many]
    return [
        Asker(
            port,
            [f"/threads/{threads[n % len(threads)]}/live?me={number}&after=1"],
            {**STATE, "Cookie": cookie},
            every=PACES["busy"],
        )
        for n in range(pages)
    ]


def _while(server: psutil.Process, readers: list[Asker], opened: list[Asker], seconds: float) -> Round:
    before = _core_seconds(server)
    measured = ask_for_a_while({"reading": readers, "live": opened}, seconds=seconds)
    return Round(measured["live"], measured["reading"], (_core_seconds(server) - before) / seconds)


def _core_seconds(server: psutil.Process) -> float:
    """How long the processes of the site have computed."""
    times = [process.cpu_times() for process in (server, *server.children(recursive=True))]
    return sum(one.user + one.system for one in times)


if __name__ == "__main__":
    main()

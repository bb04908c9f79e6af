"""How soon a change is found: twenty posts a second into a live site, each looked for by a word of its own."""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.living import Program, Site, living

A_SECOND = 20
WRITERS = 6
SEEKERS = 4
EVERY = 4  # one in so many is looked for: looking is work too
GIVEN_UP = 30.0
SOON = 2.0
CREATED = 201


def measure(scratch: Path, environment: Mapping[str, str], *, quick: bool) -> dict[str, Any]:
    """On the engine that a new site has."""
    del environment
    seconds = 10 if quick else 60
    with living(scratch / "fresh") as site:
        figures = _run(site, seconds=seconds)
        figures["engine"] = site.search_state()["engine"]
    print(
        f"\nFreshness ({figures['engine']}): {figures['written']} posts in {figures['seconds']} s"
        f" ({figures['refused']} refused), {figures['sought']} looked for: {figures['within_2s']:.1%} within 2 s;"
        f" median {figures['p50_s']} s, 95 % {figures['p95_s']} s, slowest {figures['slowest_s']} s"
    )
    return figures


class _Run:
    """Who writes and who looks, each with a connection of their own."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.threads = site.program().get("/api/v1/communities/materials/threads", limit="20")[1]["items"]
        self.local = threading.local()
        self.looking: list[Future[None]] = []
        self.waits: list[float] = []
        self.refused: list[int] = []
        self.seekers = ThreadPoolExecutor(SEEKERS)

    def program(self) -> Program:
        """The connection of this thread."""
        if not hasattr(self.local, "program"):
            self.local.program = self.site.program()
        program: Program = self.local.program
        return program

    def write(self, number: int) -> None:
        """One change."""
        thread = self.threads[number % len(self.threads)]["id"]
        body = f"Measured again, marked fresh{number}mark, 第 {number} 次测量。"
        status, _answer = self.program().post(f"/api/v1/threads/{thread}/posts", body=body)
        if status != CREATED:
            self.refused.append(status)
        elif number % EVERY == 0:
            self.looking.append(self.seekers.submit(self.seek, number, time.monotonic()))

    def seek(self, number: int, since: float) -> None:
        """Until it is found, from when its writer was told that it is kept."""
        while time.monotonic() - since < GIVEN_UP:
            _status, found = self.program().get("/api/v1/search", q=f"fresh{number}mark")
            if found.get("total"):
                break
            time.sleep(0.1)
        self.waits.append(time.monotonic() - since)


def _run(site: Site, *, seconds: int) -> dict[str, Any]:
    run = _Run(site)
    with run.seekers, ThreadPoolExecutor(WRITERS) as writers:
        started = time.monotonic()
        for number in range(seconds * A_SECOND):
            time.sleep(max(started + number / A_SECOND - time.monotonic(), 0))
            writers.submit(run.write, number)
        writers.shutdown()
        took = time.monotonic() - started
        for one in run.looking:
            one.result()
    waits = sorted(run.waits)
    return {
        "written": seconds * A_SECOND - len(run.refused),
        "refused": len(run.refused),
        "seconds": round(took, 1),
        "sought": len(waits),
        "within_2s": sum(wait <= SOON for wait in waits) / max(len(waits), 1),
        "p50_s": round(waits[len(waits) // 2], 2),
        "p95_s": round(waits[int(len(waits) * 0.95)], 2),
        "slowest_s": round(waits[-1], 2),
    }

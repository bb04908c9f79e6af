"""Measures the pages of a site with 40,000 posts beside a bare page: interleaved rounds, medians, ratios."""

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path

import psutil

from bench.load import Measured, Target, median, run_load
from bench.servers import BARE, ROOT, free_port, memory_of_workers, serving

RESULTS = ROOT / "bench" / "results"
MANY = 1_500

Headers = tuple[tuple[str, str], ...]


@dataclass
class Scenario:
    """A page, and what its rounds showed."""

    name: str
    target: Target
    rounds: list[Measured] = field(default_factory=list)
    bytes_plain: int = 0
    bytes_gz: int = 0

    def row(self, bare: "Scenario") -> dict[str, float | str | int]:
        """Medians over the rounds, and their ratios to the bare page of the same round."""
        pairs = list(zip(self.rounds, bare.rounds, strict=True))
        return {
            "page": self.name,
            "requests_per_second": round(median([one.rate for one in self.rounds]), 1),
            "ratio": round(median([one.rate / yard.rate for one, yard in pairs]), 3),
            "p50_ms": round(median([one.percentile(0.5) for one in self.rounds]), 2),
            "p95_ms": round(median([one.percentile(0.95) for one in self.rounds]), 2),
            "p95_ratio": round(median([one.percentile(0.95) / yard.percentile(0.95) for one, yard in pairs]), 2),
            "bytes": self.bytes_plain,
            "bytes_gz": self.bytes_gz,
            "wrong": sum(one.wrong for one in self.rounds),
        }


class _Form(HTMLParser):
    """The hidden fields of the page's form with a password."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self._fields: dict[str, str] = {}
        self._has_password = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag == "form":
            self._fields, self._has_password = {}, False
        elif tag == "input":
            if facts.get("type") == "hidden":
                self._fields[facts.get("name") or ""] = facts.get("value") or ""
            self._has_password |= facts.get("type") == "password"

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._has_password:
            self.hidden = self._fields


def main() -> None:
    """Fill, serve, measure, print, and keep the result."""
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument(
        "--quick", action="store_true", default=bool(os.environ.get("QUICK")), help="fewer, shorter rounds"
    )
    options.add_argument("--data", type=Path, help="a site filled by an earlier run, or where to fill one")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as scratch:
        data = (chosen.data or Path(scratch) / "site").resolve()
        environment = {
            "GUILDHALL_DATA": str(data),
            "GUILDHALL_DATABASE_URL": "",
            "GUILDHALL_RATE_LIMITS": "false",
            "BENCH_DATABASE_URL": f"sqlite:///{data / 'guildhall.sqlite'}",
        }
        if not (data / "bench.json").exists():
            _fill(data, environment)
        facts = json.loads((data / "bench.json").read_text())
        result = measure(
            facts,
            environment,
            Path(scratch),
            pages=_pages,
            rounds=2 if chosen.quick else 7,
            seconds=1.0 if chosen.quick else 3.0,
        )
    print_pages(result)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(result, indent=2) + "\n")
    print(f"\nKept in {(RESULTS / 'latest.json').relative_to(ROOT)}.")


def _fill(data: Path, environment: dict[str, str]) -> None:
    print("Filling a site with 40,000 posts …", flush=True)
    subprocess.run(
        [sys.executable, "-m", "bench.prepare", str(data)],
        check=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def _pages(site: int, mine: Headers, facts: dict[str, str]) -> list[Scenario]:
    """Threads, a community and the home page, for strangers and for members."""
    return [
        Scenario("thread, page 1", Target(site, [facts["thread"]])),
        Scenario("long thread, last page", Target(site, [facts["last"]])),
        Scenario("thread, each time another", Target(site, facts["many"].split()[:MANY])),
        Scenario("community", Target(site, [facts["community"]])),
        Scenario("home", Target(site, ["/"])),
        Scenario("thread, page 1, signed in", Target(site, [facts["thread"]], mine)),
        Scenario("thread, each time another, signed in", Target(site, facts["many"].split()[:MANY], mine)),
        Scenario("long thread, last page, signed in", Target(site, [facts["last"]], mine)),
        Scenario("community, signed in", Target(site, [facts["community"]], mine)),
        Scenario("home, signed in", Target(site, ["/"], mine)),
    ]


def measure(
    facts: dict[str, str],
    environment: dict[str, str],
    scratch: Path,
    *,
    pages: Callable[[int, Headers, dict[str, str]], list[Scenario]],
    rounds: int,
    seconds: float,
) -> dict[str, object]:
    """Serve the site and the bare page side by side, and ask both in turns."""
    site, bare = free_port(), free_port()
    environment = {**environment, "GUILDHALL_BASE_URL": f"http://127.0.0.1:{site}"}
    with (
        serving("-m", "guildhall", "serve", port=site, environment=environment, log=scratch / "site.log") as server,
        serving("-m", "bench.servers", port=bare, environment=environment, log=scratch / "bare.log"),
    ):
        cookie = sign_in(site, facts)
        mine = (("Cookie", cookie),)
        yardstick = Scenario(BARE, Target(bare, [facts["bare"]]))
        scenarios = pages(site, mine, facts)
        for scenario in (yardstick, *scenarios):
            scenario.bytes_plain, scenario.bytes_gz = _weigh(scenario.target)
            run_load(scenario.target, seconds=min(seconds, 1.0))
        for number in range(rounds):
            for scenario in (yardstick, *scenarios):
                scenario.rounds.append(run_load(scenario.target, seconds=seconds))
            print(f"round {number + 1} of {rounds}", flush=True)
        memory = memory_of_workers(server)
    return {
        "machine": {
            "processors": os.cpu_count(),
            "python": platform.python_version(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        },
        "rounds": rounds,
        "seconds": seconds,
        "worker_mb": memory,
        "pages": [scenario.row(yardstick) for scenario in (yardstick, *scenarios)],
    }


def _weigh(target: Target) -> tuple[int, int]:
    """Bytes of the page, plain and compressed."""
    request = urllib.request.Request(
        f"http://{target.host}:{target.port}{target.paths[0]}", headers=dict(target.headers)
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - see above
        page = answer.read()
    return len(page), len(gzip.compress(page, 6))


def sign_in(port: int, facts: dict[str, str]) -> str:
    """Sign in through the form, as people do; returns the cookie header."""
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"http://127.0.0.1:{port}/sign-in"
    form = _Form()
    form.feed(browser.open(address, timeout=20).read().decode())
    fields = {**form.hidden, "name": facts["handle"], "password": facts["password"]}
    browser.open(address, urllib.parse.urlencode(fields).encode(), timeout=20).read()
    cookie = "; ".join(f"{one.name}={one.value}" for one in jar)
    settings = urllib.request.Request(f"http://127.0.0.1:{port}/settings", headers={"Cookie": cookie})
    with urllib.request.urlopen(settings, timeout=20) as answer:  # noqa: S310 - see above
        if "/sign-in" in answer.url:
            raise SystemExit("Signing in did not work.")
    return cookie


def print_pages(result: dict[str, object]) -> None:
    """One line a page."""
    rows = result["pages"]
    assert isinstance(rows, list)  # noqa: S101 - made above
    print(
        f"\n{'page':36} {'req/s':>8} {'of bare':>8} {'p50 ms':>8} {'p95 ms':>8} {'of bare':>8} {'kB':>7} {'kB gz':>7}"
    )
    for row in rows:
        size = f"{row['bytes'] / 1000:7.1f} {row['bytes_gz'] / 1000:7.1f}"
        wrong = f"   {row['wrong']} WRONG ANSWERS" if row["wrong"] else ""
        print(
            f"{row['page']:36} {row['requests_per_second']:8.0f} {row['ratio']:8.2f} {row['p50_ms']:8.2f}"
            f" {row['p95_ms']:8.2f} {row['p95_ratio']:8.2f} {size}{wrong}"
        )
    workers = result["worker_mb"]
    assert isinstance(workers, list)  # noqa: S101 - made above
    sizes = ", ".join(f"{worker['resident']} MB ({worker['own']} MB its own)" for worker in workers)
    print(f"\nMemory of the workers after the run: {sizes}")


if __name__ == "__main__":
    main()

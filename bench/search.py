"""Measures search: building, searching, memory, audience, freshness, ranking, growth and matching, beside a yardstick.

Engines and yardstick take turns round by round, each in a process of its own; what is printed are medians over the
rounds, and their ratios to the yardstick of the same round: SQLite's FTS5 on the same tokens, twenty hits and no more.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from bench import corpus, questions
from bench.databases import scratch_database
from bench.servers import ROOT

RESULTS = ROOT / "bench" / "results"
SHARED = ROOT.parent / "shared" / "data" / "threads"
ENGINES = ("whoosh", "tantivy", "postgres")
YARDSTICK = "fts5"
MOST_TWICE = 50_000  # documents up to which a second index without audiences is built beside
PARTS = ("engines", "ranking", "matching", "freshness", "growth")
Row = dict[str, Any]


@dataclass
class Worker:
    """A process with one engine."""

    name: str
    process: subprocess.Popen[str]

    def do(self, deed: str, **facts: Any) -> Row:
        """Tell it, and wait for its answer."""
        assert self.process.stdin is not None  # noqa: S101 - a pipe, see below
        assert self.process.stdout is not None  # noqa: S101 - a pipe, see below
        self.process.stdin.write(json.dumps({"do": deed, **facts}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with {self.process.wait()}")
        answer: Row = json.loads(line)
        return answer


@contextmanager
def working(name: str, place: Path, path: Path, environment: Mapping[str, str]) -> Iterator[Worker]:
    """A worker for as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.worker", name, str(place), str(path)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Worker(name, process)
    finally:
        assert process.stdin is not None  # noqa: S101 - a pipe, see above
        process.stdin.close()
        process.wait(30)


def measure(scratch: Path, *, documents: int, rounds: int, each: int, environment: Mapping[str, str]) -> list[Row]:
    """One size of corpus: build on every engine in turn, then search in rounds."""
    with_audience = documents <= MOST_TWICE
    path = scratch / f"corpus-{documents}.sqlite"
    print(f"\nMaking {documents:,} documents …", flush=True)
    corpus.make(path, number=documents, threads=SHARED)
    names = [YARDSTICK, *engines_at_hand(environment)]
    places = {name: scratch / f"bench-{name}-{documents}" for name in names}
    rows: dict[str, Row] = {}
    for name in names:
        with working(name, places[name], path, environment) as worker:
            rows[name] = {"engine": name, **worker.do("build")}
            print(f"{name:10} built: {rows[name]}", flush=True)
    with ExitStack() as stack:
        workers = [stack.enter_context(working(name, places[name], path, environment)) for name in names]
        for worker in workers:
            rows[worker.name] |= worker.do("open")
        owners = [worker for worker in workers if worker.name != YARDSTICK]
        for worker in owners if with_audience else ():
            worker.do("build_opened")
        warm = [question.text for question in questions.draw(path, number=40, seed=0)]
        for worker in workers:
            worker.do("round", questions=warm)
        taken: dict[str, list[Row]] = {name: [] for name in names}
        for number in range(1, rounds + 1):
            asked = [question.text for question in questions.draw(path, number=each, seed=number)]
            for worker in workers:
                taken[worker.name].append(_round(worker, asked, number, with_audience=with_audience))
            print(f"round {number} of {rounds}", flush=True)
    for name in names:
        with working(name, places[name], path, environment) as worker:
            worker.do("open")
            worker.do("round", questions=asked)
            rows[name] |= worker.do("memory")
        rows[name] |= _figures(taken[name], taken[YARDSTICK])
    return list(rows.values())


def _round(worker: Worker, asked: list[str], number: int, *, with_audience: bool) -> Row:
    """The whole page, then the hits alone; with and without an audience in turn, each as often first."""
    if worker.name == YARDSTICK:
        return {"best": worker.do("round", questions=asked)}
    row: Row = {"page": worker.do("round", questions=asked)}
    kinds = {"best": False, "opened": True} if with_audience else {"best": False}
    for kind in reversed(kinds) if number % 2 else kinds:
        row[kind] = worker.do("round", questions=asked, page=False, opened=kinds[kind])
    return row


def _figures(taken: Sequence[Row], yard: Sequence[Row]) -> Row:
    """Medians over the rounds with their spread, and the ratio to the yardstick of the same round."""
    row: Row = {}
    for what, share in (("p50", 0.5), ("p95", 0.95)):
        for kind in ("page", "best") if "page" in taken[0] else ("best",):
            values = [_percentile(one[kind]["ms"], share) for one in taken]
            row[f"{kind}_{what}_ms"] = round(median(values), 2)
            row[f"{kind}_{what}_spread"] = [round(min(values), 2), round(max(values), 2)]
        ratios = [
            _percentile(mine["best"]["ms"], share) / _percentile(other["best"]["ms"], share)
            for mine, other in zip(taken, yard, strict=True)
        ]
        row[f"{what}_ratio"] = round(median(ratios), 2)
    if "opened" in taken[0]:
        costs = [sum(one["best"]["ms"]) / sum(one["opened"]["ms"]) - 1 for one in taken]
        row["audience_cost"] = round(median(costs), 3)
    if "page" in taken[0]:
        row["excerpts_share"] = round(median([one["page"]["excerpts_ms"] / sum(one["page"]["ms"]) for one in taken]), 2)
    row["empty"] = sum(one["best"]["empty"] for one in taken)
    return row


def _percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def engines_at_hand(environment: Mapping[str, str]) -> list[str]:
    """PostgreSQL only where a server answers."""
    return [name for name in ENGINES if name != "postgres" or environment.get("GUILDHALL_DATABASE_URL")]


def main() -> None:
    """Measure what is chosen, print, and keep the result."""
    options = argparse.ArgumentParser(prog="bench.search", description=__doc__)
    options.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")))
    options.add_argument("--documents", type=int, action="append", help="sizes of the corpora (20,000 and 200,000)")
    options.add_argument("--only", choices=PARTS, action="append", help="only these parts")
    chosen = options.parse_args()
    if not SHARED.is_dir():
        raise SystemExit("The shared discussions are not there; search is measured on them.")
    parts, quick = chosen.only or PARTS, chosen.quick
    sizes = chosen.documents or ([5_000] if quick else [20_000, 200_000])
    result: Row = {
        "machine": {
            "processors": os.cpu_count(),
            "python": platform.python_version(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        }
    }
    with tempfile.TemporaryDirectory(prefix="guildhall-search-") as scratch, scratch_database() as url:
        environment = {"GUILDHALL_DATA": scratch, "GUILDHALL_DATABASE_URL": url or ""}
        if "engines" in parts:
            result["engines"] = {}
            for documents in sizes:
                rounds, each = (2, 40) if quick else (7, 200)
                rows = measure(Path(scratch), documents=documents, rounds=rounds, each=each, environment=environment)
                result["engines"][documents] = rows
                print_engines(documents, rows)
        for part in PARTS[1:]:
            if part in parts:
                result[part] = _part(part, Path(scratch), environment, quick=quick)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "search.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    print(f"\nKept in {(RESULTS / 'search.json').relative_to(ROOT)}.")


def _part(part: str, scratch: Path, environment: Mapping[str, str], *, quick: bool) -> Any:
    from importlib import import_module

    return import_module(f"bench.{part}").measure(scratch, environment, quick=quick)


def print_engines(documents: int, rows: Sequence[Row]) -> None:
    """One line an engine."""
    print(f"\n{documents:,} documents, half Chinese; one to three words; twenty hits with facets and excerpts")
    print(
        f"{'engine':10} {'p50 ms':>8} {'p95 ms':>8} {'hits p50':>9} {'hits p95':>9} {'of FTS5':>8} {'p95 of':>8}"
        f" {'docs/s':>8} {'MB more':>8} {'building':>8} {'its own':>8} {'index MB':>9} {'audience':>9} {'excerpts':>9}"
    )
    for row in rows:
        page = f"{row['page_p50_ms']:8.2f} {row['page_p95_ms']:8.2f}" if "page_p50_ms" in row else " " * 17
        cost = f"{row['audience_cost']:+9.1%}" if "audience_cost" in row else " " * 9
        own = f"{row['mb_own_while_building']:8.1f}" if "mb_own_while_building" in row else " " * 8
        share = f"{row['excerpts_share']:9.0%}" if "excerpts_share" in row else ""
        print(
            f"{row['engine']:10} {page} {row['best_p50_ms']:9.2f} {row['best_p95_ms']:9.2f}"
            f" {row['p50_ratio']:8.2f} {row['p95_ratio']:8.2f} {row['per_second']:8,} {row['mb_more']:8.1f}"
            f" {row['mb_more_while_building']:8.1f} {own} {row['index_mb']:9.1f} {cost} {share}"
        )


if __name__ == "__main__":
    main()

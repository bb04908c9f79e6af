"""How long backups, rehearsals and upgrades take on a database of full size, beside what the databases' own tools take.

    python -m bench.backup [--quick] [--posts 1000000]

The yardsticks are SQLite's backup API and `pg_dump --format=custom` of the same base, in turns with ours in one run.
Ours hashes, compresses, counts and samples as well. Then the newest backup is restored for trial, and the migrations
are run from the newest schema to the first one, up again, one back and up again.
"""

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from flask_migrate import downgrade, upgrade
from sqlalchemy import make_url

from bench.databases import scratch_database
from bench.full_size import fill_to
from bench.load import median
from bench.servers import ROOT
from guildhall.app import create_app
from guildhall.backup.making import make_backup
from guildhall.backup.places import Folder
from guildhall.backup.rehearsing import rehearse
from guildhall.backup.snapshots import libpq
from guildhall.migrations import with_migrations
from guildhall.settings import Settings
from kernel.db import db

RESULTS = ROOT / "bench" / "results"
FIRST = "0001"
NAME = "site.tar.zst"


def main() -> None:
    """Measure, print, and keep the figures in bench/results/backup.json."""
    options = argparse.ArgumentParser(prog="bench.backup", description=__doc__)
    options.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")))
    options.add_argument("--posts", type=int, default=0)
    options.add_argument("--only", choices=("sqlite", "postgresql"), help="one of the databases")
    chosen = options.parse_args()
    posts = chosen.posts or (100_000 if chosen.quick else 1_000_000)
    figures: dict[str, Any] = {"machine": f"{platform.machine()}, {os.cpu_count()} cores"}
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as scratch, scratch_database() as url:
        if chosen.only != "postgresql":
            figures["sqlite"] = _measure(Path(scratch) / "sqlite", "", posts)
        if chosen.only != "sqlite" and url is not None:
            figures["postgresql"] = _measure(Path(scratch) / "postgresql", url, posts)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "backup.json").write_text(json.dumps(figures, indent=1) + "\n")


def _measure(folder: Path, url: str, posts: int) -> dict[str, Any]:
    settings = Settings(data=folder / "data", database_url=url, log_requests=False, rate_limits=False)
    environment = {**os.environ, "GUILDHALL_DATA": str(settings.data), "GUILDHALL_DATABASE_URL": url}
    app = with_migrations(create_app(settings))
    name = make_url(settings.database()).get_backend_name()
    print(f"\n{name}: filling …", flush=True)
    figures: dict[str, Any] = {"posts": fill_to(app, posts, environment)}
    figures |= _backups(settings, folder)
    print("  rehearsing …", flush=True)
    done = rehearse(settings, Folder(folder).read(NAME), progress=lambda _stage, _done, _of: None)
    figures["rehearsal_seconds"], figures["faults"] = round(done.seconds, 1), done.faults[:3]
    with app.app_context():
        figures["upgrades"] = _upgrades()
        db.engine.dispose()
    for key, value in figures.items():
        print(f"  {key}: {value}", flush=True)
    return figures


def _backups(settings: Settings, folder: Path, rounds: int = 5) -> dict[str, Any]:
    yardstick = _sqlite_copy if settings.database().startswith("sqlite") else _pg_dump
    theirs, ours = [], []
    for _round in range(rounds):
        theirs.append(_seconds(lambda: yardstick(settings, folder / "yardstick")))
        (folder / NAME).unlink(missing_ok=True)
        ours.append(_seconds(lambda: make_backup(settings, place=Folder(folder), name=NAME, with_secrets=True)))
    return {
        "yardstick_seconds": [round(one, 1) for one in theirs],
        "backup_seconds": [round(one, 1) for one in ours],
        "ratio": round(median([mine / other for mine, other in zip(ours, theirs, strict=True)]), 2),
        "yardstick_mb": (folder / "yardstick").stat().st_size // 1_000_000,
        "backup_mb": (folder / NAME).stat().st_size // 1_000_000,
    }


def _sqlite_copy(settings: Settings, target: Path) -> None:
    target.unlink(missing_ok=True)
    path = make_url(settings.database()).database or ""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    _sync(target)


def _pg_dump(settings: Settings, target: Path) -> None:
    address, environment = libpq(make_url(settings.database()))
    command = ["pg_dump", "--format=custom", f"--file={target}", f"--dbname={address}"]
    subprocess.run(command, check=True, env=dict(environment))
    _sync(target)


def _upgrades() -> dict[str, float]:
    """Seconds for each way; called inside the application."""
    ways: dict[str, Callable[[], object]] = {
        "down to the first": lambda: downgrade(revision=FIRST),
        "up from the first": upgrade,
        "one back": lambda: downgrade(revision="-1"),
        "one up": upgrade,
    }
    took = {}
    for name, way in ways.items():
        print(f"  schema {name} …", flush=True)
        took[name] = round(_seconds(way), 1)
        db.engine.dispose()
    return took


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


if __name__ == "__main__":
    main()

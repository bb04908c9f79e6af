"""Real processes: workers that are killed at any moment, two of them by mistake, `reindex` beside a live site."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from accounts.models import User
from forum.models import Board
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.checks import run_checks
from kernel.db import db
from kernel.viewer import Viewer
from search_index import query, searching
from search_index.indexing import places, reader
from tests.live import ROOT
from tests.makers import forum as make
from tests.makers.machine import need, postgres_site_url
from tests.makers.people import person

KINDS = {"whoosh": "sqlite", "tantivy": "sqlite", "postgres": "postgres"}
PATIENCE = 60.0


@dataclass
class Site:
    """A site whose worker is a process of its own, while the test writes and searches as a web process would."""

    app: Flask
    data: Path
    environment: dict[str, str]
    board: Board
    author: User
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(self) -> subprocess.Popen[bytes]:
        with (self.data / f"worker-{len(self.workers)}.log").open("wb") as log:
            self.workers.append(self.run("worker", stdout=log, stderr=log))
        return self.workers[-1]

    def run(self, *words: str, **streams: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "guildhall", *words], cwd=ROOT, env=self.environment, **streams)

    def write(self, title: str) -> None:
        make.thread(author=self.author, board=self.board, title=title)

    def found(self, text: str) -> int:
        total = searching.count(Viewer(), query.parse(text).query)
        db.session.rollback()
        return total

    def health(self) -> dict[str, Any]:
        facts: dict[str, Any] = self.app.test_client().get("/healthz").json["search"]
        db.session.rollback()
        return facts

    def is_fresh(self) -> bool:
        facts = self.health()
        return facts["state"] == "ok" and facts["lag_changes"] == 0

    def log_of(self, worker: int) -> str:
        return (self.data / f"worker-{worker}.log").read_text()


@pytest.fixture(params=list(KINDS))
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    url = postgres_site_url("workers") if KINDS[request.param] == "postgres" else ""
    need("postgres", found=url is not None)
    facts = {"data": tmp_path, "database_url": url or "", "search_engine": request.param, "log_requests": False}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GUILDHALL_")}
    environment |= {f"GUILDHALL_{name.upper()}": str(value) for name, value in facts.items()}
    app = create_app(Settings(rate_limits=False, **facts))
    with app.app_context():
        from seeds import ensure_sectors

        db.create_all()
        ensure_sectors()
        made = Site(app, tmp_path, environment, make.board(), person())
        db.session.rollback()
        try:
            yield made
        finally:
            for process in made.workers:
                process.kill()
                process.wait(30)
            reader.close_all()
            db.session.remove()
            db.engine.dispose()


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.02)


def test_a_worker_that_is_killed_again_and_again_loses_no_document(site: Site) -> None:
    assert site.health()["state"] == "building"
    written = 0
    for round_ in range(4):
        process = site.start_worker()
        if round_:  # it dies while it builds, then while it follows
            wait_for(lambda: (site.data / "search" / "writer.lock").exists() and not site.health()["lag_changes"])
        for _number in range(12):
            site.write(f"Drawing of mortium {written}")
            written += 1
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    site.start_worker()
    wait_for(lambda: site.is_fresh() and site.found("mortium") == written)
    assert run_checks(mend=False) == []


@pytest.mark.parametrize("site", ["whoosh", "postgres"], indirect=True)
def test_two_workers_and_a_rebuild_beside_them_do_no_harm(site: Site) -> None:
    first = site.start_worker()
    wait_for(site.is_fresh)
    second = site.start_worker()
    rebuild = site.run("reindex", stdout=subprocess.PIPE)
    before = places.pointer()
    db.session.rollback()
    for number in range(10):
        site.write(f"Casting of duplium {number}")
        wait_for(lambda number=number: site.found("duplium") == number + 1)
    said, _nothing = rebuild.communicate(timeout=60)
    assert rebuild.returncode == 0
    assert b"documents indexed by" in said
    assert places.pointer() != before
    db.session.rollback()
    wait_for(lambda: "another worker keeps the search index" in site.log_of(1))
    assert f"process {first.pid} " in site.log_of(1)
    first.terminate()
    assert first.wait(30) == 0
    site.write("Welding of duplium")
    wait_for(lambda: site.found("duplium") == 11)  # the second has taken over
    assert second.poll() is None
    wait_for(site.is_fresh)
    assert run_checks(mend=False) == []

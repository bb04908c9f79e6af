"""A worker that is killed in the midst of the digests: the next goes on, everybody gets theirs, nobody two."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from activity.models import Digest, DigestRun
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.db import db, session
from kernel.mail import Mail
from kernel.work import unit_of_work
from tests.makers.digests import many_people, missed
from tests.makers.machine import need, postgres_site_url

PEOPLE = 60
KEY = "only-for-tests-" * 4
WORKER = f"""
import sys
from pathlib import Path
from activity.digests import running
from guildhall.app import create_app
from guildhall.settings import Settings

running.PORTION = 3
settings = Settings(data=Path(sys.argv[1]), database_url=sys.argv[2], log_requests=False, secret_key={KEY!r})
with create_app(settings).app_context():
    while running._open_run() is not None:
        running.go_on()
"""


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Flask, list[str]]]:
    """A site of its own whose transactions are real, and how its worker is started."""
    url = ""
    if request.param == "postgres":
        found = postgres_site_url(f"killed_{uuid4().hex[:8]}")
        need("postgres", found=found is not None)
        url = found or ""
    app = create_app(Settings(data=tmp_path, database_url=url, log_requests=False, secret_key=KEY))
    with app.app_context():
        from seeds import ensure_sectors

        db.create_all()
        ensure_sectors()
        yield app, [sys.executable, "-c", WORKER, str(tmp_path), url]
        db.session.remove()
        db.engine.dispose()


def sent() -> int:
    count = session().scalar(select(func.count(Mail.id)).where(Mail.kind == "digest"))
    session().rollback()
    return count or 0


def test_a_killed_worker_leaves_nobody_out_and_sends_nothing_twice(site: tuple[Flask, list[str]]) -> None:
    _app, worker = site
    people = many_people(PEOPLE)
    missed(people)
    with unit_of_work() as work:
        work.add(DigestRun(period="weekly", day="2026-11-30", timezone="Asia/Shanghai"))
    running = subprocess.Popen(worker)
    deadline = time.monotonic() + 60
    while not sent() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    running.kill()
    running.wait()
    assert 0 < sent() < PEOPLE, "it was killed in the midst"
    subprocess.run(worker, check=True, timeout=60)
    counted = select(Mail.user_id, func.count().label("sum")).where(Mail.kind == "digest").group_by(Mail.user_id)
    assert {row.user_id: row.sum for row in session().execute(counted)} == dict.fromkeys(people, 1)
    assert session().scalar(select(func.count(Digest.id))) == PEOPLE
    run = session().scalars(select(DigestRun)).one()
    assert (run.sent, run.finished_at is not None) == (PEOPLE, True)

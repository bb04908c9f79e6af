"""A job that kills its worker has its tries counted, and does not keep all other work waiting for ever."""

import os
import signal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from kernel import jobs
from kernel.db import db, session
from kernel.jobs import MAX_ATTEMPTS, Job, count_the_killed, enqueue, run_due, run_one
from kernel.unfinished import Note, left_behind
from kernel.work import reading, unit_of_work
from tests.integration.test_moderation_at_once import site

__all__ = ["site"]


def work_until_killed(app: Flask, folder: Path) -> int:
    """A worker of its own does the next job; the signal that ended it."""
    db.session.remove()
    child = os.fork()
    if child == 0:
        with app.app_context():
            db.engine.dispose(close=False)  # those connections are the parent's
            run_one(Note(folder))
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def test_a_job_that_kills_its_worker_is_given_up_and_the_others_go_on(
    site: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    handlers = {"kills": lambda: os.kill(os.getpid(), signal.SIGKILL), "works": lambda: done.append("works")}
    monkeypatch.setattr(jobs, "_handlers", handlers)
    with unit_of_work():
        enqueue("kills")
    with unit_of_work():
        enqueue("works")
    for tries in range(1, MAX_ATTEMPTS + 1):
        assert work_until_killed(site, tmp_path) == signal.SIGKILL
        count_the_killed(tmp_path)
        with reading() as work:
            row = work.scalars(select(Job).where(Job.name == "kills")).one()
            assert (row.attempts, row.state) == (tries, "dead" if tries == MAX_ATTEMPTS else "waiting")
            assert row.last_error == "The worker was killed while it was at this."
    run_due()
    assert done == ["works"]
    assert session().scalars(select(Job.name)).all() == ["kills"]


def test_who_lives_or_ends_in_peace_leaves_nothing_behind(tmp_path: Path) -> None:
    note = Note(tmp_path)
    with note.of(7):
        assert left_behind(tmp_path) == [], "it lives"
    with pytest.raises(ValueError, match="wrong"), note.of(8):
        raise ValueError("wrong")  # it failed, which is counted elsewhere
    note.remove()
    assert list(tmp_path.iterdir()) == []
    os.close(os.open(tmp_path / "1.job", os.O_CREAT | os.O_WRONLY))  # killed between two jobs
    assert left_behind(tmp_path) == []
    assert list(tmp_path.iterdir()) == []

"""A worker that is killed at any instant, again and again: every job has its effect exactly once."""

import os
import signal
import threading

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from accounts.viewers import viewer_for
from activity.actions import telling
from activity.models import Follow, Level, Notice
from forum.actions.posts import reply
from kernel.checks import run_checks
from kernel.db import db, session
from kernel.jobs import Job, RegularRun, enqueue, job, run_due
from kernel.work import unit_of_work
from tests.integration.test_moderation_at_once import site
from tests.makers import forum as make
from tests.makers.digests import many_people
from tests.makers.people import person

__all__ = ["site"]

COUNTED, READERS, REPLIES = 30, 24, 2
COUNTER = "tests.counter"
LONGEST = 400  # lives of a worker


@job("tests.count")
def count_once(number: int) -> None:
    """Work that would show if it were done twice: no second run is harmless."""
    del number
    session().execute(update(RegularRun).where(RegularRun.name == COUNTER).values(seconds=RegularRun.seconds + 1))


def live_and_be_killed(app: Flask, seconds: float) -> bool:
    """Another worker process, killed after so long; says whether it came to the end of its work before."""
    pid = os.fork()
    if pid == 0:
        db.engine.dispose(close=False)  # the connections are the parent's
        with app.app_context():
            run_due()
        os._exit(0)
    end = threading.Timer(seconds, os.kill, (pid, signal.SIGKILL))
    end.start()
    _pid, status = os.waitpid(pid, 0)
    end.cancel()
    end.join()
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


def left() -> int:
    count = session().scalar(select(func.count(Job.id))) or 0
    db.session.remove()
    return count


def test_every_job_is_done_exactly_once_however_often_the_worker_is_killed(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "PORTION", 5)
    thread, writer = make.thread(), person()
    readers = many_people(READERS)
    with unit_of_work() as work:
        work.add(RegularRun(name=COUNTER, ran_at=thread.created_at, seconds=0))
        for reader in readers:
            work.add(Follow(user_id=reader, kind="forum.thread", ref_id=thread.id, level=Level.WATCHING.value))
    for number in range(REPLIES):
        with unit_of_work():
            reply(viewer_for(writer.id), thread_id=thread.id, body=f"Value {number}")
    with unit_of_work():
        for number in range(COUNTED):
            enqueue("tests.count", number=number)
    db.session.remove()
    db.engine.dispose()
    whole, midst = left(), 0
    for life in range(LONGEST):
        db.engine.dispose()
        if live_and_be_killed(site, 0.015 + 0.012 * (life % 16)):
            break
        midst += 0 < left() < whole
    assert midst >= 2, "it was killed in the midst, more than once"
    assert left() == 0
    counted = session().scalar(select(RegularRun.seconds).where(RegularRun.name == COUNTER))
    assert counted == COUNTED
    told = select(Notice.user_id, func.count().label("sum")).where(Notice.user_id.in_(readers)).group_by(Notice.user_id)
    assert {row.user_id: row.sum for row in session().execute(told)} == dict.fromkeys(readers, REPLIES)
    assert run_checks(mend=False) == []

"""Work that must survive a crash: a row written with the deed, done by the worker, tried again when it fails.

Handlers re-read the current state, so running twice or out of order is harmless.
"""

import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import Float, Index, String, Text, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey, session
from kernel.errors import NotFoundError
from kernel.metrics import count_job
from kernel.unfinished import Note, left_behind
from kernel.work import unit_of_work

log = structlog.get_logger("guildhall.jobs")

MAX_ATTEMPTS = 8
LONGEST_WAIT = timedelta(hours=1)  # between two tries
RETRY_SECONDS = 60.0
LOOK_SECONDS = 10.0  # between two looks for workers that were killed

Handler = Callable[..., None]
_handlers: dict[str, Handler] = {}
_schedule: dict[str, timedelta] = {}


class Job(Model):
    """One piece of work: waiting until `run_at`, or dead after `MAX_ATTEMPTS` and shown to the staff."""

    __tablename__ = "job"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]]
    run_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_job_state_run_at", "state", "run_at"),)


class RegularRun(Model):
    """When a regular job last ran, for how many seconds, and what went wrong then, if anything did."""

    __tablename__ = "regular_run"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    ran_at: Mapped[datetime]
    seconds: Mapped[float] = mapped_column(Float)
    error: Mapped[str] = mapped_column(Text, default="")


def job(name: str, *, every: timedelta | None = None) -> Callable[[Handler], Handler]:
    """Register the handler of jobs called `name`; with `every`, the worker also runs it at that interval."""

    def register(handler: Handler) -> Handler:
        _handlers[name] = handler
        if every is not None:
            _schedule[name] = every
        return handler

    return register


def enqueue(name: str, *, delay: timedelta = timedelta(), **payload: Any) -> Job:
    """Write the job into the current unit of work: it exists exactly if the deed does."""
    row = Job(name=name, payload=payload, run_at=now() + delay)
    session().add(row)
    return row


def run_one(note: Note | None = None) -> bool:
    """Do one due job in a unit of its own; False when none is due. `note` says which while it lasts.

    The row stays locked while the handler runs (FOR UPDATE SKIP LOCKED on PostgreSQL, the write lock on SQLite),
    and is deleted in the same transaction as what the handler wrote.
    """
    failed: tuple[int, BaseException] | None = None
    begun, name = time.perf_counter(), ""
    try:
        with unit_of_work() as work:
            due = (
                select(Job)
                .where(Job.state == "waiting", Job.run_at <= now())
                .order_by(Job.run_at, Job.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            row = work.scalars(due).first()
            if row is None:
                return False
            identity, name = row.id, row.name
            try:
                with note.of(identity) if note is not None else nullcontext():
                    _handlers[row.name](**row.payload)
                work.delete(row)
                work.flush()
            except Exception as error:
                failed = (identity, error)
                raise
    except Exception:
        if failed is None:
            raise
    if failed is not None:
        _note_failure(*failed)
    count_job(name, outcome="failed" if failed else "done", seconds=time.perf_counter() - begun)
    return True


def count_the_killed(folder: Path) -> None:
    """A job at which a worker was killed had a try; when it has had all of them it is given up, and others go on.

    It waits for nothing before the next: mostly it was the machine, and not the job.
    """
    for identity in left_behind(folder):
        log.warning("a worker was killed at its job", job=identity)
        with unit_of_work() as work:
            row = work.get(Job, identity)
            if row is not None and row.state == "waiting":
                row.attempts += 1
                row.last_error = "The worker was killed while it was at this."
                row.state = "dead" if row.attempts >= MAX_ATTEMPTS else "waiting"


def _note_failure(identity: int, error: BaseException) -> None:
    log.warning("job failed", job=identity, error=str(error))
    with unit_of_work() as work:
        row = work.get(Job, identity)
        if row is None:
            return
        row.attempts += 1
        row.last_error = f"{type(error).__name__}: {error}"[:2000]
        row.run_at = now() + timedelta(seconds=min(2**row.attempts * 5, LONGEST_WAIT.total_seconds()))
        if row.attempts >= MAX_ATTEMPTS:
            row.state = "dead"


@job("jobs.follow_the_clock", every=timedelta(minutes=1))
def follow_the_clock() -> None:
    """What was due at once when the clock went ahead does not wait until it is there again: somebody set it back.

    What was wanted later by intent stays where it is, and comes late rather than too early.
    """
    moment = now()
    is_at_once = (Job.created_at > moment) & or_(Job.run_at <= Job.created_at, Job.attempts > 0)
    is_retry = (Job.attempts > 0) & (Job.run_at > moment + LONGEST_WAIT)
    moved = update(Job).where(Job.state == "waiting", Job.run_at > moment, or_(is_at_once, is_retry))
    session().execute(moved.values(run_at=moment).execution_options(synchronize_session=False))


def run_due() -> int:
    """Do everything that is due; returns how many jobs ran."""
    count = 0
    while run_one():
        count += 1
    return count


def work_forever(*, idle: float = 0.5, should_stop: Callable[[], bool]) -> None:
    """The worker's loop: due jobs, then the regular ones, then a short rest."""
    next_run = {name: time.monotonic() for name in _schedule}
    folder = current_app.config["DATA"] / "jobs"
    note, looks_at = Note(folder), time.monotonic()
    while not should_stop():
        worked = False
        try:
            if time.monotonic() >= looks_at:
                looks_at += LOOK_SECONDS
                count_the_killed(folder)
            worked = run_one(note)
            _run_regular(next_run)
        except Exception as error:  # noqa: BLE001 - a busy or restarting database must not end the worker
            log.warning("worker disturbed", error=str(error))
        finally:
            session().close()
        if not worked:
            time.sleep(idle)
    note.remove()


def _run_regular(next_run: dict[str, float]) -> None:
    """Those whose time has come; one that fails is tried again soon, and does not keep the others waiting."""
    for name, every in _schedule.items():
        if time.monotonic() < next_run[name]:
            continue
        next_run[name] = time.monotonic() + every.total_seconds()
        begun, failure = time.perf_counter(), ""
        try:
            with unit_of_work():
                _handlers[name]()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next try may find it gone
            failure = f"{type(error).__name__}: {error}"[:2000]
            log.warning("regular job failed", job=name, error=str(error))
            next_run[name] = time.monotonic() + RETRY_SECONDS
        seconds = time.perf_counter() - begun
        count_job(name, outcome="failed" if failure else "done", seconds=seconds)
        with unit_of_work() as work:
            work.merge(RegularRun(name=name, ran_at=now(), seconds=round(seconds, 3), error=failure))


def revive(job_id: int) -> Job:
    """Have a job that was given up tried again, as if for the first time; raises `NotFoundError`."""
    row = _dead(job_id)
    row.state, row.attempts, row.run_at = "waiting", 0, now()
    return row


def drop(job_id: int) -> Job:
    """Give a dead job up for good; raises `NotFoundError`."""
    row = _dead(job_id)
    session().delete(row)
    return row


def jobs_by_name() -> list[tuple[str, str, int]]:
    """How many jobs there are: name, state, number."""
    counted = select(Job.name, Job.state, func.count()).group_by(Job.name, Job.state).order_by(Job.name, Job.state)
    return [(name, state, number) for name, state, number in session().execute(counted)]


def regular_jobs() -> list[tuple[str, timedelta, RegularRun | None]]:
    """The regular jobs of this house, how often they run, and how they last did."""
    runs = {row.name: row for row in session().scalars(select(RegularRun))}
    return [(name, every, runs.get(name)) for name, every in sorted(_schedule.items())]


def _dead(job_id: int) -> Job:
    row = session().scalars(select(Job).where(Job.id == job_id, Job.state == "dead").with_for_update()).first()
    if row is None:
        raise NotFoundError
    return row

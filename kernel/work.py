"""The unit of work: the only place in the house that commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from kernel.db import only_reads, session

log = structlog.get_logger("guildhall.work")

_AFTER, _APART = "after_commit", "in_any_case"


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Everything inside happens, or nothing does.

    Requests, jobs and commands all run in one. What must happen after the commit, and may be lost in a crash
    (a nudge to the worker, a stale cache entry), is handed to `after_commit`; what must not be lost is a row.
    """
    work = session()
    try:
        yield work
        work.commit()
    except BaseException:
        work.rollback()
        work.info.pop(_AFTER, None)
        _do_apart(work)
        raise
    for call in work.info.pop(_AFTER, ()):
        call()
    _do_apart(work)


@contextmanager
def reading() -> Iterator[Session]:
    """Work of a command or of the worker that only reads: it holds up no writer, and a try to write is refused."""
    token = only_reads.set(True)
    try:
        yield session()
    finally:
        session().rollback()
        only_reads.reset(token)


@contextmanager
def unit_apart() -> Iterator[Session]:
    """A unit of work in the midst of reading, such as making an answer: what was read so far is let go first."""
    session().rollback()
    token = only_reads.set(False)
    try:
        with unit_of_work() as work:
            yield work
    finally:
        only_reads.reset(token)


def step_aside() -> None:
    """Let others write while this unit does long work without the database; what it wrote so far is undone."""
    session().rollback()


def undo() -> None:
    """Let what this unit did so far not have happened: whoever was refused changed nothing."""
    work = session()
    work.rollback()
    work.info.pop(_AFTER, None)


def after_commit(call: Callable[[], object]) -> None:
    """Run `call` once the current unit is safely committed; never if it is undone."""
    session().info.setdefault(_AFTER, []).append(call)


def in_any_case(call: Callable[[], object]) -> None:
    """Run `call` in a unit of its own once the current one has ended, also if it is undone: what a refusal leaves.

    It may be lost: no answer waits for it or fails by it.
    """
    session().info.setdefault(_APART, []).append(call)


def _do_apart(work: Session) -> None:
    for call in work.info.pop(_APART, ()):
        try:
            with unit_of_work():
                call()
        except SQLAlchemyError as error:
            log.warning("what a refusal leaves was not written", error=str(error))

"""The unit of work: the only place in the house that commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from kernel.db import only_reads, session

_AFTER = "after_commit"


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
        raise
    for call in work.info.pop(_AFTER, ()):
        call()


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

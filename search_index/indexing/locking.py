import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from kernel.db import db
from search_index.indexing import choosing
from search_index.indexing.places import root

KEYS = {"writer": 0x7365617263680001, "builder": 0x7365617263680002}


class HeldLock:
    """The right to write (or to build) an index: the kernel, or PostgreSQL, takes it back when its holder dies."""

    def __init__(self, file: IO[str], connection: Connection | None) -> None:
        self._file, self._connection = file, connection

    def is_held(self) -> bool:
        """A file's lock is held until it is closed; the one in the database as long as its connection lives."""
        if self._connection is None:
            return True
        try:
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    def release(self) -> None:
        """Let the next one in."""
        self._file.close()
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()


def try_lock(name: str) -> HeldLock | None:
    """Take the lock if nobody holds it. On each machine a file; for the index in the database, there as well."""
    file = _path(name).open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    connection = None
    if choosing.is_shared():
        connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": KEYS[name]}):
            connection.close()
            file.close()
            return None
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}")
    file.flush()
    return HeldLock(file, connection)


def owner_of(name: str) -> str:
    """Who holds the lock, for the log."""
    try:
        return _path(name).read_text() or "another machine"
    except OSError:
        return "somebody"


@contextmanager
def lock(name: str) -> Iterator[HeldLock | None]:
    """The lock for as long as the block runs, or None when somebody else has it."""
    held = try_lock(name)
    try:
        yield held
    finally:
        if held is not None:
            held.release()


def _path(name: str) -> Path:
    return root() / f"{name}.lock"

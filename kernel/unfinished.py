"""Which job each worker of this machine is at, in a file outside the database: what it leaves behind when it is killed.

A job whose memory or machine code ends the process rolls back with everything it wrote, so that the database knows
nothing of the try; without this note it would be the first again, and again.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Note:
    """The note of this worker. Its lock says that the worker lives."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._handle, name = tempfile.mkstemp(".job", dir=folder)  # in a container the next worker has the same number
        self._path = Path(name)
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    @contextmanager
    def of(self, identity: int) -> Iterator[None]:
        """Say that this job is at hand for as long as the block lasts, however it ends but by the process's death."""
        os.pwrite(self._handle, str(identity).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(self._handle, 0)

    def remove(self) -> None:
        """The worker ends in peace."""
        self._path.unlink(missing_ok=True)
        os.close(self._handle)


def left_behind(folder: Path) -> list[int]:
    """The jobs at which workers of this machine were killed since the last look; their notes are removed."""
    jobs = []
    for path in sorted(folder.glob("*.job")):
        handle = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # it lives
            continue
        else:
            if said := os.read(handle, 20):
                jobs.append(int(said))
            path.unlink(missing_ok=True)
        finally:
            os.close(handle)
    return jobs

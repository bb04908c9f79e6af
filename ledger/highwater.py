"""The high-water mark: how far the log was signed, in a file that no backup of the database brings back in time.

It belongs on another volume than the database. A line is a size and a root; lines are only added.
"""

import errno
import os
from pathlib import Path

from ledger.encoding import decimal, hash_from_base64, to_base64
from ledger.errors import FormatError, RefusesToSignError
from ledger.log import LogState

_TAIL = 4_096


def read(path: Path) -> LogState | None:
    """The highest state that was recorded; None when there is no file. A line that a crash cut off does not count."""
    try:
        with path.open("rb") as file:
            return _last(_tail_of(file.fileno()))
    except FileNotFoundError:
        return None


def record(path: Path, state: LogState) -> None:
    """Add a state after its commit and before it is published; returns when it is on the disk.

    A smaller size, or another root for the same, is a fork and is refused.
    """
    before = read(path)
    if before == state:
        return
    if before is not None and before.size >= state.size:
        raise RefusesToSignError(
            f"size {before.size} is on record in {path.name}, and now {state.size} is to follow it"
        )
    is_new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        end = _end_of_whole_lines(handle)
        os.ftruncate(handle, end)
        line = f"{state.size} {to_base64(state.root)}\n".encode()
        if os.pwrite(handle, line, end) != len(line):  # a disk that is nearly full takes a part, without complaint
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(handle)
    finally:
        os.close(handle)
    if is_new:
        sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable, after a file in it was made or renamed."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _last(tail: bytes) -> LogState | None:
    lines = tail.decode("ascii", "replace").split("\n")[:-1]
    if not lines:
        return None
    size, gap, root = lines[-1].partition(" ")
    if not gap:
        raise FormatError("the high-water file is damaged")
    return LogState(decimal(size), hash_from_base64(root))


def _tail_of(handle: int) -> bytes:
    size = os.fstat(handle).st_size
    return os.pread(handle, _TAIL, max(0, size - _TAIL))


def _end_of_whole_lines(handle: int) -> int:
    size, tail = os.fstat(handle).st_size, _tail_of(handle)
    return size - (len(tail) - tail.rfind(b"\n") - 1)

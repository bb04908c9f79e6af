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
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return _last(_tail_of(handle, os.fstat(handle).st_size))
    finally:
        os.close(handle)


def record(path: Path, state: LogState, *, unless_later: bool = False) -> None:
    """Add a state after its commit and before it is published; returns when it is on the disk.

    A smaller size, or another root for the same, is a fork and is refused. With `unless_later`, for many who record
    the states of one log, a smaller size is an earlier state, which somebody else went past.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        size = os.fstat(handle).st_size
        tail = _tail_of(handle, size)
        before = _last(tail)
        if before == state or (unless_later and before is not None and before.size > state.size):
            return
        if before is not None and before.size >= state.size:
            raise RefusesToSignError(
                f"size {before.size} is on record in {path.name}, and now {state.size} is to follow it"
            )
        end = size - (len(tail) - tail.rfind(b"\n") - 1)
        if end < size:
            os.ftruncate(handle, end)
        line = f"{state.size} {to_base64(state.root)}\n".encode()
        if os.pwrite(handle, line, end) != len(line):  # a disk that is nearly full takes a part, without complaint
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(handle)
    finally:
        os.close(handle)
    if size == 0:
        sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable, after a file in it was made or renamed."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _last(tail: bytes) -> LogState | None:
    end = tail.rfind(b"\n")
    if end < 0:
        return None
    size, gap, root = tail[tail.rfind(b"\n", 0, end) + 1 : end].decode("ascii", "replace").partition(" ")
    if not gap:
        raise FormatError("the high-water file is damaged")
    return LogState(decimal(size), hash_from_base64(root))


def _tail_of(handle: int, size: int) -> bytes:
    return os.pread(handle, _TAIL, max(0, size - _TAIL))

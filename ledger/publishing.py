"""Publishing: the files of a log, made from what was committed. They can all be thrown away and made again.

Tiles and bundles come first and never change; `checkpoint` comes last, so that its readers find what it speaks of. The
partial ones of every size that was signed are there until the whole one is.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

from ledger.checkpoints import Checkpoint, read_checkpoint
from ledger.errors import FormatError, MissingTileError, PublishingError
from ledger.highwater import sync_directory
from ledger.log import Archive, StoredCheckpoint
from ledger.notes import parse_note
from ledger.tiles import ENTRIES, WIDTH, pack_entries, read_tile, tile_path, widths

CHECKPOINT = "checkpoint"
_LOCK = ".lock"
_AT_ONCE = 500
_Address = tuple[int, int, int]


def publish(archive: Archive, directory: Path, *, note: str | None = None) -> Checkpoint | None:
    """Write what the files lack since the checkpoint that lies there; None for a log that never signed.

    `note` is the newest checkpoint with cosignatures under it; one of another size comes too late and is not used.
    What is there must be what would be written, else nothing more is published.
    """
    return _publish(archive, directory, note=note, is_anew=False)


def rebuild(archive: Archive, directory: Path, *, note: str | None = None) -> Checkpoint | None:
    """The same from the first entry on: writes every file that is missing, and compares all that are there."""
    return _publish(archive, directory, note=note, is_anew=True)


def resource(archive: Archive, level: int, n: int, width: int = WIDTH) -> bytes:
    """A tile, or a bundle where the level is `ENTRIES`, in a width that the log has reached."""
    if level != ENTRIES:
        return read_tile(archive, level, n, width)
    entries = archive.entries(n * WIDTH, n * WIDTH + width)
    if len(entries) != width:
        raise MissingTileError(f"{tile_path(level, n, width)} is missing: {len(entries)} entries are stored")
    return pack_entries([entry.leaf for entry in entries])


def published_checkpoint(directory: Path) -> Checkpoint | None:
    """What the files say the log is; None where nothing was published."""
    try:
        return read_checkpoint((directory / CHECKPOINT).read_bytes())
    except FileNotFoundError:
        return None
    except FormatError as wrong:
        raise PublishingError(f"the published checkpoint is damaged: {wrong}") from wrong


def _publish(archive: Archive, directory: Path, *, note: str | None, is_anew: bool) -> Checkpoint | None:
    directory.mkdir(parents=True, exist_ok=True)
    with _alone(directory):
        newest = _checkpoint_of(archive, archive.state().size)
        there = published_checkpoint(directory)
        if there is not None:
            _must_continue(archive, there)
        if newest is None:
            return None
        done = there.size if there is not None and not is_anew else 0
        files = _Files(directory)
        whole = list(_whole(done, newest.size))
        for address in whole + sorted(_partial(archive, done, newest.size)):
            files.keep(tile_path(*address), resource(archive, *address))
        files.sync()
        chosen = note if note is not None and parse_note(note).text == parse_note(newest.note).text else None
        if chosen is not None or there is None or there.size < newest.size:
            files.replace(CHECKPOINT, (chosen or newest.note).encode())
        for address in whole:
            files.drop_partial(tile_path(*address))
        return read_checkpoint(newest.note)


def _checkpoint_of(archive: Archive, size: int) -> StoredCheckpoint | None:
    found = archive.checkpoints(size - 1, 1)
    return found[0] if found and found[0].size == size else None


def _must_continue(archive: Archive, there: Checkpoint) -> None:
    """What is published was signed: a log that does not know it is not the one that signed it."""
    stored = _checkpoint_of(archive, there.size)
    if stored is None or read_checkpoint(stored.note) != there:
        raise PublishingError(f"the checkpoint of size {there.size} that is published is not one of this log")


def _signed_after(archive: Archive, size: int, newest: int) -> Iterator[StoredCheckpoint]:
    while size < newest and (some := archive.checkpoints(size, _AT_ONCE)):
        for checkpoint in some:
            if checkpoint.size > newest:
                return
            yield checkpoint
        size = some[-1].size


def _whole(old: int, new: int) -> Iterator[_Address]:
    """The tiles and bundles that became full between two sizes."""
    for level, count in enumerate(widths(new)):
        for n in range((old >> (8 * level)) // WIDTH, count // WIDTH):
            yield level, n, WIDTH
            if level == 0:
                yield ENTRIES, n, WIDTH


def _partial(archive: Archive, old: int, new: int) -> set[_Address]:
    """Those that are still growing, in every width that a checkpoint after `old` gave them."""
    growing = [count // WIDTH for count in widths(new)]
    found: set[_Address] = set()
    for checkpoint in _signed_after(archive, old, new):
        for level, count in enumerate(widths(checkpoint.size)):
            n, width = divmod(count, WIDTH)
            if width and n == growing[level]:
                found.add((level, n, width))
                found.update([(ENTRIES, n, width)] if level == 0 else [])
    return found


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One publisher at a time, so that the checkpoint never goes back."""
    with (directory / _LOCK).open("a") as lock:
        flock(lock, LOCK_EX)
        yield


class _Files:
    """Files that are whole and durable, or not there."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._unsynced: set[Path] = set()

    def keep(self, path: str, data: bytes) -> None:
        """A file that never changes."""
        try:
            there = (self._directory / path).read_bytes()
        except FileNotFoundError:
            self._write(path, data)
            return
        if there != data:
            raise PublishingError(f"{path} is published with other bytes than the log has")

    def replace(self, path: str, data: bytes) -> None:
        """The one file that changes."""
        self._write(path, data)
        self.sync()

    def drop_partial(self, path: str) -> None:
        """Remove the narrower ones of a file that is whole by now."""
        shutil.rmtree(self._directory / f"{path}.p", ignore_errors=True)

    def sync(self) -> None:
        """Make the names durable too."""
        for directory in sorted(self._unsynced, reverse=True):
            sync_directory(directory)
        self._unsynced.clear()

    def _write(self, path: str, data: bytes) -> None:
        target = self._directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._unsynced.update(one for one in target.parents if one.is_relative_to(self._directory))

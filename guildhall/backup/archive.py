"""The container: a tar of members, compressed with zstd, written and read as a stream."""

import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import zstandard

from guildhall.backup.errors import BackupError, DamagedError, GarbledError
from guildhall.backup.streams import PIECE, as_file

LEVEL = 1  # half a gigabyte of text a second on two cores; the next ones are much slower and save little


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the container, whose bytes come when it is its turn."""

    name: str
    size: int
    data: Iterable[bytes]


def packed(members: Iterable[Member]) -> Iterator[bytes]:
    """The container with these members, in pieces."""
    squeeze = zstandard.ZstdCompressor(
        level=LEVEL, threads=min(os.cpu_count() or 1, 4), write_checksum=True
    ).compressobj()
    for member in members:
        for piece in _blocks(member):
            if made := squeeze.compress(piece):
                yield made
    yield squeeze.compress(bytes(2 * tarfile.BLOCKSIZE))
    yield squeeze.flush()


def unpacked(pieces: Iterator[bytes]) -> Iterator[tuple[str, int, Iterator[bytes]]]:
    """Name, size and bytes of each member, in order; each has to be read before the next one is asked for.

    Names are whatever somebody wrote there: nothing here makes them paths.
    """
    last = "its beginning"
    with _whole_until(lambda: last):
        stream = zstandard.ZstdDecompressor().stream_reader(as_file(pieces))
        tar = tarfile.open(fileobj=stream, mode="r|", bufsize=PIECE)  # noqa: SIM115 - it holds nothing to close
        while (entry := tar.next()) is not None:
            last = entry.name
            data = tar.extractfile(entry) if entry.isreg() else None
            if data is None:
                raise DamagedError(f"The backup holds {last!r}, which is not a plain file.")
            yield last, entry.size, _read(data, last)
            tar.members.clear()  # type: ignore[attr-defined]  # the stubs forget it; else every one is remembered


def _read(data: IO[bytes], name: str) -> Iterator[bytes]:
    with _whole_until(lambda: name):
        while piece := data.read(PIECE):
            yield piece


@contextmanager
def _whole_until(last: Callable[[], str]) -> Iterator[None]:
    try:
        yield
    except (zstandard.ZstdError, tarfile.TarError, EOFError, GarbledError) as fault:
        raise DamagedError(f"The backup is damaged or cut short at {last()}: {fault}.") from fault


def _blocks(member: Member) -> Iterator[bytes]:
    entry = tarfile.TarInfo(member.name)
    entry.size, entry.mode = member.size, 0o600
    yield entry.tobuf(tarfile.PAX_FORMAT)
    count = 0
    for piece in member.data:
        count += len(piece)
        yield piece
    if count != member.size:
        raise BackupError(f"{member.name} had {member.size:,} bytes, and {count:,} could be read.")
    yield bytes(-count % tarfile.BLOCKSIZE)

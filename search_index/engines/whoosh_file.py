"""One file for one segment: named arrays, a table of them, and a checksum over all; written once, then only read.

Postings are read with `pread`, never mapped: a file that is cut short behind our back is an error, not a dead process,
and what has been read does not count as memory of ours.
"""

import json
import os
import struct
import tempfile
import weakref
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np

from search_index.engine import EngineError

MAGIC = b"GHSEG\x00\x00\x01"
TRAILER = struct.Struct("<QIII")  # where the table begins, its length, its checksum, the checksum of all before it
IN_MEMORY = 1 << 18  # of each array while it is written
PIECE = 1 << 18

Array = np.ndarray[Any, np.dtype[Any]]


class FileWriter:
    """Takes arrays in pieces and in any order; `finish` writes them into one durable file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._parts: dict[str, tuple[str, BinaryIO]] = {}

    def add(self, name: str, values: Array) -> None:
        """Append to the array of this name."""
        if name not in self._parts:
            spooled: Any = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(self.path.parent))  # noqa: SIM115 - see discard
            self._parts[name] = (values.dtype.str, spooled)
        dtype, part = self._parts[name]
        part.write(np.ascontiguousarray(values, dtype=dtype).tobytes())

    def finish(self) -> int:
        """Write everything and wait until the disk has it; how many bytes there are."""
        table: dict[str, tuple[str, int, int]] = {}
        checksum = 0
        with self.path.open("wb") as out:
            at = out.write(MAGIC)
            checksum = zlib.crc32(MAGIC)
            for name, (dtype, part) in self._parts.items():
                length = part.tell()
                table[name] = (dtype, at, length)
                part.seek(0)
                while piece := part.read(PIECE):
                    checksum = zlib.crc32(piece, checksum)
                    at += out.write(piece)
                padding = bytes(-at % 8)
                checksum = zlib.crc32(padding, checksum)
                at += out.write(padding)
            written = json.dumps(table).encode()
            out.write(written)
            out.write(TRAILER.pack(at, len(written), zlib.crc32(written), checksum))
            out.flush()
            os.fsync(out.fileno())
        self.discard()
        return at + len(written) + TRAILER.size

    def discard(self) -> None:
        """Give up the pieces."""
        for _, part in self._parts.values():
            part.close()
        self._parts.clear()


class FileReader:
    """The arrays of one file, whose checksum was right when it was opened. Closed when nobody holds it any more."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._fd)
        self.bytes = os.fstat(self._fd).st_size
        self._table = self._checked_table()

    def _checked_table(self) -> dict[str, tuple[str, int, int]]:
        if self.bytes < len(MAGIC) + TRAILER.size:
            raise EngineError(f"{self.path.name} is cut short")
        start, length, table_sum, data_sum = TRAILER.unpack(self._pread(TRAILER.size, self.bytes - TRAILER.size))
        if start + length + TRAILER.size != self.bytes:
            raise EngineError(f"{self.path.name} is cut short")
        checksum = at = 0
        while at < start:
            piece = self._pread(min(PIECE, start - at), at)
            checksum = zlib.crc32(piece, checksum)
            at += len(piece)
        written = self._pread(length, start)
        if checksum != data_sum or zlib.crc32(written) != table_sum:
            raise EngineError(f"{self.path.name} is damaged")
        table: dict[str, tuple[str, int, int]] = json.loads(written)
        return table

    def _pread(self, length: int, offset: int) -> bytes:
        try:
            piece = os.pread(self._fd, length, offset)
        except OSError as trouble:
            raise EngineError(f"{self.path.name} cannot be read: {trouble}") from trouble
        if len(piece) != length:
            raise EngineError(f"{self.path.name} is cut short")
        return piece

    def __contains__(self, name: str) -> bool:
        return name in self._table

    def dtype(self, name: str) -> np.dtype[Any]:
        """What the array holds."""
        return np.dtype(self._table[name][0])

    def length(self, name: str) -> int:
        """How many values the array has."""
        dtype, _, length = self._table[name]
        return length // np.dtype(dtype).itemsize

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Array:
        """A part of an array, or all of it."""
        dtype, offset, length = self._table[name]
        size = int(dtype[2:])
        end = length if stop is None else stop * size
        return np.frombuffer(self._pread(end - start * size, offset + start * size), dtype=dtype)

    @classmethod
    def opened(cls, path: Path) -> Self:
        """The file, or an `EngineError` that says what is wrong with it; a file that is not there is an OSError."""
        try:
            return cls(path)
        except FileNotFoundError:
            raise
        except (OSError, ValueError, struct.error) as trouble:
            raise EngineError(f"{path.name} cannot be read: {trouble}") from trouble

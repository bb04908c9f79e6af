"""Lines of a file, compressed or not, in bounded memory; and the file beside it for the refused ones."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, cast

LONGEST_LINE = 32 * 1024 * 1024
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line with its number, from 1. `fault` says why it cannot be used: too long, or the file broke off."""

    number: int
    text: bytes
    fault: str = ""


class LineFile:
    """An open import file. `position` of `size` bytes were taken from the disk so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self._disk: BufferedReader = path.open("rb")
        is_packed = self._disk.peek(2)[:2] == GZIP
        self._stream: IO[bytes] = cast("IO[bytes]", gzip.GzipFile(fileobj=self._disk)) if is_packed else self._disk

    @property
    def position(self) -> int:
        """How many bytes of the file are consumed."""
        return self._disk.tell()

    def close(self) -> None:
        """Let go of the file."""
        self._disk.close()

    def __iter__(self) -> Iterator[RawLine]:
        number = 0
        while True:
            number += 1
            try:
                text = self._stream.readline(LONGEST_LINE + 1)
                if not text:
                    return
                is_too_long = len(text) > LONGEST_LINE
                rest = text
                while is_too_long and rest and not rest.endswith(b"\n"):
                    rest = self._stream.readline(LONGEST_LINE)
            except (EOFError, OSError, zlib.error) as error:
                yield RawLine(number, b"", f"the file cannot be read any further: {error}")
                return
            if is_too_long:
                yield RawLine(number, text[:200], f"longer than {LONGEST_LINE // 1024 // 1024} MB")
                continue
            if number == 1:
                text = text.removeprefix(b"\xef\xbb\xbf")
            text = text.rstrip(b"\r\n")
            if text.strip():
                yield RawLine(number, text)


class RejectsFile:
    """Takes the refused lines as they were, so that they can be mended there and imported again.

    It lies beside the input, or, where that folder cannot be written, in the current directory; it is made
    with the first refused line.
    """

    def __init__(self, source: Path) -> None:
        name = source.name.removesuffix(".gz").removesuffix(".jsonl")
        self._candidates = [folder / f"{name}.rejects.jsonl" for folder in (source.absolute().parent, Path.cwd())]
        self._file: IO[bytes] | None = None
        self.path: Path | None = None

    def add(self, line: bytes) -> None:
        """Keep one refused line."""
        if self._file is None:
            self._file = self._open()
        self._file.write(line + b"\n")
        self._file.flush()

    def _open(self) -> IO[bytes]:
        fault: OSError | None = None
        for candidate in self._candidates:
            try:
                opened = candidate.open("wb")
            except OSError as error:
                fault = error
                continue
            self.path = candidate
            return opened
        raise fault or OSError("no place for refused lines")

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

"""Bytes on their way, as iterators of pieces: whoever takes them sets the pace, and no step holds more than a few."""

import io
import threading
from collections.abc import Callable, Iterator
from queue import Queue

PIECE = 1 << 20
BATCH = 1 << 18
_END = object()

Work = Callable[[io.BufferedIOBase, "Writer"], None]


class Reader(io.RawIOBase):
    """Pieces as a file that can be read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")
        self.fault: BaseException | None = None

    def readable(self) -> bool:
        """It can only be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # whatever holds bytes is given as a view
        """The next bytes, as many as one piece has."""
        while not self._rest:
            try:
                piece = next(self._pieces, None)
            except BaseException as fault:
                self.fault = fault
                raise
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class Writer:
    """Where a thread puts what it made; it waits while nobody takes it."""

    def __init__(self) -> None:
        self.made: Queue[object] = Queue(maxsize=16)
        self.is_unwanted = False
        self._batch = bytearray()

    def write(self, data: bytes) -> int:
        """Hand the bytes on; fails when nobody wants them any more."""
        if self.is_unwanted:
            raise BrokenPipeError
        self._batch += data
        if len(self._batch) >= BATCH:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Hand on what was gathered."""
        if self._batch:
            self.made.put(bytes(self._batch))
            self._batch.clear()


def as_file(pieces: Iterator[bytes]) -> io.BufferedReader:
    """Pieces as a buffered file."""
    return io.BufferedReader(Reader(pieces), PIECE)


def through(work: Work, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What a library makes of the pieces that wants to read and write by itself: it does so in a thread.

    A fault of the pieces is raised as it was, and not as what the library makes of it.
    """
    reader, writer = Reader(pieces), Writer()

    def run() -> None:
        end: object = _END
        try:
            work(io.BufferedReader(reader, PIECE), writer)
            writer.flush()
        except BaseException as fault:  # noqa: BLE001 - it is raised again where the pieces are taken
            end = reader.fault or fault
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
            writer.made.put(end)

    thread = threading.Thread(target=run, name="backup", daemon=True)
    thread.start()
    end = None
    try:
        while isinstance(end := writer.made.get(), bytes):
            yield end
        if isinstance(end, BaseException):
            raise end
    finally:
        writer.is_unwanted = True
        while isinstance(end, bytes) or end is None:
            end = writer.made.get()
        thread.join()

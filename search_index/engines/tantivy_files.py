"""The files of a tantivy index: whether they are whole, and up to which change of the feed it is complete."""

import json
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from search_index.engine import EngineError

META = "meta.json"
POSITION = "position.json"
ENDS = ("idx", "pos", "term", "store", "fast", "fieldnorm")
_TAIL = struct.Struct("<II")  # length of the footer, then always the same number
_ALWAYS = 1337
_AT_ONCE = 1 << 20

Seen = dict[str, tuple[int, int]]


def is_begun(place: Path) -> bool:
    """Whether an index was made here; one that has lost its list of segments is damaged."""
    if (place / META).exists():
        return True
    if (place / POSITION).exists() or any(place.glob("*.store")):
        raise EngineError(f"{place.name} has lost its list of segments")
    return False


def check(place: Path) -> None:
    """Read every file of the last commit and compare it with its check sum: a bit that fell over is found here.

    The library itself would notice much later, or answer nonsense.
    """
    for path in _files(place):
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            size = file.tell()
            if size < _TAIL.size:
                raise EngineError(f"{path.name} is cut short")
            file.seek(size - _TAIL.size)
            length, always = _TAIL.unpack(file.read(_TAIL.size))
            body = size - _TAIL.size - length
            if body < 0 or always != _ALWAYS:
                raise EngineError(f"{path.name} is damaged")
            file.seek(body)
            try:
                promised = json.loads(file.read(length))["crc"]
            except (ValueError, KeyError, TypeError) as error:
                raise EngineError(f"{path.name} is damaged") from error
            file.seek(0)
            found = 0
            while body > 0:
                piece = file.read(min(body, _AT_ONCE))
                body -= len(piece)
                found = zlib.crc32(piece, found)
            if found != promised:
                raise EngineError(f"{path.name} is damaged")


def seen(place: Path) -> Seen:
    """Size and time of every file of the last commit. They are written once and never changed."""
    found = {}
    for path in _files(place):
        state = path.stat()
        found[str(path)] = state.st_size, state.st_mtime_ns
    return found


def is_untouched(before: Seen) -> bool:
    """Whether the files that are in use are as they were; what a merge removed may go on being read.

    A file that is cut while it is mapped into memory would end the process, and one that is overwritten answers
    nonsense: looking first costs less than a tenth of a millisecond.
    """
    for path, (size, time) in before.items():
        try:
            state = os.stat(path)  # noqa: PTH116 - for each search, so without making paths
        except FileNotFoundError:
            continue
        if state.st_size != size or state.st_mtime_ns != time:
            return False
    return True


def read_position(place: Path) -> int:
    """Up to which change of the feed the last commit is complete, at least."""
    try:
        held = json.loads((place / POSITION).read_bytes())
        position, check_sum = int(held["position"]), held["check"]
    except FileNotFoundError:
        return 0
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(f"{place.name} does not say how far it is") from error
    if check_sum != _check_sum(position):
        raise EngineError(f"{place.name} does not say how far it is")
    return position


def write_position(place: Path, position: int) -> None:
    """Keep it, after the commit: what a crash in between loses is only that a part of the feed is applied again."""
    fresh = place / f"{POSITION}.fresh"
    with fresh.open("w") as file:
        json.dump({"position": position, "check": _check_sum(position)}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(place / POSITION)
    directory = os.open(place, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _check_sum(position: int) -> int:
    return zlib.crc32(str(position).encode())


def size(before: Seen) -> int:
    """Bytes on disk of what is in use."""
    return sum(size for size, _time in before.values())


def _files(place: Path) -> Iterator[Path]:
    try:
        meta = json.loads((place / META).read_bytes())
        segments = [(one["segment_id"].replace("-", ""), one.get("deletes")) for one in meta["segments"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(f"the list of segments of {place.name} is damaged") from error
    for name, deletes in segments:
        yield from (place / f"{name}.{end}" for end in ENDS)
        if deletes:
            yield place / f"{name}.{deletes['opstamp']}.del"

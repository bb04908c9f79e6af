"""What a commit is: Whoosh's table of contents, sealed with a checksum, the position in the feed and our version.

A commit writes its segments, waits until the disk has them, writes the table beside the old one, and renames it into
place; killed at any moment, it leaves either the old table or the new one.
"""

import os
import pickle
import struct
import zlib
from pathlib import Path

from whoosh.codec.whoosh3 import W3Segment
from whoosh.fields import ID, KEYWORD, Schema
from whoosh.filedb.filestore import FileStorage, RamStorage
from whoosh.index import _DEF_INDEX_NAME, TOC

from search_index import analysis
from search_index.engine import EngineError

NAME: str = _DEF_INDEX_NAME
EXTENSION = ".gh"
SEAL = struct.Struct("<8sIQI")  # mark, version, position, checksum of all before it
MARK = b"guildhal"
FORMAT = 1
VERSION = FORMAT * 1000 + analysis.VERSION
SCHEMA = Schema(text=KEYWORD(), title=KEYWORD(), label=KEYWORD(), key=ID(unique=True))


class Commit:
    """One generation: its segments with who is deleted in each, and up to which change it is complete."""

    def __init__(self, generation: int, segments: list[W3Segment], position: int) -> None:
        self.generation = generation
        self.segments = segments
        self.position = position


def storage_of(directory: Path) -> FileStorage:
    """Whoosh's view of the directory."""
    return FileStorage(str(directory), supports_mmap=False)


def latest_generation(storage: FileStorage) -> int:
    """The number of the newest commit, or -1."""
    return int(TOC._latest_generation(storage, NAME))  # noqa: SLF001 - Whoosh offers no other way to look without reading


def read(directory: Path) -> Commit:
    """The newest commit; an empty one where there is none yet."""
    storage = storage_of(directory)
    generation = latest_generation(storage)
    if generation < 0:
        return Commit(-1, [], 0)
    path = directory / _file_name(generation)
    sealed = path.read_bytes()
    content, seal = sealed[: -SEAL.size], sealed[-SEAL.size :]
    if len(seal) < SEAL.size:
        raise EngineError(f"{path.name} is cut short")
    mark, version, position, checksum = SEAL.unpack(seal)
    if mark != MARK or zlib.crc32(sealed[:-4]) != checksum:
        raise EngineError(f"{path.name} is damaged")
    if version != VERSION:
        raise EngineError("the index was written by another version")
    try:
        # The checksum says that this is what we wrote; only then is it unpickled.
        memory = RamStorage()
        memory.files[path.name] = content
        segments = TOC.read(memory, NAME, generation, schema=SCHEMA).segments
    except (pickle.UnpicklingError, ValueError, EOFError, AttributeError, ImportError, IndexError) as trouble:
        raise EngineError(f"{path.name} cannot be read: {trouble}") from trouble
    return Commit(generation, segments, position)


def write(directory: Path, commit: Commit) -> None:
    """Make it the newest commit, durably."""
    memory = RamStorage()
    TOC(SCHEMA, commit.segments, commit.generation).write(memory, NAME)
    content = memory.files[_file_name(commit.generation)]
    sealed = content + SEAL.pack(MARK, VERSION, commit.position, 0)[:-4]
    sealed += struct.pack("<I", zlib.crc32(sealed))
    unsealed = directory / f"{_file_name(commit.generation)}.new"
    with unsealed.open("wb") as out:
        out.write(sealed)
        out.flush()
        os.fsync(out.fileno())
    unsealed.replace(directory / _file_name(commit.generation))
    _sync(directory)


def clean(directory: Path, commit: Commit) -> None:
    """Remove what no commit names any more; who still reads it has it open."""
    kept = {segment_path(directory, segment).name for segment in commit.segments}
    kept.add(_file_name(commit.generation))
    for path in directory.iterdir():
        ours = path.name.startswith((f"{NAME}_", f"_{NAME}_")) and not path.name.endswith("LOCK")
        if ours and path.name not in kept:
            path.unlink(missing_ok=True)


def segment_path(directory: Path, segment: W3Segment) -> Path:
    """Where its postings and documents stand."""
    return directory / str(segment.make_filename(EXTENSION))


def _file_name(generation: int) -> str:
    return str(TOC._filename(NAME, generation))  # noqa: SLF001 - the name that Whoosh itself looks for


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

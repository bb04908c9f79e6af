import json
import math
import os
import re
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from kernel.clock import now
from kernel.db import session
from search_index.indexing import choosing
from search_index.models import SearchReplica

POINTER = "pointer.json"
DAMAGED = "damaged"
SHARED = "shared"
_PLACE = re.compile(r"(?P<engine>[a-z]+)-(?P<generation>\d+)")


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which index answers: its engine, the name of its place, and by which rules it was made."""

    engine: str
    place: str
    version: str

    @property
    def path(self) -> Path:
        """Its directory; of the shared one only the name counts."""
        return root() / self.place

    @property
    def is_damaged(self) -> bool:
        """Whether somebody who searched found that it cannot answer."""
        return (root() / f"{self.place}.{DAMAGED}").exists()

    def mark_damaged(self) -> None:
        """Leave word for the indexer, which will build another one."""
        (root() / f"{self.place}.{DAMAGED}").touch()


def root() -> Path:
    """Where the indexes of this machine lie."""
    path: Path = current_app.config["DATA"] / "search"
    path.mkdir(exist_ok=True)
    return path


def replica_name() -> str:
    """Under which name this machine's index is known in the database; made once, and kept beside it."""
    if choosing.is_shared():
        return SHARED
    path = root() / "replica"
    if not path.exists():
        fresh = root() / f"replica.{secrets.token_hex(4)}"
        fresh.write_text(f"replica-{secrets.token_hex(8)}")
        try:
            path.hardlink_to(fresh)  # two processes starting at once end up with one name
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


def pointer() -> Pointer | None:
    """The index that answers now; None before the first one was built."""
    if choosing.is_shared():
        row = session().execute(
            select(SearchReplica.engine, SearchReplica.place, SearchReplica.version).where(SearchReplica.name == SHARED)
        )
        found = row.first()
        return Pointer(found.engine, found.place, found.version) if found is not None and found.place else None
    try:
        return Pointer(**json.loads((root() / POINTER).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def stamp() -> object:
    """Changes when the pointer of this machine does; one stat call. None when the pointer is in the database."""
    if choosing.is_shared():
        return None
    try:
        found = (root() / POINTER).stat()
    except FileNotFoundError:
        return 0
    return found.st_ino, found.st_mtime_ns


def point_to(new: Pointer) -> None:
    """Let this machine answer from another index, from one moment to the next; it survives a power cut."""
    fresh = root() / f"{POINTER}.{secrets.token_hex(4)}"
    try:
        with fresh.open("w") as file:
            json.dump(asdict(new), file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(root() / POINTER)
    finally:
        fresh.unlink(missing_ok=True)
    directory = os.open(root(), os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def age_of_pointer() -> float:
    """How many seconds ago this machine was pointed to its index; of the shared one nobody keeps it."""
    try:
        return now().timestamp() - (root() / POINTER).stat().st_mtime
    except FileNotFoundError:
        return math.inf


def former(place: str, *, count: int = 3) -> list[str]:
    """The names that the generations before this one had."""
    engine, _hyphen, generation = place.rpartition("-")
    return [f"{engine}-{number:04}" for number in range(max(int(generation) - count, 1), int(generation))]


def next_place(engine: str) -> str:
    """A name that no index of this machine has had: generations only grow."""
    known = [match["generation"] for path in root().iterdir() if (match := _PLACE.match(path.name))]
    here = pointer()
    if here is not None and (match := _PLACE.match(here.place)):
        known.append(match["generation"])
    place = f"{engine}-{max(map(int, known), default=0) + 1:04}"
    if not choosing.is_shared():
        (root() / place).mkdir()
    return place


def sweep(*, keep: set[str]) -> None:
    """Remove the places of this machine that answer no more, and what a crash left of one that never did."""
    for path in root().iterdir():
        match = _PLACE.match(path.name)
        if match is not None and match[0] not in keep:
            remove(match[0])


def remove(place: str) -> None:
    """Remove one index, and the word that it was damaged."""
    shutil.rmtree(root() / place, ignore_errors=True)
    (root() / f"{place}.{DAMAGED}").unlink(missing_ok=True)

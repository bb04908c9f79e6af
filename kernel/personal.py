"""What is kept of a person: rooms say what and why, hand it out, take it in, and let it go.

Every room registers four things, so that one export, one import, one deletion and one privacy page serve all of them:
what it keeps (`keeps`), its tables and files of a person (`exports`), what it takes from an archive (`imports`), and
what has to be done when they go (`leaves`), or stands in the way of it (`hinders`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from kernel.viewer import Viewer

Column = InstrumentedAttribute[Any]
Sentence = Any  # a lazy string, translated each time it is read


class Fate(StrEnum):
    """What becomes of rows when the person they name goes.

    `removed`: deleted; `cleared`: they name nobody; `nameless`: they name the former member; `own`: its room acts.
    """

    REMOVED = "removed"
    CLEARED = "cleared"
    NAMELESS = "nameless"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Kept:
    """Columns that name a person, what stands there, why, for how long, and what becomes of it.

    The privacy page prints these; the deletion does what `fate` says. The sentences are translated when they are read.
    """

    columns: tuple[Column, ...]
    what: Sentence
    why: Sentence
    until: Sentence
    fate: Fate
    order: int = 100


@dataclass(frozen=True, slots=True)
class Table:
    """Rows about a person, one JSON object a line.

    With `key`, columns of the query's tables that tell its rows apart, they are read in portions. `complete` adds to
    the rows of a portion what no query says, under the names and types of `more`.
    """

    name: str
    about: str
    query: Select[*tuple[Any, ...]]
    key: tuple[Column, ...] = ()
    complete: Callable[[list[dict[str, Any]]], None] | None = None
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of a person: its place in the archive, and where it lies, or how it is made."""

    path: str
    content: Path | Callable[[], bytes]


Piece = Table | Blob


class Source(Protocol):
    """An archive that was looked through: whose it was, where it comes from, and what is in it.

    `may_post` is whether its posts are let in: without the staff's word they are only counted. In `notes` one importer
    leaves what another needs, such as the addresses that files have here.
    """

    host: str
    site: str
    handle: str
    is_from_here: bool
    may_post: bool
    notes: dict[str, dict[int, str]]

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table, none when there is no such table."""

    def blob(self, path: str, *, most: int) -> bytes | None:
        """The bytes of a file, None when there is no such file, or when it has more than so many bytes."""

    def files(self, folder: str) -> list[str]:
        """The places of the files in a folder."""


@dataclass(slots=True)
class Report:
    """What was taken out of an archive, and what was not, and why."""

    taken: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    left_out: int = 0
    waiting: int = 0
    shown: list[tuple[str, str]] = field(default_factory=list)

    MOST, MOST_SHOWN, LONGEST_SHOWN = 200, 100, 500

    def took(self, what: str, count: int = 1) -> None:
        """Something is in now."""
        if count:
            self.taken[what] = self.taken.get(what, 0) + count

    def knew(self, what: str, count: int = 1) -> None:
        """Something was in already."""
        if count:
            self.known[what] = self.known.get(what, 0) + count

    def skip(self, what: str, why: str) -> None:
        """Something stays outside; the first few are named, the rest counted."""
        if len(self.skipped) < self.MOST:
            self.skipped.append((what[:200], why[:300]))
        else:
            self.left_out += 1

    def wait(self, what: str, texts: Sequence[str]) -> None:
        """These texts wait for the staff's word; so that they know on what, they are shown how the first ones begin."""
        self.waiting += len(texts)
        room = self.MOST_SHOWN - len(self.shown)
        self.shown.extend((what[:200], text[: self.LONGEST_SHOWN]) for text in texts[: max(room, 0)])

    def go_on_from(self, taken: Mapping[str, int]) -> None:
        """What an earlier run took out of the same archive was not in already: it came with it."""
        for what, count in taken.items():
            self.took(what, count)
            self.known[what] = max(self.known.get(what, 0) - count, 0)

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "taken": self.taken,
            "known": self.known,
            "skipped": [list(one) for one in self.skipped],
            "left_out": self.left_out,
            "waiting": self.waiting,
            "shown": [list(one) for one in self.shown],
        }


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who goes. `stand_in` is the handle under which what stays is kept."""

    viewer: Viewer
    email: str
    stand_in: str
    removes: bool

    @property
    def id(self) -> int:
        """The number of the account."""
        return self.viewer.me

    @property
    def handle(self) -> str:
        """What they were called until now."""
        return self.viewer.handle


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What a person has to hand over before they can go, and where."""

    sentence: str
    url: str


Exporter = Callable[[Viewer], Iterable[Piece]]
Importer = Callable[[Viewer, Source, Report], Iterator[int]]
Step = Callable[[Leaver, int], int | None]

_kept: list[Kept] = []
_exporters: dict[str, Exporter] = {}
_importers: dict[str, Importer] = {}
_steps: dict[str, Step] = {}
_hinders: list[Callable[[Viewer], Iterable[Hindrance]]] = []


def keeps(*columns: Column, what: Sentence, why: Sentence, until: Sentence, fate: Fate, order: int = 100) -> None:
    """Say what a room keeps of a person in these columns; `order` is the place on the privacy page."""
    _kept.append(Kept(columns, what, why, until, fate, order))


def exports(name: str) -> Callable[[Exporter], Exporter]:
    """Register what a room hands out: only what `viewer` may see, for it is they who take it along."""

    def register(function: Exporter) -> Exporter:
        _exporters[name] = function
        return function

    return register


def imports(name: str) -> Callable[[Importer], Importer]:
    """Register what a room takes from an archive.

    The function yields after every portion how many rows it saw, and each portion is committed then; taking the same
    archive again has to change nothing. It never believes the archive: whose something is, is the viewer's.
    """

    def register(function: Importer) -> Importer:
        _importers[name] = function
        return function

    return register


def leaves(name: str) -> Callable[[Step], Step]:
    """Register one thing that is done when somebody goes: `step(leaver, after)` does a portion in a unit of its own.

    It returns where to go on, or None when nothing is left, and reads the present state, so that a portion that was
    undone is simply done again.
    """

    def register(function: Step) -> Step:
        _steps[name] = function
        return function

    return register


def hinders(function: Callable[[Viewer], Iterable[Hindrance]]) -> Callable[[Viewer], Iterable[Hindrance]]:
    """Register what somebody has to hand over first."""
    _hinders.append(function)
    return function


def all_kept() -> list[Kept]:
    """What all rooms keep, in the order of the privacy page."""
    return sorted(_kept, key=lambda one: one.order)


def exporters() -> Mapping[str, Exporter]:
    """What hands out something, by name."""
    return _exporters


def importers() -> Mapping[str, Importer]:
    """What takes something in, by name."""
    return _importers


def steps() -> Mapping[str, Step]:
    """What is done when somebody goes, in the order in which the rooms said so."""
    return _steps


def hindrances(viewer: Viewer) -> list[Hindrance]:
    """All that stands in the way of the viewer's going."""
    return [one for function in _hinders for one in function(viewer)]


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value

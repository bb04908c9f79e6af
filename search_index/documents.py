"""What a room hands to search: a document of a thing as it is now, and the source that makes them."""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

from kernel.refs import Ref
from kernel.viewer import Viewer

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
YEARS_TO_DOUBLE = 20.0
YEAR = 365.25 * 86400


@dataclass(frozen=True)
class Document:
    """One findable thing, as everybody who may see it sees it.

    `audience` is the one token that opens it (`board:3` of a board, `public`, `need:12`); see `Source.tokens`.
    `authors` are all the names under which `author:` finds it: the handle, the name.
    `marks` answer `is:` and `has:` (`unanswered`, `answered`, `record`).
    Facet values are codes: slugs of communities and sectors, codes of regions (`33`, and `3301` for the city).
    """

    key: str
    kind: str
    title: str
    body: str
    audience: str
    at: datetime
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    community: str = ""
    sectors: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lang: str = ""
    boost: float = 1.0

    @property
    def weight(self) -> float:
        """What its BM25 score is multiplied by: the room's mild boost, and freshness.

        Freshness doubles in twenty years (3.5 % a year), relative to a fixed epoch: the ratio of two documents never
        depends on when one asks, so that pages of a result fit together.
        """
        years = (self.at - EPOCH).total_seconds() / YEAR
        return self.boost * math.exp2(max(min(years, 30.0), -30.0) / YEARS_TO_DOUBLE)

    @cached_property
    def labels(self) -> frozenset[str]:
        """All that filters and facets know of it, as `field=value`; the audience too."""
        pairs = [
            ("audience", (self.audience,)),
            ("kind", (self.kind,)),
            ("community", (self.community,) if self.community else ()),
            ("sector", self.sectors),
            ("region", self.regions),
            ("year", (str(self.at.year),)),
            ("tag", self.tags),
            ("author", self.authors),
            ("is", self.marks),
            *self.facets.items(),
        ]
        return frozenset(f"{name}={fold_label(value)}" for name, values in pairs for value in values)

    @cached_property
    def fingerprint(self) -> str:
        """Changes when anything of it does that an index holds."""
        parts = [self.title, self.body, self.at.isoformat(), f"{self.boost:.4f}", *sorted(self.labels)]
        return hashlib.blake2b("\x00".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def fold_label(value: str) -> str:
    """How values are compared in filters: without case and outer space."""
    return value.strip().casefold()


@dataclass(frozen=True, slots=True)
class Shown:
    """How a hit reads on a page, already seen by this viewer. `text` is what the excerpt is cut from.

    `within` is what it is a part of, as a reply is of its thread: hits of one thing are shown together.
    `sectors` are slugs, for whoever compares it with other things; `author_id` is whose it is, for whoever may tell.
    """

    ref: Ref
    title: str
    url: str
    text: str
    at: datetime
    kind: str
    lang: str = ""
    facts: tuple[str, ...] = ()
    within: Ref | None = None
    sectors: tuple[str, ...] = ()
    author_id: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """How things of one kind of Ref (`forum.thread`) become documents.

    `documents` answers the present state of those that exist and are findable at all: what it leaves out is deleted
    from the index. `ids` walks all of them: the next `limit` ids above `after`. `show` is the second wall: only what
    this viewer may see, read from the database. `tokens` are the audience tokens under which this source files what
    the viewer may see; they are asked for at every search, so that opening or closing a board takes effect at once.
    `suggest` are the short names that are offered while somebody types.
    """

    kind: str
    documents: Callable[[Sequence[int]], Iterable[Document]]
    ids: Callable[[int, int], Sequence[int]]
    show: Callable[[Viewer, Sequence[int]], Mapping[int, Shown]]
    tokens: Callable[[Viewer], Iterable[str]] = lambda viewer: viewer.audience

    def read(self, ids: Sequence[int]) -> Iterator[Document]:
        """The documents, with the marks that other rooms put on them."""
        marked = [marks(ids) for marks in _marks.get(self.kind, ())]
        for document in self.documents(ids):
            more = [mark for found in marked for mark in found.get(int(document.key.rpartition(":")[2]), ())]
            yield replace(document, marks=(*document.marks, *more)) if more else document


Marks = Callable[[Sequence[int]], Mapping[int, Sequence[str]]]

SOURCES: dict[str, Source] = {}
_marks: dict[str, list[Marks]] = {}


def register_marks(kind: str, marks: Marks) -> None:
    """Let a room above put marks on documents of this kind; it says so in the feed when they change."""
    _marks.setdefault(kind, []).append(marks)


def register_source(source: Source) -> None:
    """Make a kind findable; each room does this once in its `search.py`."""
    SOURCES[source.kind] = source


def every_key(at_once: int = 5_000) -> Iterator[str]:
    """The keys of all that may be findable, read some at a time."""
    for source in list(SOURCES.values()):
        last = 0
        while ids := source.ids(last, at_once):
            last = max(ids)
            yield from (f"{source.kind}:{number}" for number in ids)


def tokens_of(viewer: Viewer) -> frozenset[str]:
    """Every audience token that opens a document to this viewer."""
    return frozenset(token for source in SOURCES.values() for token in source.tokens(viewer))


def documents_of(keys: Iterable[str]) -> dict[str, Document]:
    """The present documents of these keys; those that are gone are missing. One call of each source."""
    by_kind: dict[str, list[int]] = {}
    for key in keys:
        kind, _, number = key.rpartition(":")
        by_kind.setdefault(kind, []).append(int(number))
    return {
        document.key: document
        for kind, ids in by_kind.items()
        if kind in SOURCES
        for document in SOURCES[kind].read(ids)
    }

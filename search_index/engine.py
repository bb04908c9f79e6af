"""What is asked of an engine: the query as a small tree, the answer, and the protocol that every engine keeps."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from search_index.documents import Document

FACETS = ("kind", "community", "sector", "region", "year")
MOST_HITS = 1000  # deeper than this nobody pages: `next` ends there, `total` does not


class EngineError(Exception):
    """The index cannot answer: damaged, or unreachable. It can be rebuilt."""


class BusyError(EngineError):
    """Another writer holds the index: it is sound, and this one has to wait."""


@dataclass(frozen=True, slots=True)
class Word:
    """All of `tokens` stand in the document: a stem, an identifier, or the pairs of a Han run (its character alone)."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """`tokens` stand side by side, in this order, in the document's token stream."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """Some token begins with `stem`; engines look at no more than 200 such tokens, the commonest first."""

    stem: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of `choices` holds: an OR, or a word with its synonyms. The best of them is what counts."""

    choices: tuple["Clause", ...]


Clause = Word | Phrase | Prefix | AnyOf


@dataclass(frozen=True, slots=True)
class Filter:
    """The document bears one of the labels `field=value` for these values."""

    field: str
    values: frozenset[str]

    @property
    def labels(self) -> frozenset[str]:
        """As documents bear them."""
        return frozenset(f"{self.field}={value}" for value in self.values)


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    `match`: `all` clauses must hold, or `any` of them (then at least a sixth of the clauses, so that a long question
    finds what shares more than its commonest word). Without clauses every document matches, the newest first.
    `scored_field`: `text` is everything (title thrice, tags twice, names and body once), `title` the title alone.
    """

    clauses: tuple[Clause, ...] = ()
    without: tuple[Clause, ...] = ()
    filters: tuple[Filter, ...] = ()
    without_labels: frozenset[str] = frozenset()
    after: datetime | None = None
    before: datetime | None = None
    match: Literal["all", "any"] = "all"
    order: Literal["relevance", "newest"] = "relevance"
    scored_field: Literal["text", "title"] = "text"


@dataclass(frozen=True, slots=True)
class Hit:
    """A document's key, its score, and its time."""

    key: str
    score: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits, in order of (score or time, then key); counts are exact, and of this audience alone.

    A facet counts what would be found if its own filter were lifted, so that one can change one's mind.
    `next` continues after the last hit, or is None.
    """

    hits: list[Hit]
    total: int
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    next: tuple[float, str] | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """How large an index is, and up to which change of the feed it is complete."""

    documents: int
    bytes: int
    position: int


class Engine(Protocol):
    """An index that is open. Searching is safe from several threads; `apply` is for the one writer."""

    name: ClassVar[str]
    at_once: ClassVar[int]  # documents that a building best hands to `apply` at a time

    def apply(self, documents: Iterable[Document], deleted: Collection[str], *, position: int) -> None:
        """Replace these documents, remove those keys, and be complete up to `position`: durable when it returns."""

    def finish(self) -> None:
        """After a whole build: merge what helps reading. Harmless at any time."""

    def refresh(self) -> None:
        """Answer from the newest commit; cheap when nothing changed."""

    def search(
        self,
        query: Query,
        *,
        audience: Collection[str],
        limit: int = 20,
        cursor: tuple[float, str] | None = None,
        facets: Sequence[str] = (),
        hidden: Collection[str] = (),
    ) -> Results:
        """What of `query` these audience tokens open. Keys in `hidden` count as deleted. `limit` 0 only counts."""

    def spellings(self, token: str, *, limit: int = 5) -> list[str]:
        """Tokens of the index that `token` may have been meant for, the commonest of the nearest first."""

    def fingerprints(self) -> Iterator[tuple[str, str]]:
        """Key and fingerprint of every document in the index."""

    def stats(self) -> Stats:
        """Size and position."""

    def close(self) -> None:
        """Let go of files, locks and connections."""

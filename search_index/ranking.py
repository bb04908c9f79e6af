"""How documents are weighed: BM25 over one stream of tokens, the same numbers in every engine.

A document's stream is its title thrice, its tags twice, its authors and its body once, with a boundary between them
that no phrase crosses. What BM25 gives is multiplied by `Document.weight` (freshness and the room's mild boost).
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from search_index.analysis import BOUNDARY, is_han, spaced
from search_index.documents import Document
from search_index.engine import AnyOf, Clause, Phrase, Prefix, Query, Word

K1 = 1.2
B = 0.75
TITLE_TIMES = 3
TAGS_TIMES = 2
BETWEEN = f" {BOUNDARY} "
MOST_TOKENS = 60_000  # of one document; what comes later in a body is not found
DIGITS = 6  # of a score; further ones depend on the order of additions
MOST_BEGINNINGS = 200  # tokens for which one Prefix stands


def spaced_title(document: Document) -> str:
    """The tokens of its title alone, with a space between them."""
    return _bounded(spaced(document.title), 2_000)


def spaced_text(document: Document, title: str) -> str:
    """All tokens of a document in order, which every engine indexes as its text; `title` is its `spaced_title`.

    Between its pieces stands `BETWEEN`.
    """
    pieces = [title] * TITLE_TIMES
    for tag in document.tags:
        pieces += [spaced(tag)] * TAGS_TIMES
    pieces += map(spaced, document.authors)
    pieces.append(spaced(document.body))
    return _bounded(BETWEEN.join(filter(None, pieces)), MOST_TOKENS)


def _bounded(text: str, most: int) -> str:
    return text if text.count(" ") < most else " ".join(text.split(" ")[:most])


def stream(spaced: str) -> list[str]:
    """Its tokens; the boundaries too, which are no white space here."""
    return spaced.split(" ") if spaced else []


def idf(documents: int, having: int) -> float:
    """How much a token says that `having` of all documents hold; never nothing, never negative."""
    return math.log1p((max(documents, having) - having + 0.5) / (having + 0.5))


def saturation(times: float, length: float, average: float) -> float:
    """What being held `times` in a document of this length is worth, between 0 and K1 + 1."""
    return times * (K1 + 1) / (times + K1 * (1 - B + B * length / average))


def scored_tokens(clause: Word | Phrase) -> tuple[str, ...]:
    """The tokens whose BM25 a word or phrase is worth: of a run of Han its pairs, not its characters again."""
    distinct = tuple(dict.fromkeys(clause.tokens))
    longer = tuple(token for token in distinct if len(token) > 1 or not is_han(token))
    return longer or distinct


def needed(clauses: int, match: str) -> int:
    """How many of so many clauses must hold: all, or a sixth.

    A third loses every other answer to a Chinese question, whose words are several pairs each (nDCG@10 .09, not .16).
    """
    return clauses if match == "all" else -(-clauses // 6)


class Collection:
    """What BM25 must know of all documents: how many, how long, and how many hold each token."""

    def __init__(self, streams: Mapping[str, Sequence[str]]) -> None:
        self.documents = len(streams)
        self.holding: Counter[str] = Counter()
        self.lengths: dict[str, int] = {}
        self.times: dict[str, Counter[str]] = {}
        for key, held in streams.items():
            times = Counter(held)
            del times[BOUNDARY]
            self.times[key] = times
            self.lengths[key] = times.total()
            self.holding.update(times.keys())
        self.average = max(sum(self.lengths.values()) / max(self.documents, 1), 1.0)

    def token(self, key: str, token: str) -> float:
        """BM25 of one token in one document."""
        times = self.times[key][token]
        if not times:
            return 0.0
        return idf(self.documents, self.holding[token]) * saturation(times, self.lengths[key], self.average)

    def beginnings(self, stem: str) -> list[str]:
        """The tokens a Prefix stands for: the commonest that begin with it."""
        found = [(-count, token) for token, count in self.holding.items() if token.startswith(stem)]
        return [token for _, token in sorted(found)[:MOST_BEGINNINGS]]


class Scorer:
    """Says of one document after the other what a query finds it worth; the truth that engines are tested against."""

    def __init__(self, collection: Collection, streams: Mapping[str, Sequence[str]], query: Query) -> None:
        self.collection = collection
        self.streams = streams
        self.query = query
        stems = {clause.stem for clause in _all_clauses((*query.clauses, *query.without)) if isinstance(clause, Prefix)}
        self.beginnings = {stem: collection.beginnings(stem) for stem in stems}

    def score(self, key: str) -> float | None:
        """What the clauses give this document, before its own weight; None when it is not found."""
        if any(self._clause(key, clause) for clause in self.query.without):
            return None
        parts = [self._clause(key, clause) for clause in self.query.clauses]
        held = [part for part in parts if part is not None]
        if len(held) < needed(len(parts), self.query.match):
            return None
        return sum(held)

    def _clause(self, key: str, clause: Clause) -> float | None:
        match clause:
            case Word(wanted):
                return self._sum(key, clause) if all(self.collection.times[key][token] for token in wanted) else None
            case Phrase(wanted):
                return self._sum(key, clause) if stands_in(wanted, self.streams[key]) else None
            case Prefix(stem):
                return max((self.collection.token(key, token) for token in self.beginnings[stem]), default=0.0) or None
            case AnyOf(choices):
                worth = [part for choice in choices if (part := self._clause(key, choice)) is not None]
                return max(worth, default=None)

    def _sum(self, key: str, clause: Word | Phrase) -> float:
        return sum(self.collection.token(key, token) for token in scored_tokens(clause))


def _all_clauses(clauses: Sequence[Clause]) -> Iterator[Clause]:
    for clause in clauses:
        yield clause
        if isinstance(clause, AnyOf):
            yield from _all_clauses(clause.choices)


def stands_in(wanted: Sequence[str], held: Sequence[str]) -> bool:
    """Whether the tokens stand side by side in this order."""
    first, many = wanted[0], len(wanted)
    wanted = list(wanted)
    return any(
        token == first and list(held[at : at + many]) == wanted for at, token in enumerate(held[: len(held) - many + 1])
    )

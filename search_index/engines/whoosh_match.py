"""Which documents of one segment a clause finds, and what it finds them worth; whole arrays, no step per posting."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from search_index.analysis import is_han
from search_index.engine import AnyOf, Clause, Phrase, Prefix, Word
from search_index.engines.whoosh_file import Array
from search_index.engines.whoosh_segment import Segment
from search_index.ranking import K1, B, needed, scored_tokens

Found = tuple[Array, Array]  # documents in ascending order, and their scores
NOTHING: Found = (np.empty(0, np.int64), np.empty(0))
SPARSE = 16  # a list this many times longer than another is searched rather than walked


class Leaf:
    """One segment as it stands in a commit: who lives, and how long documents are in comparison."""

    def __init__(self, segment: Segment, deleted: Iterable[int]) -> None:
        self.segment = segment
        self.living: Array | None = None
        gone = np.fromiter(deleted, np.int64)
        self.count = segment.count - len(gone)
        if len(gone):
            self.living = np.ones(segment.count, bool)
            self.living[gone] = False
        self._norms: dict[str, Array] = {}

    def mask(self) -> Array:
        """Who lives, said of everybody."""
        return np.ones(self.segment.count, bool) if self.living is None else self.living

    def total_length(self, field: str) -> int:
        """Of all living documents."""
        lengths = self.segment.lengths(field)
        return int((lengths if self.living is None else lengths[self.living]).sum(dtype=np.int64))

    def norms(self, field: str, average: float) -> Array:
        """What BM25 adds to the number of times a token is held."""
        if field not in self._norms:
            self._norms[field] = K1 * (1 - B + B * self.segment.lengths(field) / average)
        return self._norms[field]


class Matcher:
    """Answers for one leaf and one query. `idf` and `beginnings` are of the whole index."""

    def __init__(
        self,
        leaf: Leaf,
        field: str,
        norms: Array,
        idf: Callable[[str], float],
        beginnings: Mapping[str, Sequence[str]],
    ) -> None:
        self.leaf, self.field, self.norms = leaf, field, norms
        self.segment = leaf.segment
        self.idf, self.beginnings = idf, beginnings
        self._terms: dict[str, int] = {}
        self._ids: dict[str, Array] = {}

    def term(self, token: str) -> int:
        """Where the token stands in the dictionary, or -1."""
        if token not in self._terms:
            self._terms[token] = self.segment.terms[self.field].find(token.encode("utf-8", "surrogatepass"))
        return self._terms[token]

    def ids(self, token: str) -> Array:
        """The documents that hold it, the deleted too."""
        if token not in self._ids:
            term = self.term(token)
            self._ids[token] = self.segment.ids(self.field, term) if term >= 0 else NOTHING[0]
        return self._ids[token]

    def holding(self, token: str) -> int:
        """How many living documents hold it."""
        if self.leaf.living is None:
            term = self.term(token)
            if term < 0:
                return 0
            start, stop = self.segment.terms[self.field].extent(term)
            return stop - start
        return int(np.count_nonzero(self.leaf.living[self.ids(token)]))

    def scores(self, token: str, ids: Array, which: Array | None = None) -> Array:
        """BM25 of a token in documents that hold it: `which` of its postings these are."""
        times = self.segment.times(self.field, self.term(token))
        if which is not None:
            times = times[which]
        scores: Array = self.idf(token) * (K1 + 1) * times / (times + self.norms[ids])
        return scores

    def all_of(self, clauses: Sequence[Clause], allowed: Array | None) -> Found:
        """The allowed documents for which every clause holds."""
        words = [clause for clause in clauses if isinstance(clause, Word)]
        rest = [clause for clause in clauses if not isinstance(clause, Word)]
        found = self._words(words, allowed) if words else None
        for clause in rest:
            if found is not None and not len(found[0]):
                return NOTHING
            within = found[0] if found is not None else None
            ids, scores = self.clause(clause, within)
            if found is None:
                if allowed is not None:
                    kept = allowed[ids]
                    ids, scores = ids[kept], scores[kept]
                found = ids, scores
            else:
                which, common = located(ids, found[0], self.segment.count)
                found = found[0][common], found[1][common] + scores[which]
        return found or NOTHING

    def _words(self, words: Sequence[Word], allowed: Array | None) -> Found:
        """The same for words, from the rarest token to the commonest."""
        worth = Counter(token for word in words for token in scored_tokens(word))
        tokens = sorted({token for word in words for token in word.tokens}, key=lambda token: len(self.ids(token)))
        ids = self.ids(tokens[0])
        if not len(ids):
            return NOTHING
        which: Array | None = None
        if allowed is not None:
            which = np.flatnonzero(allowed[ids])
            ids = ids[which]
        scores = np.zeros(len(ids))
        if worth[tokens[0]]:
            scores += worth[tokens[0]] * self.scores(tokens[0], ids, which)
        for token in tokens[1:]:
            if not len(ids):
                return NOTHING
            which, common = located(self.ids(token), ids, self.segment.count)
            ids, scores = ids[common], scores[common]
            if worth[token]:
                scores = scores + worth[token] * self.scores(token, ids, which)
        return ids, scores

    def any_of(self, clauses: Sequence[Clause]) -> Found:
        """The documents for which enough of the clauses hold, and the sum of those that do."""
        total = np.zeros(self.segment.count)
        held = np.zeros(self.segment.count, np.uint8)
        for clause in clauses:
            ids, scores = self.clause(clause)
            total[ids] += scores
            held[ids] += 1
        ids = np.flatnonzero(held >= needed(len(clauses), "any"))
        return ids, total[ids]

    def clause(self, clause: Clause, within: Array | None = None) -> Found:
        """The documents for which it holds; a phrase is only looked for `within` these."""
        match clause:
            case Word():
                return self._words([clause], None)
            case Phrase():
                return self._phrase(clause, within)
            case Prefix(stem):
                return self._best(self._words([Word((token,))], None) for token in self.beginnings[stem])
            case AnyOf(choices):
                if len(choices) == 1:
                    return self.clause(choices[0], within)
                return self._best(self.clause(choice, within) for choice in choices)

    def _best(self, parts: Iterable[Found]) -> Found:
        """Whatever holds for one of them, at the best of their scores."""
        kept = [part for part in parts if len(part[0])]
        if len(kept) <= 1:
            return kept[0] if kept else NOTHING
        best = np.full(self.segment.count, -1.0)
        for ids, scores in kept:
            best[ids] = np.maximum(best[ids], scores)
        ids = np.flatnonzero(best >= 0)
        return ids, best[ids]

    def _phrase(self, phrase: Phrase, within: Array | None) -> Found:
        """The documents in which the tokens stand side by side, found by where each stands."""
        places = telling(phrase.tokens)
        tokens = sorted({token for _, token in places}, key=lambda token: len(self.ids(token)))
        candidates = self.ids(tokens[0])
        if within is not None and len(candidates):
            candidates = candidates[located(within, candidates, self.segment.count)[1]]
        for token in tokens[1:]:
            if not len(candidates):
                return NOTHING
            candidates = candidates[located(self.ids(token), candidates, self.segment.count)[1]]
        if not len(candidates):
            return NOTHING
        if len(places) > 1:
            candidates = self._adjacent(places, tokens, candidates)
        scores = np.zeros(len(candidates))
        for token in scored_tokens(phrase):
            which, _ = located(self.ids(token), candidates, self.segment.count)
            scores += self.scores(token, candidates, which)
        return candidates, scores

    def _adjacent(self, places: Sequence[tuple[int, str]], tokens: Sequence[str], candidates: Array) -> Array:
        """Those of the candidates where each token stands at its place from one common beginning."""
        order = sorted(places, key=lambda place: tokens.index(place[1]))
        begins: Array | None = None
        for offset, token in order:
            own = self._beginnings(token, candidates) - offset
            begins = own if begins is None else begins[located_sorted(own, begins)]
            if not len(begins):
                return candidates[:0]
        assert begins is not None  # noqa: S101 - there is at least one place
        hit = np.zeros(len(candidates), bool)
        hit[(begins + _ROOM) >> _BITS] = True
        return candidates[hit]

    def _beginnings(self, token: str, candidates: Array) -> Array:
        """Where the token stands in the candidates, as (number of the candidate, place) in one ascending number."""
        term = self.term(token)
        times = self.segment.times(self.field, term).astype(np.int64)
        starts = np.cumsum(times) - times
        which, _ = located(self.ids(token), candidates, self.segment.count)
        often = times[which]
        ends = np.cumsum(often)
        index = np.arange(int(ends[-1])) + np.repeat(starts[which] - (ends - often), often)
        where = self.segment.places(self.field, term)[index].astype(np.int64)
        numbered: Array = (np.repeat(np.arange(len(candidates)), often) << _BITS) + where
        return numbered


_BITS = 17  # a place needs sixteen; one more keeps places before the beginning apart
_ROOM = 1 << 10  # no phrase is longer


def telling(tokens: Sequence[str]) -> list[tuple[int, str]]:
    """The tokens of a phrase with their places, without the characters that a pair beside them implies."""
    places = []
    for at, token in enumerate(tokens):
        implied = (
            len(token) == 1
            and is_han(token)
            and (
                (at + 1 < len(tokens) and len(tokens[at + 1]) == 2 and tokens[at + 1][0] == token)  # noqa: PLR2004 - a pair
                or (at > 0 and len(tokens[at - 1]) == 2 and tokens[at - 1][1] == token)  # noqa: PLR2004 - a pair
            )
        )
        if not implied:
            places.append((at, token))
    return places


def located(ids: Array, wanted: Array, documents: int) -> tuple[Array, Array]:
    """Which of `wanted` are in `ids` (a mask), and where in `ids` those stand. Both are ascending."""
    if not len(ids) or not len(wanted):
        return np.empty(0, np.int64), np.zeros(len(wanted), bool)
    if len(ids) > SPARSE * len(wanted):
        where = np.searchsorted(ids, wanted)
        where[where == len(ids)] = 0
        common = ids[where] == wanted
        return where[common], common
    slots = np.zeros(documents, np.int32)
    slots[ids] = np.arange(1, len(ids) + 1, dtype=np.int32)
    slot = slots[wanted]
    common = slot > 0
    return slot[common] - 1, common


def located_sorted(values: Array, wanted: Array) -> Array:
    """A mask of those of `wanted` that are among `values`; both are ascending."""
    where = np.searchsorted(values, wanted)
    where[where == len(values)] = 0
    among: Array = values[where] == wanted
    return among

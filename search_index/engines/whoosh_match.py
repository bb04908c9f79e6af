"""Which documents of one segment a clause finds, and what it finds them worth; whole arrays, no step per posting."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from search_index.engine import AnyOf, Clause, Phrase, Prefix, Word
from search_index.engines.whoosh_file import Array
from search_index.engines.whoosh_leaf import Leaf, located
from search_index.engines.whoosh_phrase import standing_together, telling
from search_index.engines.whoosh_segment import encoded
from search_index.ranking import K1, needed, scored_tokens

Found = tuple[Array, Array]  # documents in ascending order, and their scores
NOTHING: Found = (np.empty(0, np.int64), np.empty(0))


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
            self._terms[token] = self.segment.terms[self.field].find(encoded(token))
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
            candidates = standing_together(self, places, candidates)
        scores = np.zeros(len(candidates))
        for token in scored_tokens(phrase):
            which, _ = located(self.ids(token), candidates, self.segment.count)
            scores += self.scores(token, candidates, which)
        return candidates, scores

"""What is gathered while one query goes from segment to segment: hits in order, counts, the page."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from search_index.engine import MOST_HITS, AnyOf, Clause, Hit, Phrase, Prefix, Query, Results, Word
from search_index.engines.whoosh_file import Array
from search_index.engines.whoosh_leaf import Leaf
from search_index.engines.whoosh_match import Matcher
from search_index.engines.whoosh_segment import encoded
from search_index.engines.whoosh_snapshot import Snapshot
from search_index.ranking import DIGITS, idf

Ranked = tuple[float, bytes, float, float]  # minus what it is ordered by, key, score, time


def search_in(
    snapshot: Snapshot,
    query: Query,
    audience: Collection[str],
    limit: int,
    cursor: tuple[float, str] | None,
    facets: Sequence[str],
    hidden: Collection[str],
) -> Results:
    """See `Engine.search`."""
    searching = _Searching(snapshot, query, limit, cursor, facets)
    masks = snapshot.masks(frozenset(audience))
    for number, leaf in enumerate(snapshot.leaves):
        searching.look(number, _without(leaf, masks[number], hidden) if hidden else masks[number])
    return searching.results()


class _Searching:
    """What is gathered while one query goes from segment to segment."""

    def __init__(
        self, snapshot: Snapshot, query: Query, limit: int, cursor: tuple[float, str] | None, facets: Sequence[str]
    ) -> None:
        self.snapshot, self.query = snapshot, query
        self.limit = max(0, min(limit, MOST_HITS))
        self.cursor = cursor
        self.newest = query.order == "newest" or not query.clauses
        self.total = self.passed = 0
        self.ranked: list[Ranked] = []
        self.filtered = {which.field for which in query.filters}
        self.counts = {name: np.zeros(len(snapshot.facet(name)[0]) + 1, np.int64) for name in facets}
        field = query.scored_field
        stems = {part.stem for part in parts_of((*query.clauses, *query.without)) if isinstance(part, Prefix)}
        beginnings = {stem: snapshot.beginnings(field, stem) for stem in stems}
        self._idf: dict[str, float] = {}
        average = snapshot.average(field)
        self.matchers = [
            Matcher(leaf, field, leaf.norms(field, average), self.idf, beginnings) for leaf in snapshot.leaves
        ]

    def idf(self, token: str) -> float:
        """Of the whole index."""
        found = self._idf.get(token)
        if found is None:
            holding = sum(matcher.holding(token) for matcher in self.matchers)
            found = self._idf[token] = idf(self.snapshot.documents, holding)
        return found

    def look(self, number: int, allowed: Array | None) -> None:
        """Gather what one segment has."""
        leaf, matcher, query = self.snapshot.leaves[number], self.matchers[number], self.query
        segment = leaf.segment
        ids, scores = self._found(matcher, allowed)
        if not len(ids):
            return
        kept = self._outside(matcher, ids)
        if kept is not None:
            ids, scores = ids[kept], scores[kept]
        passing: dict[str, Array] = {}
        for which in query.filters:
            bears = segment.bearing(which.labels)[ids]
            passing[which.field] = passing[which.field] & bears if which.field in passing else bears
        for name in self.counts:
            others = [mask for field, mask in passing.items() if field != name]
            self._count(number, name, ids[np.logical_and.reduce(others)] if others else ids)
        if passing:
            kept = np.logical_and.reduce(list(passing.values()))
            ids, scores = ids[kept], scores[kept]
        self.total += len(ids)
        if self.limit and len(ids):
            self._rank(leaf, ids, scores)

    def _found(self, matcher: Matcher, allowed: Array | None) -> tuple[Array, Array]:
        """What the clauses find among the allowed."""
        if not self.query.clauses:
            ids = np.arange(matcher.segment.count) if allowed is None else np.flatnonzero(allowed)
            return ids, np.zeros(len(ids))
        if self.query.match == "all":
            return matcher.all_of(self.query.clauses, allowed)
        ids, scores = matcher.any_of(self.query.clauses)
        if allowed is None:
            return ids, scores
        kept = allowed[ids]
        return ids[kept], scores[kept]

    def _outside(self, matcher: Matcher, ids: Array) -> Array | None:
        """Which of these documents no exclusion and no date rules out; None: all."""
        query, segment = self.query, matcher.segment
        kept: Array | None = None
        for clause in query.without:
            unwanted = np.zeros(segment.count, bool)
            unwanted[matcher.clause(clause)[0]] = True
            kept = _both(kept, ~unwanted[ids])
        if query.without_labels:
            kept = _both(kept, ~segment.bearing(query.without_labels)[ids])
        if query.after is not None:
            kept = _both(kept, segment.at[ids] >= query.after.timestamp())
        if query.before is not None:
            kept = _both(kept, segment.at[ids] < query.before.timestamp())
        return kept

    def _count(self, number: int, name: str, ids: Array) -> None:
        values, columns = self.snapshot.leaves[number].segment.facet(name)
        turned = self.snapshot.facet(name)[1][number]
        for column in columns:
            self.counts[name][turned] += np.bincount(column[ids], minlength=len(values) + 1)

    def _rank(self, leaf: Leaf, ids: Array, scores: Array) -> None:
        """Keep the best of these after the cursor, no more than one page needs."""
        segment = leaf.segment
        if self.newest:
            scores = np.zeros(len(ids))
            by = segment.at[ids]
        else:
            by = scores = np.round(scores * segment.weight[ids], DIGITS)
        if self.cursor is not None:
            value, key = self.cursor
            rank = segment.rank_of(encoded(key))
            if rank < segment.count and segment.number_of(encoded(key)) >= 0:
                rank += 1
            after = (by < value) | ((by == value) & (segment.key_rank[ids] >= rank))
            self.passed += len(ids) - int(np.count_nonzero(after))
            ids, by, scores = ids[after], by[after], scores[after]
        if len(ids) > self.limit:
            least = np.partition(by, len(by) - self.limit)[len(by) - self.limit]
            best = by >= least
            ids, by, scores = ids[best], by[best], scores[best]
        order = np.lexsort((segment.key_rank[ids], -by))[: self.limit]
        for index in order.tolist():
            document = int(ids[index])
            self.ranked.append(
                (-float(by[index]), segment.key(document), float(scores[index]), float(segment.at[document]))
            )

    def results(self) -> Results:
        """The page."""
        self.ranked.sort()
        page = self.ranked[: max(0, min(self.limit, MOST_HITS - self.passed))]
        hits = [Hit(key.decode("utf-8", "surrogatepass"), score, _moment(at)) for _, key, score, at in page]
        more = bool(page) and self.passed + len(page) < min(self.total, MOST_HITS)
        facets = {}
        for name, counts in self.counts.items():
            values = self.snapshot.facet(name)[0]
            found = [(values[index - 1], int(counts[index])) for index in np.flatnonzero(counts).tolist() if index]
            facets[name] = sorted(found, key=lambda pair: (-pair[1], pair[0]))
        return Results(hits, self.total, facets, (-page[-1][0], hits[-1].key) if more else None)


def _both(one: Array | None, other: Array) -> Array:
    return other if one is None else one & other


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def parts_of(clauses: Sequence[Clause]) -> Iterator[Word | Phrase | Prefix]:
    """Every clause, those inside an AnyOf too."""
    for clause in clauses:
        if isinstance(clause, AnyOf):
            yield from parts_of(clause.choices)
        else:
            yield clause


def _without(leaf: Leaf, mask: Array | None, hidden: Collection[str]) -> Array | None:
    gone = [found for key in hidden if (found := leaf.segment.number_of(encoded(key))) >= 0]
    if not gone:
        return mask
    mask = np.ones(leaf.segment.count, bool) if mask is None else mask.copy()
    mask[gone] = False
    return mask

"""The plainest engine: everything in memory, every document looked at. Tests hold the others against it."""

from collections import Counter
from collections.abc import Collection as AnyCollection
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from search_index.documents import Document, fold_label
from search_index.engine import MOST_HITS, Hit, Query, Results, Stats
from search_index.engines.nearness import nearest_spellings
from search_index.ranking import DIGITS, Collection, Scorer, spaced_text, spaced_title, stream


class ReferenceEngine:
    """See `Engine`. An unquoted run of Han asks for all its pairs, wherever they stand; only a phrase is exact."""

    name: ClassVar[str] = "reference"
    at_once: ClassVar[int] = 1_000

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.position = 0
        self._streams: dict[str, dict[str, list[str]]] = {"text": {}, "title": {}}
        self._collections: dict[str, Collection] = {}

    def apply(self, documents: Iterable[Document], deleted: AnyCollection[str], *, position: int) -> None:
        """Take them in."""
        for key in deleted:
            self.documents.pop(key, None)
            for streams in self._streams.values():
                streams.pop(key, None)
        for document in documents:
            self.documents[document.key] = document
            title = spaced_title(document)
            self._streams["title"][document.key] = stream(title)
            self._streams["text"][document.key] = stream(spaced_text(document, title))
        self._collections.clear()
        self.position = position

    def finish(self) -> None:
        """Nothing is ever unfinished."""

    def refresh(self) -> None:
        """Nothing is ever stale."""

    def _collection(self, field: str) -> Collection:
        if field not in self._collections:
            self._collections[field] = Collection(self._streams[field])
        return self._collections[field]

    def search(
        self,
        query: Query,
        *,
        audience: AnyCollection[str],
        limit: int = 20,
        cursor: tuple[float, str] | None = None,
        facets: Sequence[str] = (),
        hidden: AnyCollection[str] = (),
    ) -> Results:
        """Look at every document."""
        scorer = Scorer(self._collection(query.scored_field), self._streams[query.scored_field], query)
        opened = {f"audience={fold_label(token)}" for token in audience}
        newest = query.order == "newest" or not query.clauses
        found: list[tuple[float, str]] = []
        counts: dict[str, Counter[str]] = {name: Counter() for name in facets}
        scores: dict[str, float] = {}
        for key, document in self.documents.items():
            if key in hidden or opened.isdisjoint(document.labels) or not _in_range(document, query):
                continue
            score = scorer.score(key)
            if score is None:
                continue
            failed = [which for which in query.filters if not which.labels & document.labels]
            for name in facets:
                if all(which.field == name for which in failed):
                    counts[name].update(
                        label.partition("=")[2] for label in document.labels if label.startswith(f"{name}=")
                    )
            if not failed:
                scores[key] = 0.0 if newest else round(score * document.weight, DIGITS)
                found.append((document.at.timestamp() if newest else scores[key], key))
        found.sort(key=lambda pair: (-pair[0], pair[1]))
        after = cursor
        start = 0
        if after is not None:
            start = sum(1 for value, key in found if (-value, key) <= (-after[0], after[1]))
        page = found[start : start + min(limit, max(MOST_HITS - start, 0))]
        more = bool(page) and start + len(page) < min(len(found), MOST_HITS)
        return Results(
            [Hit(key, scores[key], self.documents[key].at) for _, key in page],
            len(found),
            {name: sorted(counter.items(), key=lambda pair: (-pair[1], pair[0])) for name, counter in counts.items()},
            page[-1] if more else None,
        )

    def spellings(self, token: str, *, limit: int = 5) -> list[str]:
        """Try every token."""
        return nearest_spellings(token, self._collection("text").holding, limit=limit)

    def fingerprints(self) -> Iterator[tuple[str, str]]:
        """Of each document."""
        for key, document in self.documents.items():
            yield key, document.fingerprint

    def stats(self) -> Stats:
        """Its size; in memory it weighs nothing on disk."""
        return Stats(len(self.documents), 0, self.position)

    def close(self) -> None:
        """Nothing is open."""


def _in_range(document: Document, query: Query) -> bool:
    return (
        (query.after is None or document.at >= query.after)
        and (query.before is None or document.at < query.before)
        and not query.without_labels & document.labels
    )

"""The query tree in tantivy's words. Scores are those of `ranking`: BM25 of single tokens, added up or the best one."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tantivy import FieldType, Occur, Schema, Searcher
from tantivy import Query as Asked

from search_index.engine import AnyOf, Clause, Phrase, Prefix, Query, Word
from search_index.ranking import MOST_BEGINNINGS, needed, scored_tokens

FEW_LABELS = 64  # up to so many are looked up one by one, in half the time; a set goes through all terms of the field
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """As times are kept: whole microseconds."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(value: int) -> datetime:
    """Back again."""
    return _EPOCH + value * _MICROSECOND


def storable(text: str) -> str:
    """Without half characters, which no index can hold; documents and queries lose them alike."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


class Asking:
    """One query against one commit."""

    def __init__(self, schema: Schema, searcher: Searcher, query: Query, audience: Iterable[str]) -> None:
        self._schema, self._searcher, self._query = schema, searcher, query
        self._field = query.scored_field
        self._audience = self._labels(f"audience={token}" for token in audience)

    def whole(self, hidden: Collection[str], *, without_filter_on: str = "") -> Any:
        """The query; for a facet without the filters on that field."""
        parts = [(Occur.Must, self._audience)]
        if self._query.clauses:
            parts.append((Occur.Must, self._clauses(self._query.clauses)))
        parts += [(Occur.MustNot, self._clause(clause)) for clause in self._query.without]
        parts += [
            (Occur.Must, self._labels(which.labels))
            for which in self._query.filters
            if which.field != without_filter_on
        ]
        if self._query.without_labels:
            parts.append((Occur.MustNot, self._labels(self._query.without_labels)))
        if hidden:
            parts.append((Occur.MustNot, Asked.term_set_query(self._schema, "key", sorted(map(storable, hidden)))))
        if self._query.after or self._query.before:
            parts.append((Occur.Must, self._times(self._query.after, self._query.before)))
        return Asked.boolean_query(parts)

    def _times(self, after: datetime | None, before: datetime | None) -> Any:
        within = Asked.range_query(
            self._schema,
            "at",
            FieldType.Integer,
            micros(after) if after else None,
            micros(before) if before else None,
            include_upper=before is None,
        )
        return Asked.const_score_query(within, 0.0)

    def _labels(self, labels: Iterable[str]) -> Any:
        wanted = sorted(map(storable, labels))
        if len(wanted) > FEW_LABELS:
            return Asked.const_score_query(Asked.term_set_query(self._schema, "label", wanted), 0.0)
        bearing = [(Occur.Should, self._label(label)) for label in wanted]
        return Asked.const_score_query(Asked.boolean_query(bearing) if bearing else Asked.empty_query(), 0.0)

    def _label(self, label: str) -> Any:
        return Asked.term_query(self._schema, "label", label, index_option="basic")

    def _clauses(self, clauses: Sequence[Clause]) -> Any:
        parts = [self._clause(clause) for clause in clauses]
        if self._query.match == "all" or len(parts) == 1:
            return Asked.boolean_query([(Occur.Must, part) for part in parts])
        return Asked.boolean_query(
            [(Occur.Should, part) for part in parts],
            minimum_number_should_match=needed(len(parts), self._query.match),
        )

    def _clause(self, clause: Clause) -> Any:
        match clause:
            case Word(tokens):
                scored = scored_tokens(clause)
                unscored = [token for token in dict.fromkeys(tokens) if token not in scored]
                parts = [self._token(token) for token in scored]
                parts += [Asked.const_score_query(self._token(token), 0.0) for token in unscored]
                return parts[0] if len(parts) == 1 else Asked.boolean_query([(Occur.Must, part) for part in parts])
            case Phrase(tokens):
                if len(tokens) == 1:
                    return self._token(tokens[0])
                exact = Asked.phrase_query(self._schema, self._field, list(map(storable, tokens)))
                parts = [Asked.const_score_query(exact, 0.0), *map(self._token, scored_tokens(clause))]
                return Asked.boolean_query([(Occur.Must, part) for part in parts])
            case Prefix(stem):
                return self._best(map(self._token, self._beginnings(stem)))
            case AnyOf(choices):
                return self._best(map(self._clause, choices))

    def _best(self, choices: Iterable[Any]) -> Any:
        parts = list(choices)
        if not parts:
            return Asked.empty_query()
        return parts[0] if len(parts) == 1 else Asked.disjunction_max_query(parts)

    def _token(self, token: str) -> Any:
        return Asked.term_query(self._schema, self._field, storable(token), index_option="freq")

    def _beginnings(self, stem: str) -> list[str]:
        stem = storable(stem)
        return [token for token, _count in self._searcher.terms_with_prefix(self._field, stem, limit=MOST_BEGINNINGS)]

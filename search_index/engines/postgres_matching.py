"""Which documents a query finds, as one SELECT over the table of documents."""

from collections.abc import Collection, Sequence

from search_index.engine import AnyOf, Clause, Query
from search_index.engines.postgres_query import (
    Conditions,
    Known,
    Lexemes,
    Params,
    Promise,
    either,
    has_phrase,
    labels_query,
    norm,
)
from search_index.engines.postgres_tables import LEXEMES, TITLE
from search_index.engines.postgres_writing import storable
from search_index.ranking import needed


class Matching:
    """FROM and WHERE of all that a query finds, in its own words; `nothing` when no document can be among it."""

    def __init__(
        self, table: str, query: Query, known: Known, params: Params, audience: Collection[str], hidden: Collection[str]
    ) -> None:
        self._table, self._query, self._known, self._params = table, query, known, params
        self.in_title = query.scored_field == "title"
        self._lexemes = Lexemes(known, TITLE if self.in_title else "")
        self.stream = "split_part(stream, E'\\x1f', 1)" if self.in_title else "stream"
        self._conditions = Conditions(known, params, self.stream)
        self._rest = [f"audience = ANY({params.add(sorted(map(storable, audience)), 'text[]')})"]
        if hidden:
            self._rest.append(f"key <> ALL({params.add(sorted(map(storable, hidden)), 'text[]')})")
        if query.after:
            self._rest.append(f"at >= {params.add(query.after, 'timestamptz')}")
        if query.before:
            self._rest.append(f"at < {params.add(query.before, 'timestamptz')}")

    def sql(self, columns: str, promise: str, *, without_filter_on: str = "") -> str | None:
        """SELECT of these columns and `promise`; None when nothing can match. For a facet: without its own filter."""
        shared = self._shared(without_filter_on)
        wanted = [self._lexemes.of(clause) for clause in self._query.clauses]
        least = needed(len(wanted), self._query.match)
        if shared is None or sum(text is not None for text in wanted) < least:
            return None
        absent, excluded = self._without(has_lexemes=bool(shared or wanted))
        narrow = [*shared, *absent]
        rest = [*self._rest, *excluded]
        if self._query.match == "any" and wanted and (least > 1 or self.in_title):
            return self._counted(columns, wanted, least, narrow, rest)
        if self._query.match == "any" and wanted:
            found = [text for text in wanted if text is not None]
            texts = [either([f"({text})" for text in found]) or ""]
            looked: list[Clause] = [AnyOf(self._query.clauses)]
        else:
            texts = [f"({text})" for text in wanted]
            looked = list(self._query.clauses)
        lexemes = " & ".join([*texts, *narrow])
        if lexemes:
            rest.insert(0, f"{LEXEMES} @@ {self._params.add(lexemes)}::tsquery")
        rest += [f"({self._conditions.of(clause)})" for clause in looked if has_phrase(clause)]
        return f"SELECT {columns}, {promise} AS promise FROM {self._table} WHERE {' AND '.join(rest)}"

    def _shared(self, without_filter_on: str) -> list[str] | None:
        found = [labels_query(which.labels) for which in self._query.filters if which.field != without_filter_on]
        return None if None in found else [text for text in found if text is not None]

    def _without(self, *, has_lexemes: bool) -> tuple[list[str], list[str]]:
        """What must not be there: as lexemes beside others, else as keys that were found so."""
        absent, excluded = [], []
        plain = [self._lexemes.of(clause) for clause in self._query.without if not has_phrase(clause)]
        plain.append(labels_query(self._query.without_labels))
        together = either([f"({text})" for text in plain if text is not None])
        if together and has_lexemes:
            absent.append(f"!{together}")
        elif together:
            excluded.append(self._keys_with(together, ""))
        for clause in self._query.without:
            text = self._lexemes.of(clause)
            if has_phrase(clause) and text is not None:
                excluded.append(self._keys_with(text, f" AND ({self._conditions.of(clause)})"))
        return absent, excluded

    def _keys_with(self, lexemes: str, condition: str) -> str:
        found = f"{LEXEMES} @@ {self._params.add(lexemes)}::tsquery{condition}"
        return f"key NOT IN (SELECT key FROM {self._table} WHERE {found})"

    def _counted(
        self, columns: str, wanted: Sequence[str | None], least: int, narrow: Sequence[str], rest: Sequence[str]
    ) -> str:
        """Some of many clauses: each is looked up by itself, and documents that come up often enough are taken."""
        promise = Promise(self._known, norm(self._known, self.length), in_title=self.in_title)
        parts = []
        for clause, text in zip(self._query.clauses, wanted, strict=True):
            if text is None:
                continue
            lexemes = " & ".join([f"({text})", *narrow])
            condition = f" AND ({self._conditions.of(clause)})" if has_phrase(clause) else ""
            parts.append(
                f"SELECT ctid AS place, {promise.of(clause, certain=True)} AS worth FROM {self._table}"
                f" WHERE {LEXEMES} @@ {self._params.add(lexemes)}::tsquery{condition}"
            )
        return f"""
            SELECT {columns}, often.worth * weight AS promise
            FROM (SELECT place, sum(worth) AS worth FROM ({" UNION ALL ".join(parts)}) AS each
                  GROUP BY place HAVING count(*) >= {least}) AS often
            JOIN {self._table} AS doc ON doc.ctid = often.place WHERE {" AND ".join(rest)}"""

    @property
    def length(self) -> str:
        """Of the field that is asked."""
        return "title_len" if self.in_title else "len"

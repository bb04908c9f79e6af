"""The query tree as SQL: what the GIN index is asked, what is looked for in streams, and what it all is worth.

Lexemes decide wherever they can; phrases are looked for in the streams of what remains. The score is computed in SQL
from how often each token stands in a stream, in the words of `ranking`, for the candidates that promise most: `sig`
says for each token at least how often it is there.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from search_index.engine import AnyOf, Clause, Phrase, Prefix, Word
from search_index.engines.postgres_tables import LABEL
from search_index.engines.postgres_writing import bucket, storable
from search_index.ranking import K1, B, idf, scored_tokens

FEW = 16  # tokens of a clause that are counted each in a column of its own


@dataclass(frozen=True, slots=True)
class Known:
    """What BM25 needs of all documents, for the field that is asked.

    `having` says in how many each token is, `beginnings` which tokens a stem stands for.
    """

    documents: int
    average: float
    having: Mapping[str, int]
    beginnings: Mapping[str, Sequence[str]]


def every_clause(clauses: Sequence[Clause]) -> Iterator[Clause]:
    """Them, and what is in them."""
    for clause in clauses:
        yield clause
        if isinstance(clause, AnyOf):
            yield from every_clause(clause.choices)


def has_phrase(clause: Clause) -> bool:
    """Whether lexemes alone cannot decide it."""
    return any(isinstance(one, Phrase) and len(one.tokens) > 1 for one in every_clause((clause,)))


@dataclass(slots=True)
class Params:
    """Values on their way to the server, each under a name of its own."""

    values: dict[str, Any] = field(default_factory=dict)
    _names: dict[tuple[type, Any], str] = field(default_factory=dict)

    def add(self, value: Any, kind: str = "text") -> str:
        """The place of this value in the SQL."""
        name = f"p{len(self.values)}"
        if isinstance(value, (str, int, float)):
            name = self._names.setdefault((type(value), value), name)
        self.values[name] = value
        return f"%({name})s::{kind}"


class Lexemes:
    """Clauses as the text of a tsquery; None where nothing can match."""

    def __init__(self, known: Known, prefix: str) -> None:
        self._known, self._prefix = known, prefix

    def of(self, clause: Clause) -> str | None:
        """What every document of this clause has."""
        match clause:
            case Word(tokens=tokens) | Phrase(tokens=tokens):
                return " & ".join(_quoted(self._prefix + token) for token in dict.fromkeys(tokens))
            case Prefix(stem):
                return either([_quoted(self._prefix + token) for token in self._known.beginnings[stem]])
            case AnyOf(choices):
                found = [text for text in map(self.of, choices) if text is not None]
                return either([f"({text})" for text in found])


def labels_query(labels: Collection[str]) -> str | None:
    """Any of these labels."""
    return either([_quoted(LABEL + storable(label)) for label in sorted(labels)])


def either(parts: Sequence[str]) -> str | None:
    """One of them; None when there is none."""
    return f"({' | '.join(parts)})" if parts else None


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


class Conditions:
    """Clauses as conditions on `stream` (of titles: on its beginning), where lexemes are not enough."""

    def __init__(self, known: Known, params: Params, stream: str) -> None:
        self._known, self._params, self._stream = known, params, stream

    def of(self, clause: Clause) -> str:
        """Whether it holds."""
        match clause:
            case Word(tokens):
                return " AND ".join(self._stands((token,)) for token in dict.fromkeys(tokens))
            case Phrase(tokens):
                return self._stands(tokens)
            case Prefix(stem):
                return f"strpos({self._stream}, {self._params.add(' ' + stem)}) > 0"
            case AnyOf(choices):
                return " OR ".join(f"({self.of(choice)})" for choice in choices) or "false"

    def _stands(self, tokens: Sequence[str]) -> str:
        return f"strpos({self._stream}, {self._params.add(' ' + '  '.join(tokens) + ' ')}) > 0"


class Promise:
    """About how much a document may be worth, by `sig` and its length: an order to choose candidates by.

    A clause that is `certain` to hold has its tokens once at least; of others `sig` says which tokens are not there.
    Titles have no `sig`: there, what is not certain has to be looked up before it is asked for its promise.
    """

    def __init__(self, known: Known, norm: str, *, in_title: bool) -> None:
        self._known, self._norm, self._in_title = known, norm, in_title

    def of(self, clause: Clause, *, certain: bool) -> str:
        """About what it is worth, and of few words never less."""
        match clause:
            case Word() | Phrase():
                rarest = sorted(scored_tokens(clause), key=self._idf, reverse=True)[:FEW]
                return " + ".join(self._token(token, certain=certain) for token in rarest)
            case Prefix(stem):
                tokens = self._known.beginnings[stem]
                worth = max((self._idf(token) for token in tokens), default=0.0) * (K1 + 1)
                return f"{worth:.6f}::float8 / (1 + {self._norm})"
            case AnyOf(choices):
                is_certain = certain and len(choices) == 1
                worths = [self.of(choice, certain=is_certain) for choice in choices]
                return f"greatest({', '.join(worths) or '0::float8'})"

    def _idf(self, token: str) -> float:
        return idf(self._known.documents, self._known.having.get(token, 0))

    def _token(self, token: str, *, certain: bool) -> str:
        worth = f"{self._idf(token) * (K1 + 1):.6f}::float8"
        if self._in_title:
            return f"{worth} / (1 + {self._norm})"
        held = f"get_byte(sig, {bucket(token)})"
        times = f"greatest({held}, 1)" if certain else held
        return f"{worth} * {times} / ({times} + {self._norm})"


class Worth:
    """The score in SQL: `counted` are columns to compute first, from the stream `s` and the length's `norm`."""

    def __init__(self, known: Known, params: Params) -> None:
        self._known, self._params = known, params
        self.counted: dict[str, str] = {}

    def sum(self, clauses: Sequence[Clause]) -> str:
        """What they are worth together."""
        return " + ".join(f"coalesce({self._clause(clause)}, 0)" for clause in clauses)

    def _clause(self, clause: Clause) -> str:
        match clause:
            case Word(tokens):
                distinct = dict.fromkeys(tokens)
                if len(distinct) > FEW:
                    return self._all_of(list(distinct), scored_tokens(clause))
                holds = " AND ".join(f"{self._times(token)} > 0" for token in distinct)
                return f"CASE WHEN {holds} THEN {self._tokens(clause)} END"
            case Phrase(tokens):
                place = self._params.add(" " + "  ".join(tokens) + " ")
                holds = self._column(f"strpos(s, {place}) > 0")
                return f"CASE WHEN {holds} THEN {self._tokens(clause)} END"
            case Prefix(stem):
                return self._best_of(list(self._known.beginnings[stem]))
            case AnyOf(choices):
                return f"greatest({', '.join(self._clause(choice) for choice in choices) or 'NULL::float8'})"

    def _tokens(self, clause: Word | Phrase) -> str:
        tokens = scored_tokens(clause)
        if len(tokens) > FEW:
            return self._all_of(list(tokens), tokens)
        return " + ".join(self._saturated(self._times(token), self._idf(token)) for token in tokens)

    def _idf(self, token: str) -> float:
        return idf(self._known.documents, self._known.having.get(token, 0))

    def _times(self, token: str) -> str:
        held = f" {token} "
        place, length = self._params.add(held), len(held.encode())
        return self._column(f"((octet_length(s) - octet_length(replace(s, {place}, ''))) / {length})::float8")

    def _saturated(self, times: str, weight: float) -> str:
        return f"{weight * (K1 + 1):.9f}::float8 * {times} / ({times} + norm)"

    def _all_of(self, tokens: Sequence[str], scored: Collection[str]) -> str:
        """Of very many tokens the sum, or NULL when one is missing: one column instead of one for each."""
        wanted = set(scored)
        worth = [self._idf(token) * (K1 + 1) if token in wanted else 0.0 for token in tokens]
        return self._over(
            f"CASE WHEN count(*) = {len(tokens)} THEN sum(worth * times / (times + norm)) END", tokens, worth
        )

    def _best_of(self, tokens: Sequence[str]) -> str:
        """Of the tokens with one beginning the one that is worth most, or NULL when there is none."""
        worth = [self._idf(token) * (K1 + 1) for token in tokens]
        return self._over("max(worth * times / (times + norm))", tokens, worth)

    def _over(self, result: str, tokens: Sequence[str], worth: Sequence[float]) -> str:
        wanted, weights = self._params.add(tokens, "text[]"), self._params.add(worth, "float8[]")
        return self._column(f"""(
            SELECT {result} FROM (
                SELECT held, count(*)::float8 AS times FROM unnest(string_to_array(s, ' ')) AS held
                WHERE held = ANY({wanted}) GROUP BY held) AS counts
            JOIN unnest({wanted}, {weights}) AS known (held, worth) USING (held))""")

    def _column(self, sql: str) -> str:
        return self.counted.setdefault(sql, f"c{len(self.counted)}")


def norm(known: Known, length: str) -> str:
    """How BM25 takes a document's length."""
    return f"({K1 * (1 - B):.9f}::float8 + {K1 * B / known.average:.12f}::float8 * {length})"

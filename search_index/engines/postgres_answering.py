"""One search in PostgreSQL: what is known of its tokens first, then hits, total and facets in one statement."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from search_index.engine import MOST_HITS, AnyOf, Hit, Prefix, Query, Results
from search_index.engines.postgres_matching import Matching
from search_index.engines.postgres_query import Known, Params, Promise, Worth, every_clause, norm
from search_index.engines.postgres_tables import LABEL, TITLE, Tables
from search_index.engines.postgres_writing import OTHERS, SETS, UNSHARED, storable
from search_index.ranking import DIGITS, MOST_BEGINNINGS

_NOTHING = "NULL::timestamptz AS at, NULL::int8 AS id"
_END = "\U0010ffff"
TOTAL, SET, LABELLED, HIT = range(4)  # what a row of the answer is
MOST_SETS = 50_000  # whose labels a process remembers
Cursor = tuple[float, str]


class Sets:
    """The labels of the sets that were counted before: a set never changes, so that its number is enough to know it."""

    def __init__(self) -> None:
        self._labels: dict[int, Sequence[str]] = {}

    def count(
        self,
        connection: Connection,
        tables: Tables,
        rows: Sequence[Any],
        counts: Mapping[str, Counter[str]],
        facets: Collection[str],
    ) -> None:
        """Add up what the rows say of these facets."""
        sets = [(number, int(count)) for what, _, count, _, number in rows if what == SET]
        known = self._known(connection, tables, [number for number, _ in sets])
        found = [(label, count) for number, count in sets for label in known[number]]
        found += [(label, int(count)) for what, label, count, _, _ in rows if what == LABELLED]
        for label, count in found:
            name, _, value = label.partition("=")
            if name in facets:
                counts[name][value] += count

    def _known(self, connection: Connection, tables: Tables, numbers: Sequence[int]) -> Mapping[int, Sequence[str]]:
        known = self._labels
        missing = [number for number in numbers if number not in known]
        if missing:
            if len(known) > MOST_SETS:
                known = self._labels = {number: known[number] for number in numbers if number in known}
            rows = connection.exec_driver_sql(f"SELECT id, labels FROM {tables.labels} WHERE id = ANY(%s)", (missing,))
            known.update((number, tuple(labels)) for number, labels in rows)
        return known


def answer(  # noqa: PLR0913, PLR0917 - all that a search is
    connection: Connection,
    tables: Tables,
    sets: Sets,
    query: Query,
    audience: Collection[str],
    limit: int,
    cursor: Cursor | None,
    facets: Sequence[str],
    hidden: Collection[str],
) -> Results:
    """See `Engine.search`."""
    by_time = query.order == "newest" or not query.clauses
    known = _known(connection, tables, query)
    params = Params()
    matching = Matching(tables.doc, query, known, params, audience, hidden)
    if query.clauses or query.filters:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    filtered = {which.field for which in query.filters}
    plain = [name for name in facets if name not in filtered]
    hits: list[Hit] = []
    total = 0
    counts: dict[str, Counter[str]] = {name: Counter() for name in facets}
    found = matching.sql(_columns(known, matching, plain), _promise(query, known, matching, by_time=by_time))
    if found is not None:
        parts = [f"SELECT {TOTAL} AS what, NULL AS name, count(*)::float8 AS number, {_NOTHING} FROM m"]
        parts += _counting(params, plain)
        if limit > 0:
            scored = _by_time() if by_time else _by_score(query, matching, known, params)
            parts.append(_page(scored, params, limit, cursor))
        rows = _told(connection, found, parts, params)
        total = next(int(number) for what, _, number, _, _ in rows if what == TOTAL)
        hits = [Hit(name, float(number), at) for what, name, number, at, _ in rows if what == HIT]
        sets.count(connection, tables, rows, counts, plain)
    for name in filtered.intersection(facets):
        lifted = matching.sql(_columns(known, matching, (name,)), "0::float8", without_filter_on=name)
        if lifted is not None:
            rows = _told(connection, lifted, _counting(params, (name,)), params)
            sets.count(connection, tables, rows, counts, (name,))
    return _results(hits, total, limit, counts, by_time=by_time)


def _told(connection: Connection, found: str, parts: Sequence[str], params: Params) -> Sequence[Any]:
    asked = " UNION ALL ".join(f"({part})" for part in parts)
    return connection.exec_driver_sql(f"WITH m AS MATERIALIZED ({found}) {asked}", params.values).all()


def _results(hits: list[Hit], total: int, limit: int, counts: Mapping[str, Counter[str]], *, by_time: bool) -> Results:
    order = (lambda hit: (-hit.at.timestamp(), hit.key)) if by_time else (lambda hit: (-hit.score, hit.key))
    hits.sort(key=order)
    following = None
    if len(hits) > limit > 0:
        last = hits[limit - 1]
        following = (last.at.timestamp() if by_time else last.score, last.key)
    facets = {name: sorted(found.items(), key=lambda pair: (-pair[1], pair[0])) for name, found in counts.items()}
    return Results(hits[:limit], total, facets, following)


def _known(connection: Connection, tables: Tables, query: Query) -> Known:
    prefix = TITLE if query.scored_field == "title" else ""
    tokens: set[str] = set()
    beginnings: dict[str, list[str]] = {}
    having: dict[str, int] = {}
    for clause in every_clause((*query.clauses, *query.without)):
        if isinstance(clause, Prefix):
            rows = connection.exec_driver_sql(
                f"SELECT term, df FROM {tables.term} WHERE term >= %s AND term < %s ORDER BY df DESC, term LIMIT %s",
                (prefix + clause.stem, prefix + clause.stem + _END, MOST_BEGINNINGS),
            ).all()
            beginnings[clause.stem] = [term[len(prefix) :] for term, _ in rows]
            having |= {term[len(prefix) :]: int(df) for term, df in rows}
        elif not isinstance(clause, AnyOf):
            tokens |= set(clause.tokens)
    rows = connection.exec_driver_sql(
        f"SELECT documents, tokens, title_tokens, NULL, NULL FROM {tables.state}"
        f" UNION ALL SELECT NULL, NULL, NULL, term, df FROM {tables.term} WHERE term = ANY(%s)",
        ([prefix + token for token in sorted(tokens)],),
    ).all()
    documents, length, title_length, _, _ = next(row for row in rows if row[0] is not None)
    having |= {row[3][len(prefix) :]: int(row[4]) for row in rows if row[0] is None}
    average = max((title_length if prefix else length) / max(documents, 1), 1.0)
    return Known(int(documents), float(average), having, beginnings)


def _columns(known: Known, matching: Matching, facets: Sequence[str]) -> str:
    """What is kept of every document that is found: no more than is asked for."""
    counted = {"marks" if name in UNSHARED else SETS.get(name, OTHERS) for name in facets}
    return ", ".join(["key", "at", "weight", f"{norm(known, matching.length)} AS norm", "stream", *sorted(counted)])


def _promise(query: Query, known: Known, matching: Matching, *, by_time: bool) -> str:
    """What candidates are chosen by."""
    if by_time:
        return "0::float8"
    promise = Promise(known, norm(known, matching.length), in_title=matching.in_title)
    worths = [promise.of(clause, certain=query.match == "all") for clause in query.clauses]
    return f"({' + '.join(worths)}) * weight"


def _by_time() -> str:
    return f"""
        SELECT key, at, 0::float8 AS score, extract(epoch FROM at)::float8 AS value
        FROM (SELECT key, at FROM m ORDER BY at DESC, key LIMIT {MOST_HITS}) AS best"""


def _by_score(query: Query, matching: Matching, known: Known, params: Params) -> str:
    """The best candidates with their scores. Each OFFSET 0 keeps the planner from reading a stream twice."""
    worth = Worth(known, params)
    total = worth.sum(query.clauses)
    counted = "".join(f", {sql} AS {name}" for sql, name in worth.counted.items())
    return f"""
        SELECT key, at, score, score AS value FROM (
            SELECT key, at, round((({total}) * weight)::numeric, {DIGITS})::float8 AS score FROM (
                SELECT key, at, weight, norm{counted} FROM (
                    SELECT key, at, weight, norm, {matching.stream} || '' AS s FROM (
                        SELECT * FROM m ORDER BY promise DESC, key LIMIT {MOST_HITS}) AS best
                    OFFSET 0) AS read
                OFFSET 0) AS counted) AS scored"""


def _page(scored: str, params: Params, limit: int, cursor: Cursor | None) -> str:
    after = ""
    if cursor is not None:
        value, key = params.add(cursor[0], "float8"), params.add(storable(cursor[1]))
        after = f"WHERE value < {value} OR (value = {value} AND key > {key})"
    best = f"{after} ORDER BY value DESC, key LIMIT {limit + 1}"
    return f"SELECT {HIT}, key, score, at, NULL FROM ({scored}) AS ranked {best}"


def _counting(params: Params, facets: Iterable[str]) -> list[str]:
    """How many of `m` bear each set of labels; tags and authors, which are in no sets, one by one."""
    names = set(facets)
    columns = {SETS.get(name, OTHERS) for name in names.difference(UNSHARED)}
    parts = [f"SELECT {SET}, NULL, count(*)::float8, NULL, {column} FROM m GROUP BY {column}" for column in columns]
    parts += [
        f"""
            SELECT {LABELLED}, substr(mark, 2), count(*)::float8, NULL, NULL
            FROM m, unnest(string_to_array(marks, E'\\x1f')) AS mark
            WHERE starts_with(mark, {params.add(f"{LABEL}{name}=")}) GROUP BY mark"""
        for name in sorted(names.intersection(UNSHARED))
    ]
    return parts

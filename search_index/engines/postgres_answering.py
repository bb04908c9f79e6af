"""One search in PostgreSQL: what is known of its tokens first, then hits, total and facets in one statement."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection

from search_index.engine import MOST_HITS, AnyOf, Hit, Prefix, Query, Results
from search_index.engines.postgres_matching import Matching
from search_index.engines.postgres_query import Known, Params, Promise, Worth, every_clause, norm
from search_index.engines.postgres_tables import LABEL, TITLE, Tables
from search_index.engines.postgres_writing import FACE, UNSHARED, storable
from search_index.ranking import DIGITS, MOST_BEGINNINGS

_END = "\U0010ffff"
Cursor = tuple[float, str]


def answer(
    connection: Connection,
    tables: Tables,
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
    filtered = {which.field for which in query.filters}
    plain = [name for name in facets if name not in filtered]
    counts: dict[str, list[tuple[str, int]]] = {name: [] for name in facets}
    if query.clauses or query.filters:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    found = matching.sql(_columns(known, matching, plain), _promise(query, known, matching, by_time=by_time))
    hits: list[Hit] = []
    total = 0
    if found is not None:
        parts = ["SELECT 0 AS what, NULL AS name, count(*)::float8 AS number, NULL::timestamptz AS at FROM m"]
        parts += _counting(tables, params, plain)
        if limit > 0:
            scored = _by_time() if by_time else _by_score(query, matching, known, params)
            parts.append(_page(scored, params, limit, cursor))
        sql = f"WITH m AS MATERIALIZED ({found}) {' UNION ALL '.join(f'({part})' for part in parts)}"
        for what, name, number, at in connection.exec_driver_sql(sql, params.values):
            if what == 0:
                total = int(number)
            elif what == 1:
                facet, _, value = name.partition("=")
                counts[facet].append((value, int(number)))
            else:
                hits.append(Hit(name, float(number), at))
    for name in filtered.intersection(facets):
        for label, number in _count_lifted(connection, tables, matching, params, known, name):
            counts[name].append((label.partition("=")[2], number))
    return _results(hits, total, limit, counts, by_time=by_time)


def _results(
    hits: list[Hit], total: int, limit: int, counts: dict[str, list[tuple[str, int]]], *, by_time: bool
) -> Results:
    order = (lambda hit: (-hit.at.timestamp(), hit.key)) if by_time else (lambda hit: (-hit.score, hit.key))
    hits.sort(key=order)
    page = hits[:limit]
    following = None
    if len(hits) > limit > 0:
        last = page[-1]
        following = (last.at.timestamp() if by_time else last.score, last.key)
    for found in counts.values():
        found.sort(key=lambda pair: (-pair[1], pair[0]))
    return Results(page, total, counts, following)


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
    marks = ", marks" if set(UNSHARED).intersection(facets) else ""
    return f"key, at, weight, {norm(known, matching.length)} AS norm, face, more, stream{marks}"


def _promise(query: Query, known: Known, matching: Matching, *, by_time: bool) -> str:
    """What candidates are chosen by."""
    if by_time:
        return "0::float8"
    promise = Promise(known, norm(known, matching.length), in_title=matching.in_title)
    return f"({' + '.join(promise.of(clause) for clause in query.clauses)}) * weight"


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
    return f"SELECT 2, key, score, at FROM ({scored}) AS ranked {after} ORDER BY value DESC, key LIMIT {limit + 1}"


def _counting(tables: Tables, params: Params, facets: Iterable[str]) -> list[str]:
    """How many of `m` bear each label: those in sets through their sets, tags and authors one by one."""
    names = set(facets)
    parts = []
    for column, of in (("face", names.intersection(FACE)), ("more", names.difference(FACE, UNSHARED))):
        if of:
            parts.append(f"""
                SELECT 1, label, sum(often)::float8, NULL
                FROM (SELECT {column} AS id, count(*) AS often FROM m GROUP BY {column}) AS each
                JOIN {tables.labels} AS held USING (id), unnest(held.labels) AS label
                WHERE split_part(label, '=', 1) = ANY({params.add(sorted(of), "text[]")}) GROUP BY label""")
    parts += [
        f"""
            SELECT 1, substr(mark, 2), count(*)::float8, NULL FROM m, unnest(string_to_array(marks, E'\\x1f')) AS mark
            WHERE starts_with(mark, {params.add(f"{LABEL}{name}=")}) GROUP BY mark"""
        for name in sorted(names.intersection(UNSHARED))
    ]
    return parts


def _count_lifted(
    connection: Connection, tables: Tables, matching: Matching, params: Params, known: Known, name: str
) -> Iterable[tuple[str, int]]:
    """A facet that is filtered by counts what there would be without that filter."""
    found = matching.sql(_columns(known, matching, (name,)), "0::float8", without_filter_on=name)
    if found is None:
        return []
    parts = _counting(tables, params, (name,))
    sql = f"WITH m AS MATERIALIZED ({found}) {' UNION ALL '.join(parts)}"
    return [(label, int(number)) for _, label, number, _ in connection.exec_driver_sql(sql, params.values)]

"""Spellings out of the table of tokens."""

from sqlalchemy import Connection

from search_index.analysis import is_han
from search_index.engines.beginnings import one_slip_at_the_front
from search_index.engines.nearness import FARTHEST, han_spellings, latin_spellings
from search_index.engines.postgres_tables import Tables
from search_index.engines.postgres_writing import storable

MOST_LISTED = 20_000
_END = "\U0010ffff"


def spellings(connection: Connection, tables: Tables, token: str, *, limit: int) -> list[str]:
    """The nearest tokens. Of Latin words all with one slip, and with two those whose first letter is right."""
    token = storable(token)
    if not token:
        return []
    if is_han(token):
        return han_spellings(token, _pairs_around(connection, tables, token), limit=limit)
    found = connection.exec_driver_sql(
        f"SELECT term, df FROM {tables.term} WHERE term = ANY(%s) UNION (SELECT term, df FROM {tables.term}"
        " WHERE term >= %s AND term < %s AND char_length(term) BETWEEN %s AND %s ORDER BY df DESC LIMIT %s)",
        (
            sorted(one_slip_at_the_front(token)),
            token[0],
            token[0] + _END,
            len(token) - FARTHEST,
            len(token) + FARTHEST,
            MOST_LISTED,
        ),
    )
    return latin_spellings(token, [(term, int(df)) for term, df in found], limit=limit)


def _pairs_around(connection: Connection, tables: Tables, word: str) -> dict[str, int]:
    """The pairs of the index that begin or end with a character of this word."""
    found = connection.exec_driver_sql(
        f"""
        SELECT held.term, held.df FROM unnest(%(word)s::text[]) AS char
        JOIN {tables.term} AS held ON held.term > char AND held.term < char || %(end)s
        WHERE char_length(held.term) = 2
        UNION
        SELECT held.term, held.df FROM unnest(%(word)s::text[]) AS char
        CROSS JOIN {tables.term} AS single JOIN {tables.term} AS held ON held.term = single.term || char
        WHERE char_length(single.term) = 1""",
        {"word": sorted(set(word)), "end": _END},
    )
    return {pair: int(count) for pair, count in found}

"""Documents as rows, and what a batch of them changes in the sums that BM25 needs."""

import hashlib
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from search_index.analysis import BOUNDARY
from search_index.documents import Document
from search_index.engines.postgres_tables import BUCKETS, LABEL, SEPARATOR, TITLE, Tables
from search_index.ranking import spaced_text, spaced_title, stream

SETS = {"kind": "face", "community": "face", "year": "face", "sector": "sectors", "region": "regions"}
OTHERS = "more"  # the set of the labels that are not named in `SETS`
UNSHARED = ("audience", "tag", "author")  # labels of which nearly every document has a set of its own
LONGEST = 500  # characters of a label or audience that is kept as it is
MOST_BYTES = 900_000  # of the distinct tokens of a document: PostgreSQL takes a megabyte
MOST_TIMES = 255

Labels = tuple[str, ...]


class Row(NamedTuple):
    """A document as the tables hold it."""

    key: str
    columns: tuple[object, ...]
    sets: dict[int, Labels]
    terms: frozenset[str]
    length: int
    title_length: int


def storable(text: str) -> str:
    """As PostgreSQL takes it: no NUL, no half characters, nothing that separates, nothing too long for an index."""
    text = text.encode("utf-8", "replace").decode().replace("\x00", " ").replace(SEPARATOR, " ")
    if len(text) <= LONGEST:
        return text
    return f"{text[:100]}…{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"


def bucket(token: str) -> int:
    """Which byte of `sig` stands for this token, among others."""
    return zlib.crc32(token.encode()) % BUCKETS


def row_of(document: Document) -> Row:
    """All that is to be written of it."""
    spaced = spaced_title(document)
    title, tokens = stream(spaced), _within_bounds(stream(spaced_text(document, spaced)))
    times = Counter(tokens)
    length = len(tokens) - times.pop(BOUNDARY, 0)
    sig = bytearray(BUCKETS)
    for token, count in times.items():
        if count > 1:
            at = bucket(token)
            sig[at] = max(sig[at], min(count, MOST_TIMES))
    named = [(name, storable(f"{name}={value}")) for name, _, value in (one.partition("=") for one in document.labels)]
    labels: dict[str, list[str]] = {column: [] for column in (*SETS.values(), OTHERS)}
    for name, label in named:
        if name not in UNSHARED:
            labels[SETS.get(name, OTHERS)].append(label)
    sets = {column: tuple(sorted(some)) for column, some in labels.items()}
    titles = {TITLE + token for token in title}
    marks = SEPARATOR.join([*titles, *(LABEL + label for _, label in named)])
    print_ = int(document.fingerprint, 16) - 2**63
    columns = (
        document.at, document.weight, print_, *map(_number, sets.values()), length, len(title),
        storable(document.key), storable(document.audience), bytes(sig), f" {'  '.join(tokens)} ", marks,
    )  # fmt: skip
    numbers = {_number(some): some for some in sets.values()}
    return Row(storable(document.key), columns, numbers, frozenset(titles | times.keys()), length, len(title))


def write(
    connection: Connection, tables: Tables, documents: Iterable[Document], deleted: Collection[str], position: int
) -> None:
    """Replace and remove, and move the position, in the transaction of `connection`."""
    rows = {row.key: row for row in map(row_of, documents)}
    gone = sorted({*map(storable, deleted), *rows})
    terms: Counter[str] = Counter()
    sums = _take_away(connection, tables, gone, terms)
    for row in rows.values():
        terms.update(row.terms)
        sums.update(documents=1, tokens=row.length, title_tokens=row.title_length)
    _count_terms(connection, tables, terms)
    _insert(connection, tables, list(rows.values()))
    connection.exec_driver_sql(
        f"UPDATE {tables.state} SET documents = documents + %s, tokens = tokens + %s,"
        " title_tokens = title_tokens + %s, position = %s",
        (sums["documents"], sums["tokens"], sums["title_tokens"], position),
    )


def _take_away(connection: Connection, tables: Tables, gone: Sequence[str], terms: Counter[str]) -> Counter[str]:
    sums: Counter[str] = Counter()
    if gone:
        removed = connection.exec_driver_sql(
            f"DELETE FROM {tables.doc} WHERE key = ANY(%s) RETURNING stream, marks, len, title_len", (gone,)
        )
        for stream, marks, length, title_length in removed:
            terms.subtract({*stream.split(" ")} - {"", BOUNDARY})
            terms.subtract(mark for mark in marks.split(SEPARATOR) if mark.startswith(TITLE))
            sums.subtract({"documents": 1, "tokens": length, "title_tokens": title_length})
    return sums


def _count_terms(connection: Connection, tables: Tables, terms: Counter[str]) -> None:
    changed = sorted((term, count) for term, count in terms.items() if count)
    if not changed:
        return
    connection.exec_driver_sql(
        f"INSERT INTO {tables.term} AS held SELECT * FROM unnest(%s::text[], %s::int4[])"
        " ON CONFLICT (term) DO UPDATE SET df = held.df + excluded.df",
        ([term for term, _ in changed], [count for _, count in changed]),
    )
    fewer = [term for term, count in changed if count < 0]
    if fewer:
        connection.exec_driver_sql(f"DELETE FROM {tables.term} WHERE term = ANY(%s) AND df <= 0", (fewer,))


def _insert(connection: Connection, tables: Tables, rows: Sequence[Row]) -> None:
    sets = {number: labels for row in rows for number, labels in row.sets.items()}
    driver: Any = connection.connection  # psycopg's, which knows COPY
    with driver.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {tables.labels} VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [(number, list(labels)) for number, labels in sorted(sets.items())],
        )
        columns = "at, weight, print, face, sectors, regions, more, len, title_len, key, audience, sig, stream, marks"
        with cursor.copy(f"COPY {tables.doc} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row.columns)


def _within_bounds(stream: list[str]) -> list[str]:
    """Without the tail of a text whose distinct tokens are more than PostgreSQL can index."""
    if sum(map(len, stream)) * 4 <= MOST_BYTES:
        return stream
    held, seen = 0, set()
    for at, token in enumerate(stream):
        if token not in seen:
            seen.add(token)
            held += len(token.encode()) + 1
            if held > MOST_BYTES:
                return stream[:at]
    return stream


def _number(labels: Labels) -> int:
    """The number of a set of labels: a hash, so that nobody has to hand numbers out."""
    digest = hashlib.blake2b("\x00".join(labels).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)

"""The tables of one index in PostgreSQL, in the schema `search`: made by the engine, dropped as a whole.

`doc` has one narrow row for each document, so that counting a hundred thousand of them stays cheap: everything long
lies in the TOAST table. PostgreSQL moves values there only out of rows longer than 2 kB, and so every row is made
that long by `pad`, which is then squeezed into a few bytes.

`stream` is the document's token stream, each token between two spaces, and is where phrases are verified and tokens
are counted; a tsvector would hold neither more than 16,383 positions nor more than 255 of a token. `marks` holds the
tokens of the title and the labels. The GIN index is over both as lexemes, and the tsvector itself is stored nowhere.
`sig` is 64 bytes: how often a token stands in the document, by the hash of the token, at least (see `postgres_query`).

`labels` are the sets of labels that documents share (`face`: kind, community, year; `sectors`; `regions`; `more`: the
rest but tags and authors); facets count sets, not labels. `term` holds in how many documents each token is, `state`
the sums.
"""

import re
from dataclasses import dataclass

from sqlalchemy import Connection

SCHEMA = "search"
TITLE, LABEL = "\x01", "\x02"  # before the tokens of titles, and before labels, among the lexemes
SEPARATOR = "\x1f"  # between marks; also the boundary between the fields in the stream
BUCKETS = 64
LEXEMES = "array_to_tsvector(string_to_array(btrim(stream, ' '), '  ') || string_to_array(marks, E'\\x1f'))"


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of the tables of one index."""

    name: str

    @classmethod
    def of(cls, place: str) -> "Tables":
        """Those of the index that is called `place`."""
        return cls(re.sub(r"\W", "_", place.lower())[:40])

    @property
    def doc(self) -> str:
        """The documents."""
        return f'{SCHEMA}."{self.name}_doc"'

    @property
    def labels(self) -> str:
        """Sets of labels."""
        return f'{SCHEMA}."{self.name}_labels"'

    @property
    def term(self) -> str:
        """In how many documents each token is."""
        return f'{SCHEMA}."{self.name}_term"'

    @property
    def state(self) -> str:
        """One row: how much there is, and up to which change of the feed."""
        return f'{SCHEMA}."{self.name}_state"'

    @property
    def lock(self) -> str:
        """What the one writer locks."""
        return f"hashtextextended('{SCHEMA}.{self.name}', 0)"


def exist(connection: Connection, tables: Tables) -> bool:
    """Whether this index was made; `state` comes last."""
    return connection.exec_driver_sql("SELECT to_regclass(%s)", (tables.state,)).scalar() is not None


def create(connection: Connection, tables: Tables) -> None:
    """Make them, empty, in one transaction; several processes may try at once."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock(hashtextextended('{SCHEMA}', 1))")
    if exist(connection, tables):
        return
    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    connection.exec_driver_sql(f"""
        CREATE TABLE {tables.doc} (
            at timestamptz NOT NULL,
            weight float8 NOT NULL,
            print int8 NOT NULL,
            face int8 NOT NULL,
            sectors int8 NOT NULL,
            regions int8 NOT NULL,
            more int8 NOT NULL,
            len int4 NOT NULL,
            title_len int4 NOT NULL,
            key text COLLATE "C" PRIMARY KEY,
            audience text COLLATE "C" NOT NULL,
            sig bytea NOT NULL,
            stream text COLLATE "C" NOT NULL,
            marks text COLLATE "C" NOT NULL,
            pad text NOT NULL DEFAULT repeat(' ', 2048)
        ) WITH (toast_tuple_target = 128)""")
    connection.exec_driver_sql(f"""
        ALTER TABLE {tables.doc}
            ALTER key SET STORAGE PLAIN, ALTER audience SET STORAGE PLAIN, ALTER sig SET STORAGE PLAIN,
            ALTER stream SET STORAGE EXTERNAL, ALTER marks SET STORAGE EXTERNAL, ALTER pad SET STORAGE MAIN""")
    connection.exec_driver_sql(
        f'CREATE INDEX "{tables.name}_lexemes" ON {tables.doc} USING gin (({LEXEMES}))'
        " WITH (fastupdate = on, gin_pending_list_limit = 1024)"
    )
    connection.exec_driver_sql(f'CREATE INDEX "{tables.name}_newest" ON {tables.doc} (at DESC, key)')
    connection.exec_driver_sql(f"CREATE TABLE {tables.labels} (id int8 PRIMARY KEY, labels text[] NOT NULL)")
    connection.exec_driver_sql(
        f'CREATE TABLE {tables.term} (term text COLLATE "C" PRIMARY KEY, df int4 NOT NULL) WITH (fillfactor = 80)'
    )
    connection.exec_driver_sql(f"""
        CREATE TABLE {tables.state} (
            documents int8 NOT NULL, tokens int8 NOT NULL, title_tokens int8 NOT NULL, position int8 NOT NULL)""")
    connection.exec_driver_sql(f"INSERT INTO {tables.state} VALUES (0, 0, 0, 0)")


def drop(connection: Connection, tables: Tables) -> None:
    """Remove them all."""
    connection.exec_driver_sql("SET LOCAL lock_timeout = '20s'")
    for table in (tables.state, tables.doc, tables.labels, tables.term):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")


def size(connection: Connection, tables: Tables) -> int:
    """Bytes on disk, with indexes."""
    names = [tables.doc, tables.labels, tables.term, tables.state]
    total = connection.exec_driver_sql(
        "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) name", (names,)
    )
    return int(total.scalar() or 0)

"""PostgreSQL as an engine: connections cut, the database gone for a while, tables removed, texts it cannot hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, create_engine, make_url, text

from search_index.engine import EngineError, Phrase, Query, Word
from search_index.engines import postgres
from search_index.engines.postgres import PostgresEngine
from search_index.query import parse
from tests.makers.machine import POSTGRES
from tests.search.conftest import a_document, fill, postgres_database

PUBLIC = ("public",)
PLACE = Path("postgres-0007")
CUTS = """
CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR NEW.key = 'forum.thread:13' THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
    RETURN NEW;
END $$
"""

# The server ends connections in these tests; when Python lets go of what is left of them is up to its collector.
pytestmark = pytest.mark.filterwarnings(r"ignore:<psycopg\.Connection .* was deleted while still open:ResourceWarning")


@pytest.fixture
def url() -> URL:
    """Of the database in which search is tested."""
    return postgres_database()


@pytest.fixture
def engine(url: URL) -> Iterator[PostgresEngine]:
    """An empty index."""
    opened = postgres.open_index(PLACE, url=url)
    yield opened
    opened.close()
    postgres.drop(PLACE.name, url=url)


@pytest.fixture
def beside(url: URL) -> Iterator[Connection]:
    """Somebody else in the same database."""
    other = create_engine(url, isolation_level="AUTOCOMMIT")
    with other.connect() as connection:
        yield connection
    other.dispose()


def numbers(engine: PostgresEngine, query: str) -> list[int]:
    hits = engine.search(parse(query).query, audience=PUBLIC, limit=100).hits
    return sorted(int(hit.key.rpartition(":")[2]) for hit in hits)


@pytest.mark.parametrize("moment", ["INSERT ON search.postgres_0007_doc", "UPDATE ON search.postgres_0007_state"])
def test_a_connection_cut_while_applying_leaves_nothing_half_applied(
    engine: PostgresEngine, beside: Connection, moment: str
) -> None:
    fill(engine, a_document(1, body="graphene"), a_document(2, body="graphene"), position=5)
    before = beside.execute(text("SELECT * FROM search.postgres_0007_term ORDER BY term")).all()
    beside.execute(text(CUTS))
    beside.execute(text(f"CREATE TRIGGER cuts BEFORE {moment} FOR EACH ROW EXECUTE FUNCTION cut()"))
    try:
        with pytest.raises(EngineError):
            engine.apply(
                [a_document(number, body="graphene") for number in range(2, 20)], ["forum.thread:1"], position=6
            )
        assert numbers(engine, "graphene") == [1, 2]
        assert (engine.stats().documents, engine.stats().position) == (2, 5)
        assert beside.execute(text("SELECT * FROM search.postgres_0007_term ORDER BY term")).all() == before
    finally:
        beside.execute(text("DROP FUNCTION cut CASCADE"))
    engine.apply([a_document(number, body="graphene") for number in range(2, 20)], ["forum.thread:1"], position=6)
    assert numbers(engine, "graphene") == list(range(2, 20))
    assert (engine.stats().documents, engine.stats().position) == (18, 6)


def test_rows_that_the_server_refuses_are_an_error_and_leave_nothing(
    engine: PostgresEngine, beside: Connection
) -> None:
    fill(engine, a_document(1, body="graphene"), position=5)
    beside.execute(
        text("ALTER TABLE search.postgres_0007_doc ADD CONSTRAINT narrow CHECK (key <> 'forum.thread:13') NOT VALID")
    )
    with pytest.raises(EngineError):
        engine.apply([a_document(number, body="graphene") for number in (12, 13)], ["forum.thread:1"], position=6)
    assert numbers(engine, "graphene") == [1]
    assert engine.stats().position == 5


def test_a_site_on_another_database_is_told_so() -> None:
    with pytest.raises(EngineError, match="needs a site on PostgreSQL"):
        postgres.open_index(PLACE, url=make_url("sqlite://"))


def test_it_recovers_when_the_database_is_back(engine: PostgresEngine, url: URL) -> None:
    fill(engine, a_document(1, body="graphene"))
    server = create_engine(f"{POSTGRES}/postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false'))
        try:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
                {"name": url.database},
            )
            for ask in (
                engine.stats,
                lambda: engine.search(parse("graphene").query, audience=PUBLIC),
                lambda: engine.spellings("graphane"),
                lambda: list(engine.fingerprints()),
                lambda: engine.apply([a_document(2, body="graphene")], (), position=2),
            ):
                with pytest.raises(EngineError):
                    ask()
        finally:
            connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true'))
    server.dispose()
    assert numbers(engine, "graphene") == [1]
    engine.apply([a_document(2, body="graphene")], (), position=2)
    assert numbers(engine, "graphene") == [1, 2]


def test_an_index_that_was_removed_under_a_reader_is_an_error(engine: PostgresEngine, url: URL) -> None:
    fill(engine, a_document(1, body="graphene"))
    engine.finish()
    postgres.drop(PLACE.name, url=url)
    with pytest.raises(EngineError):
        engine.search(parse("graphene").query, audience=PUBLIC)
    with pytest.raises(EngineError):
        engine.stats()
    again = postgres.open_index(PLACE, url=url)
    assert again.stats().documents == 0
    again.close()


def test_dropping_leaves_nothing_and_touches_no_other(engine: PostgresEngine, url: URL, beside: Connection) -> None:
    other = postgres.open_index(Path("postgres-0008"), url=url)
    fill(engine, a_document(1, body="graphene"))
    fill(other, a_document(1, body="graphene"), a_document(2, body="graphene"))
    postgres.drop("postgres-0008", url=url)
    left = beside.execute(text("SELECT relname FROM pg_class WHERE relname LIKE 'postgres_0008%'")).all()
    assert left == []
    assert numbers(engine, "graphene") == [1]
    other.close()


def test_a_writer_whose_connection_broke_lets_another_in(engine: PostgresEngine, url: URL, beside: Connection) -> None:
    fill(engine, a_document(1, body="graphene"))
    other = postgres.open_index(PLACE, url=url)
    with pytest.raises(EngineError):
        other.apply([a_document(2, body="graphene")], (), position=2)
    beside.execute(
        text(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    )
    other.apply([a_document(2, body="graphene")], (), position=2)
    with pytest.raises(EngineError):
        engine.apply([a_document(3, body="graphene")], (), position=3)
    assert numbers(other, "graphene") == [1, 2]
    other.close()


def test_texts_beyond_the_bounds_of_a_tsvector_are_found(engine: PostgresEngine) -> None:
    words = [f"{chr(97 + n % 26)}{n:059d}" for n in range(30_000)]
    fill(
        engine,
        a_document(1, body=" ".join(words)),
        a_document(2, body="filler " * 20_000 + "graphene oxide"),
        a_document(3, title="'quoted' \\ back:slash & | ! <-> *", body="it's \\'x' ::tsquery"),
        a_document(4, body="graphene", tags=("x" * 5_000, "a\x00b", "c\x1fd", "half \ud800")),
    )
    assert numbers(engine, words[10]) == [1]
    assert numbers(engine, '"graphene oxide"') == [2]
    assert engine.search(Query(clauses=(Phrase(("filler",) * 40),)), audience=PUBLIC).total == 1
    assert numbers(engine, "quoted back slash") == [3]
    assert numbers(engine, "it's") == [3]
    assert numbers(engine, f"tag:{'x' * 5_000}") == [4]
    many = engine.search(Query(clauses=(Word(tuple(words[:2_000])),)), audience=PUBLIC)
    assert [hit.key for hit in many.hits] == ["forum.thread:1"]


def test_the_sums_stay_those_of_what_is_there(engine: PostgresEngine, beside: Connection) -> None:
    for position in range(1, 6):
        fill(
            engine,
            *(a_document(number, title="t" * position, body=f"w{number * position} 中文") for number in range(9)),
            position=position,
        )
        engine.apply((), [f"forum.thread:{position}"], position=position)
    held = beside.execute(text("SELECT documents, tokens, title_tokens FROM search.postgres_0007_state")).one()
    counted = beside.execute(
        text("SELECT count(*), sum(len), sum(title_len) FROM search.postgres_0007_doc"),
    ).one()
    assert tuple(held) == tuple(counted)
    terms = beside.execute(text("SELECT term, df FROM search.postgres_0007_term")).all()
    assert all(df > 0 for _term, df in terms)
    assert dict(map(tuple, terms))["中文"] == 8
    assert {term for term, _ in terms if term.startswith("\x01")} == {"\x01ttttt"}

"""Random documents, audiences, queries and filters: every engine answers as the plainest one does."""

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search_index.clauses import one_clause, phrase
from search_index.documents import Document
from search_index.engine import FACETS, AnyOf, Clause, Engine, Filter, Prefix, Query, Results, Word
from search_index.engines.reference import ReferenceEngine
from tests.search.conftest import BEGINNING, DURABLE, ENGINES, a_document

WORDS = ("laser", "lasers", "optics", "opt-ics", "SiO2", "钙钛矿", "太阳能电池", "电池", "能", "中文", "文中", "v2.7")
AUDIENCES = ("public", "board:3", "user:9")
texts = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join) | st.lists(st.sampled_from(WORDS), max_size=4).map(
    "".join
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    return a_document(
        draw(st.integers(1, 12)),
        title=draw(texts),
        body=draw(texts),
        tags=tuple(draw(st.lists(st.sampled_from(("AI", "laser", "太阳能")), max_size=2, unique=True))),
        audience=draw(st.sampled_from(AUDIENCES)),
        kind=draw(st.sampled_from(("thread", "post"))),
        community=draw(st.sampled_from(("", "bio", "chem"))),
        sectors=tuple(draw(st.lists(st.sampled_from(("a", "b", "c")), max_size=3, unique=True))),
        marks=tuple(draw(st.lists(st.sampled_from(("answered", "record")), max_size=2, unique=True))),
        at=BEGINNING + timedelta(days=draw(st.integers(-800, 3)) * 100),
        boost=draw(st.sampled_from((1.0, 1.2))),
    )


words: st.SearchStrategy[Clause] = st.sampled_from([clause for word in WORDS if (clause := one_clause(word))])
phrases: st.SearchStrategy[Clause] = texts.filter(lambda text: phrase(text) is not None).map(
    lambda text: phrase(text) or Word(("x",))
)
prefixes: st.SearchStrategy[Clause] = st.sampled_from([Prefix("la"), Prefix("opt"), Prefix("v2"), Prefix("z")])
clauses = (
    words | phrases | prefixes | st.lists(words | phrases | prefixes, max_size=3).map(lambda parts: AnyOf(tuple(parts)))
)
filters = st.sampled_from(
    [
        Filter("kind", frozenset({"post"})),
        Filter("community", frozenset({"bio", "nowhere"})),
        Filter("sector", frozenset({"a", "b"})),
        Filter("sector", frozenset({"c"})),
        Filter("tag", frozenset({"ai"})),
        Filter("is", frozenset({"record"})),
    ]
)


@st.composite
def queries(draw: st.DrawFn) -> Query:
    moments = st.none() | st.integers(-800, 3).map(lambda days: BEGINNING + timedelta(days=days * 100))
    return Query(
        clauses=tuple(draw(st.lists(clauses, max_size=3))),
        without=tuple(draw(st.lists(clauses, max_size=1))),
        filters=tuple(draw(st.lists(filters, max_size=2, unique=True))),
        without_labels=frozenset(draw(st.lists(st.sampled_from(("kind=thread", "tag=laser")), max_size=1))),
        after=draw(moments),
        before=draw(moments),
        match=draw(st.sampled_from(("all", "any"))),
        order=draw(st.sampled_from(("relevance", "newest"))),
        scored_field=draw(st.sampled_from(("text", "title"))),
    )


@pytest.fixture(params=DURABLE)
def kind(request: pytest.FixtureRequest) -> str:
    """The name of the engine that is held against the reference."""
    return str(request.param)


def opened(kind: str) -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as place:
        engine = ENGINES[kind](Path(place) / "index")()
        yield engine
        engine.close()


# tantivy keeps a length in one byte, and counts what was deleted until it merges: its scores are about the same when
# nothing was deleted, and its hits and counts always are.
CLOSE = {"tantivy": 0.15}


def by_key(results: Results) -> dict[str, float]:
    return {hit.key: hit.score for hit in results.hits}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    rounds=st.lists(
        st.tuples(st.lists(documents(), max_size=8), st.lists(st.integers(1, 12), max_size=2)), min_size=1, max_size=3
    ),
    asked=st.lists(queries(), min_size=1, max_size=6),
    audience=st.sets(st.sampled_from(AUDIENCES)),
    hidden=st.sets(st.integers(1, 12), max_size=1),
)
def test_an_engine_answers_as_the_plainest_does(
    kind: str,
    rounds: list[tuple[list[Document], list[int]]],
    asked: list[Query],
    audience: set[str],
    hidden: set[int],
) -> None:
    reference = ReferenceEngine()
    for engine in opened(kind):
        for position, (fresh, gone) in enumerate(rounds, 1):
            for each in (reference, engine):
                each.apply(fresh, [f"forum.thread:{number}" for number in gone], position=position)
        engine.refresh()
        for query in asked:
            how = {
                "audience": audience,
                "limit": 50,
                "facets": (*FACETS, "tag"),
                "hidden": {f"forum.thread:{number}" for number in hidden},
            }
            truth, told = reference.search(query, **how), engine.search(query, **how)
            assert by_key(told).keys() == by_key(truth).keys(), query
            assert told.total == truth.total == len(told.hits)
            assert told.facets == truth.facets
            assert told.next is None
            assert [hit.at for hit in told.hits if hit.at] == sorted_times(told, query)
            if kind not in CLOSE:
                assert by_key(told) == pytest.approx(by_key(truth), rel=1e-3, abs=1e-3), query
    if kind in CLOSE:
        for engine in opened(kind):
            engine.apply(reference.documents.values(), (), position=1)
            for query in asked:
                truth, told = reference.search(query, audience=audience), engine.search(query, audience=audience)
                assert by_key(told) == pytest.approx(by_key(truth), rel=CLOSE[kind], abs=1e-3), query


def sorted_times(results: Results, query: Query) -> list[object]:
    """The times as they come; in order of newness when that was asked."""
    times = [hit.at for hit in results.hits]
    return sorted(times, reverse=True) if query.order == "newest" or not query.clauses else list(times)

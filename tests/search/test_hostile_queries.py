"""Whatever is typed is answered within bounds of time."""

import json
import time
from pathlib import Path

import pytest

from search_index.analysis import tokens
from search_index.clauses import phrase
from search_index.engine import FACETS, Engine, Query
from search_index.query import any_of, parse
from tests.search.conftest import a_document, fill

PUBLIC = ("public",)
HOSTILE = {
    "ten kilobytes of words": "word " * 2_000,
    "ten kilobytes of different words": " ".join(f"w{number}" for number in range(2_000)),
    "ten kilobytes of Han": "".join(chr(0x4E00 + number) for number in range(3_400)),
    "ten thousand wildcards": "* " * 10_000,
    "ten thousand stars": "*" * 10_000,
    "thousands of beginnings": " ".join(f"{chr(97 + a)}{chr(97 + b)}*" for a in range(26) for b in range(26)) * 3,
    "thousands of exclusions": " ".join(f"-{number}" for number in range(3_000)),
    "thousands of alternatives": " OR ".join(f"w{number}" for number in range(2_000)),
    "thousands of quotes": '"' * 10_000,
    "thousands of short phrases": '"a b" ' * 1_700,
    "one endless phrase": '"' + "a b " * 2_500,
    "thousands of filters": " ".join(f"tag:{number}" for number in range(2_000)),
    "one compound": "a-" * 5_000,
    "one identifier": "a1" * 5_000,
    "one number": "1." * 5_000,
    "colons": ":" * 10_000,
    "nothing but apostrophes": "a'" * 5_000,
    "combining marks": "e" + "\u0301" * 9_999,
    "surrogates": "\ud800 \udfff x" * 1_000,
    "zeros": "\x00" * 10_000,
    "boundaries": "\x1f" * 10_000 + " x",
}


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """Some hundreds of documents."""
    fill(
        engine,
        *(
            a_document(n, body=f"word w{n} a b {chr(0x4E00 + n)}{chr(0x4E01 + n)} {n}*", tags=(str(n),))
            for n in range(400)
        ),
    )
    return engine


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_query_is_answered_soon(filled: Engine, text: str) -> None:
    start = time.process_time()
    for query in (parse(text).query, any_of(text)):
        results = filled.search(query, audience=PUBLIC, facets=FACETS)
        assert 0 <= results.total <= 400
    filled.spellings(text[:200])
    assert time.process_time() - start < 5


def test_naughty_strings_are_words_like_others(filled: Engine, shared_data: Path) -> None:
    for text in json.loads((shared_data / "hostile" / "blns" / "blns.json").read_text(encoding="utf-8")):
        for query in (parse(text).query, any_of(text)):
            filled.search(query, audience=PUBLIC, limit=3)
        filled.spellings(text)


def test_what_was_written_is_found_however_odd_it_is(engine: Engine, shared_data: Path) -> None:
    naughty = json.loads((shared_data / "hostile" / "blns" / "blns.json").read_text(encoding="utf-8"))
    documents = [a_document(number, body=text) for number, text in enumerate(naughty) if 0 < len(tokens(text)) < 40]
    fill(engine, *documents)
    for document in documents[::5]:
        clause = phrase(document.body)
        assert clause is not None
        results = engine.search(Query(clauses=(clause,)), audience=PUBLIC, limit=600)
        assert document.key in {hit.key for hit in results.hits}, document.body


@pytest.mark.parametrize(
    "cursor", [(float("inf"), ""), (-1e9, "z"), (float("nan"), "x"), (0.0, "\ud800"), (1.0, "x" * 10_000)]
)
def test_an_invented_cursor_harms_nobody(filled: Engine, cursor: tuple[float, str]) -> None:
    results = filled.search(parse("word").query, audience=PUBLIC, cursor=cursor, limit=5)
    assert len(results.hits) <= 5
    assert results.total == 400

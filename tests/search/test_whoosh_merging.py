"""Whoosh: many commits, with merges in small pieces, hold the same as the plainest engine."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from search_index.documents import Document
from search_index.engine import FACETS
from search_index.engines import whoosh, whoosh_merge, whoosh_work
from search_index.engines.reference import ReferenceEngine
from search_index.query import any_of, parse
from tests.search.conftest import BEGINNING, a_document

WORDS = [
    "laser",
    "optics",
    "SiO2",
    "钙钛矿",
    "太阳能电池",
    "中文",
    "搜索引擎",
    "machine",
    "learning",
    "v2.7.4",
    "GB/T 30523",
]
QUERIES = [
    "laser",
    "钙钛矿 电池",
    '"machine learning"',
    "“钙钛矿太阳能”",
    "l* -optics",
    "SiO2 OR 中文",
    "in:c1",
    "gb/t 30523",
    "电池 tag:w",
]


def some_document(chance: random.Random) -> Document:
    return a_document(
        chance.randrange(150),
        title=" ".join(chance.choices(WORDS, k=chance.randrange(4))),
        body="".join(word + chance.choice(["", " ", "，"]) for word in chance.choices(WORDS, k=chance.randrange(30)))
        + f" x{chance.randrange(500)}",
        tags=tuple(chance.sample(["w", "V", "钙钛矿"], chance.randrange(3))),
        audience=chance.choice(["public", "board:1", "user:2"]),
        community=f"c{chance.randrange(3)}",
        at=BEGINNING + timedelta(days=chance.randrange(900)),
    )


@pytest.mark.parametrize("seed", range(2))
def test_after_many_merges_every_answer_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(whoosh_work, "SMALLEST", 4)
    monkeypatch.setattr(whoosh_work, "FAMILY", 3)
    monkeypatch.setattr(whoosh_merge, "TERMS_AT_ONCE", 11)
    monkeypatch.setattr(whoosh_merge, "POSTINGS_AT_ONCE", 7)
    chance = random.Random(seed)  # noqa: S311 - the same documents every time
    engine, truth = whoosh.open_index(tmp_path / "index"), ReferenceEngine()
    for position in range(1, 40):
        fresh = [some_document(chance) for _ in range(chance.randrange(9))]
        gone = [f"forum.thread:{chance.randrange(150)}" for _ in range(chance.randrange(3))]
        for each in (engine, truth):
            each.apply(fresh, gone, position=position)
    engine.close()
    engine = whoosh.open_index(tmp_path / "index")
    for _finished in (False, True):
        assert dict(engine.fingerprints()) == dict(truth.fingerprints())
        for text in QUERIES:
            for query in (parse(text).query, any_of(text)):
                for audience in (("public",), ("public", "board:1", "user:2")):
                    told = engine.search(query, audience=audience, facets=FACETS, limit=200)
                    assert told == truth.search(query, audience=audience, facets=FACETS, limit=200), text
        engine.finish()
    engine.close()

"""What every engine must do alike: finding, filtering, ordering, paging, changing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from search_index.engine import Engine, EngineError, Prefix, Query, Results, Word
from search_index.query import any_of, parse
from tests.search.conftest import BEGINNING, Opener, a_document, fill

PUBLIC = ("public",)

# The server ends connections in these tests; when Python lets go of what is left of them is up to its collector.
pytestmark = pytest.mark.filterwarnings(r"ignore:<psycopg\.Connection .* was deleted while still open:ResourceWarning")


def found(engine: Engine, text: str, **how: Any) -> list[int]:
    """The numbers of the documents found, best first."""
    how.setdefault("audience", PUBLIC)
    return numbers(engine.search(parse(text).query, **how))


def numbers(results: Results) -> list[int]:
    return [int(hit.key.rpartition(":")[2]) for hit in results.hits]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("支持中文吗", "中文"),
        ("社區指南", "指南"),
        ("中国的基础设施网络", "设施"),
        ("钙钛矿太阳能电池", "鈣鈦礦"),
        ("鈣鈦礦太陽能電池", "钙钛矿 电池"),
        ("支持中文吗", "中"),
        ("用Python写的搜索引擎", "python"),
        ("用Python写的搜索引擎", "搜索引擎"),
        ("ＰＹＴＨＯＮ３ 教程", "python3"),
        ("CRISPR-Cas9 编辑", "crispr-cas9"),
        ("CRISPR-Cas9 编辑", "cas9"),
        ("CRISPR-Cas9 编辑", "CRISPR"),
        ("CRISPR Cas9", "CRISPR-Cas9"),
        ("Coated with SiO₂ at 300 K", "SiO2"),
        ("\\mathrm{SiO}_2 and SiO_2", "sio2"),
        ("按 GB/T 30523-2014 检测", "GB/T 30523"),
        ("按 GB/T 30523-2014 检测", "GB/T30523"),
        ("按GB/T30523检测", '"GB/T 30523"'),
        ("released v2.7.4 today", "v2.7.4"),
        ("released v2.7.4 today", "2.7.4"),
        ("LiNi0.8Co0.1Mn0.1O2 cathode", "lini0.8co0.1mn0.1o2"),
        ("written in C++ and C#", "c++"),
        ("doi 10.1016/j.x says", "10.1016/j.x"),
        ("running experiments", "experiment runs"),
        ("a café in Zürich", "cafe zurich"),
        ("the teacher’s desk", "teachers"),
    ],
)
def test_a_text_is_found_by(engine: Engine, text: str, query: str) -> None:
    fill(engine, a_document(1, body=text), a_document(2, body="something else 别的"))
    assert found(engine, query) == [1]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("支持中文吗", "文中"),
        ("社區指南", "南指"),
        ("C is a language", "c++"),
        ("machine that learns", '"learning machine"'),
        ("中 文", '"中文"'),
        ("SiO3", "SiO2"),
    ],
)
def test_a_text_is_not_found_by(engine: Engine, text: str, query: str) -> None:
    fill(engine, a_document(1, title=text, body=text))
    assert found(engine, query) == []


def test_a_phrase_stands_as_it_is_written_and_crosses_no_field(engine: Engine) -> None:
    fill(
        engine,
        a_document(1, body="deep machine learning"),
        a_document(2, body="learning a machine"),
        a_document(3, title="machine", body="learning"),
        a_document(4, title="太阳能电池", body="电池和太阳能"),
        a_document(5, body="电池和太阳能"),
    )
    assert found(engine, '"machine learning"') == [1]
    assert found(engine, "“太阳能电池”") == [4]
    assert found(engine, "「阳能电」") == [4]
    assert sorted(found(engine, "machine learning")) == [1, 2, 3]


def test_words_may_be_excluded_and_alternatives_given(engine: Engine) -> None:
    fill(
        engine,
        a_document(1, body="laser optics"),
        a_document(2, body="laser safety"),
        a_document(3, body="激光 安全"),
        a_document(4, body="nothing of it"),
    )
    assert found(engine, "laser -safety") == [1]
    assert sorted(found(engine, "laser OR 激光")) == [1, 2, 3]
    assert sorted(found(engine, "optics 或 安全")) == [1, 3]
    assert sorted(found(engine, "-laser")) == [3, 4]
    assert found(engine, 'laser -"laser optics"') == [2]


def test_a_beginning_finds_what_begins_so(engine: Engine) -> None:
    fill(engine, a_document(1, body="graphene"), a_document(2, body="graphite"), a_document(3, body="an experiment"))
    assert sorted(found(engine, "graph*")) == [1, 2]
    assert found(engine, "graphe*") == [1]
    assert found(engine, "experimen*") == [3]
    assert found(engine, "-graph*") == [3]
    assert numbers(engine.search(Query(clauses=(Prefix("zzz"),)), audience=PUBLIC)) == []


def test_filters_read_labels_without_case(engine: Engine) -> None:
    fill(
        engine,
        a_document(1, body="x", tags=("Deep Learning", "ai"), community="bio", authors=("lin", "林")),
        a_document(2, body="x", tags=("ai",), community="chem", kind="post", marks=("unanswered",)),
        a_document(3, body="x", sectors=("energy", "water"), regions=("33", "3301"), marks=("answered", "record")),
    )
    assert found(engine, 'x tag:"deep learning"') == [1]
    assert sorted(found(engine, "x in:bio,chem")) == [1, 2]
    assert found(engine, "x tag:ai -in:bio") == [2]
    assert found(engine, "x author:林") == [1]
    assert found(engine, "kind:post") == [2]
    assert found(engine, "is:answered has:record") == [3]
    assert found(engine, "is:unanswered") == [2]
    assert found(engine, "sector:water region:3301") == [3]
    assert found(engine, "tag:ai tag:water") == []


def test_dates_hold_from_their_beginning(engine: Engine) -> None:
    for number, day in enumerate(("2023-12-31", "2024-01-01", "2024-06-01"), 1):
        fill(engine, a_document(number, body="x", at=datetime.fromisoformat(f"{day}T00:00+00:00")))
    assert sorted(found(engine, "x after:2024")) == [2, 3]
    assert found(engine, "x before:2024") == [1]
    assert found(engine, "after:2024-01-02 before:2024-12") == [3]
    assert found(engine, "x after:2024年6月") == [3]


def test_facets_count_this_audience_and_not_their_own_filter(engine: Engine) -> None:
    fill(
        engine,
        a_document(1, body="x", community="bio", kind="thread", sectors=("a", "b")),
        a_document(2, body="x", community="bio", kind="post", sectors=("a",)),
        a_document(3, body="x", community="chem", kind="thread"),
        a_document(4, body="x", community="chem", kind="thread", audience="board:9", sectors=("a",)),
        a_document(5, body="y", community="chem", kind="thread"),
    )
    results = engine.search(parse("x in:bio").query, audience=PUBLIC, facets=("kind", "community", "sector", "year"))
    assert results.total == 2
    assert results.facets["community"] == [("bio", 2), ("chem", 1)]
    assert results.facets["kind"] == [("post", 1), ("thread", 1)]
    assert results.facets["sector"] == [("a", 2), ("b", 1)]
    assert results.facets["year"] == [("2024", 2)]
    everybody = engine.search(parse("x").query, audience=("public", "board:9"), facets=("community",), limit=0)
    assert (everybody.hits, everybody.total) == ([], 4)
    assert everybody.facets["community"] == [("bio", 2), ("chem", 2)]


def test_only_tokens_of_the_audience_open_a_document(engine: Engine) -> None:
    fill(engine, a_document(1, body="secret", audience="user:9"), a_document(2, body="secret"))
    assert found(engine, "secret") == [2]
    assert sorted(found(engine, "secret", audience=("public", "user:9"))) == [1, 2]
    assert found(engine, "secret", audience=()) == []
    assert found(engine, "secret", audience=("user:99", "user")) == []


@pytest.mark.parametrize("boards", [0, 1, 63, 64, 65, 300])
def test_whoever_may_see_many_boards_finds_what_is_on_them_and_nothing_else(engine: Engine, boards: int) -> None:
    fill(engine, *(a_document(number, body="x", audience=f"board:{number}") for number in range(1, 9)))
    audience = [f"board:{number}" for number in range(3, 3 + boards)]
    assert sorted(found(engine, "x", audience=audience)) == list(range(3, min(3 + boards, 9)))
    facets = engine.search(parse("x").query, audience=audience, facets=("kind",)).facets
    assert sum(count for _kind, count in facets["kind"]) == min(boards, 6)


def test_hidden_keys_count_as_deleted(engine: Engine) -> None:
    fill(engine, *(a_document(number, body="x", community="bio") for number in range(1, 5)))
    results = engine.search(
        parse("x").query, audience=PUBLIC, facets=("community",), hidden={"forum.thread:2", "forum.thread:77"}
    )
    assert sorted(numbers(results)) == [1, 3, 4]
    assert results.total == 3
    assert results.facets["community"] == [("bio", 3)]


def test_a_title_counts_more_than_a_tag_and_that_more_than_a_body(engine: Engine) -> None:
    fill(
        engine,
        a_document(1, title="various matters", body="graphene", at=BEGINNING),
        a_document(2, title="graphene matters", body="various", at=BEGINNING),
        a_document(3, title="various matters", tags=("graphene",), body="other", at=BEGINNING),
    )
    assert found(engine, "graphene") == [2, 3, 1]


def test_fresh_and_boosted_documents_come_a_little_earlier(engine: Engine) -> None:
    fill(
        engine,
        a_document(1, body="graphene", at=BEGINNING),
        a_document(2, body="graphene", at=BEGINNING + timedelta(days=700)),
        a_document(3, body="graphene", at=BEGINNING, boost=1.3),
        a_document(4, body="graphene graphene", at=BEGINNING - timedelta(days=100)),
    )
    assert found(engine, "graphene") == [3, 4, 2, 1]


def test_the_title_alone_may_be_asked(engine: Engine) -> None:
    fill(engine, a_document(1, title="laser", body="optics"), a_document(2, title="optics", body="laser"))
    assert numbers(engine.search(any_of("laser", field_scored="title"), audience=PUBLIC)) == [1]


def test_any_wants_a_sixth_of_the_clauses(engine: Engine) -> None:
    words = "alpha beta gamma delta epsilon zeta eta theta"
    fill(
        engine,
        a_document(1, body=words),
        a_document(2, body="alpha beta"),
        a_document(3, body="alpha"),
        a_document(4, body="如何使用中文搜索"),
    )
    assert numbers(engine.search(any_of(words), audience=PUBLIC)) == [1, 2]
    assert numbers(engine.search(any_of("alpha beta gamma"), audience=PUBLIC)) == [1, 2, 3]
    assert numbers(engine.search(any_of("怎么使用中文的搜索？"), audience=PUBLIC)) == [4]


def test_without_words_the_newest_comes_first(engine: Engine) -> None:
    fill(engine, *(a_document(number, body="x") for number in (3, 1, 2)))
    assert found(engine, "") == [3, 2, 1]
    assert found(engine, "kind:thread") == [3, 2, 1]
    newest = Query(clauses=(Word(("x",)),), order="newest")
    assert numbers(engine.search(newest, audience=PUBLIC)) == [3, 2, 1]
    assert engine.search(newest, audience=PUBLIC).hits[0].at == BEGINNING + timedelta(days=3)


@pytest.mark.parametrize("order", ["relevance", "newest"])
def test_pages_show_each_document_once(engine: Engine, order) -> None:
    for start in range(0, 90, 30):
        fill(
            engine,
            *(
                a_document(
                    number,
                    title="graphene" * (number % 2),
                    body="graphene " * (1 + number % 3),
                    at=BEGINNING + timedelta(days=number % 7),
                )
                for number in range(start, start + 30)
            ),
        )
    query = Query(clauses=(Word(("graphen",)),), order=order)
    whole = engine.search(query, audience=PUBLIC, limit=1000)
    assert whole.total == 90
    assert whole.next is None
    seen, cursor = [], None
    while True:
        page = engine.search(query, audience=PUBLIC, limit=7, cursor=cursor)
        assert page.total == 90
        seen += page.hits
        if page.next is None:
            break
        cursor = page.next
    assert seen == whole.hits
    assert len({hit.key for hit in seen}) == 90


def test_nobody_pages_deeper_than_a_thousand(engine: Engine) -> None:
    fill(engine, *(a_document(number, body="x", at=BEGINNING) for number in range(1100)))
    query, cursor, seen = parse("x").query, None, 0
    while True:
        page = engine.search(query, audience=PUBLIC, limit=300, cursor=cursor)
        seen += len(page.hits)
        assert page.total == 1100
        if page.next is None:
            break
        cursor = page.next
    assert seen == 1000
    assert engine.search(query, audience=PUBLIC, limit=20, cursor=(-1.0, "")).hits == []


def test_changes_replace_and_deletions_remove(engine: Engine) -> None:
    fill(engine, a_document(1, body="old words", community="a"), a_document(2, body="other"))
    fill(engine, a_document(1, body="new words", community="b"), position=2)
    assert found(engine, "old") == []
    assert found(engine, "new") == [1]
    results = engine.search(parse("words").query, audience=PUBLIC, facets=("community",))
    assert (results.total, results.facets["community"]) == (1, [("b", 1)])
    engine.apply([], ["forum.thread:1", "forum.thread:404"], position=3)
    engine.refresh()
    assert found(engine, "words") == []
    assert engine.stats().documents == 1
    assert engine.stats().position == 3


def test_a_document_told_twice_at_once_is_there_once(engine: Engine) -> None:
    fill(engine, a_document(1, body="first"), a_document(1, body="second"))
    assert found(engine, "first") == []
    assert found(engine, "second") == [1]
    assert engine.stats().documents == 1


def test_a_document_deleted_and_told_at_once_is_there(engine: Engine) -> None:
    fill(engine, a_document(1, body="first"))
    engine.apply([a_document(1, body="second")], ["forum.thread:1"], position=2)
    engine.refresh()
    assert found(engine, "second") == [1]


def test_fingerprints_tell_what_is_indexed(engine: Engine) -> None:
    documents = [a_document(number, body=f"text {number}") for number in range(5)]
    fill(engine, *documents)
    fill(engine, changed := a_document(3, body="changed"))
    engine.apply([], ["forum.thread:4"], position=4)
    engine.refresh()
    kept = {document.key: document.fingerprint for document in [*documents[:3], changed]}
    assert dict(engine.fingerprints()) == kept


def test_spellings_are_the_nearest_and_commonest(engine: Engine) -> None:
    fill(
        engine,
        *(a_document(number, body="graphene 钙钛矿 支持中文") for number in range(3)),
        a_document(4, body="grapheme graphics"),
    )
    assert engine.spellings("graphen") == ["graphem", "graphic"] or "graphem" in engine.spellings("graphen")
    assert engine.spellings("grpahen")[0] == "graphen"
    assert engine.spellings("garfen") == ["graphen"] or engine.spellings("graphan")[0] == "graphen"
    assert "钙钛矿" in engine.spellings("钙太矿")
    assert "钙钛矿" in engine.spellings("钙矿")
    assert "中文" in engine.spellings("文中")
    assert engine.spellings("zzzzzzzz") == []
    assert engine.spellings("") == []


def test_finishing_changes_no_answer(engine: Engine) -> None:
    for number in range(12):
        fill(engine, a_document(number, body=f"graphene {'x ' * number}"))
    engine.apply([], ["forum.thread:5"], position=13)
    engine.refresh()
    before = engine.search(parse("graphene").query, audience=PUBLIC, facets=("year",))
    engine.finish()
    engine.refresh()
    assert engine.search(parse("graphene").query, audience=PUBLIC, facets=("year",)) == before
    assert engine.stats().position == 13


def test_an_index_outlives_its_process(durable: Opener) -> None:
    first = durable()
    assert first.stats().position == 0
    fill(first, a_document(1, body="graphene"), position=41)
    first.apply([a_document(2, body="graphene")], [], position=42)
    first.close()
    again = durable()
    assert sorted(found(again, "graphene")) == [1, 2]
    assert again.stats().position == 42
    again.close()


def test_a_reader_sees_a_commit_when_it_refreshes(durable: Opener) -> None:
    writer, reader = durable(), durable()
    fill(writer, a_document(1, body="graphene"))
    reader.refresh()
    assert found(reader, "graphene") == [1]
    for number in range(2, 40):
        writer.apply([a_document(number, body="graphene")], [], position=number)
        assert len(found(reader, "graphene", limit=100)) in (1, number)
    reader.refresh()
    assert len(found(reader, "graphene", limit=100)) == 39
    writer.close()
    reader.close()


def test_a_second_writer_is_refused(durable: Opener) -> None:
    first, second = durable(), durable()
    fill(first, a_document(1, body="graphene"))
    with pytest.raises(EngineError):
        second.apply([a_document(2, body="graphene")], [], position=2)
    first.close()
    second.apply([a_document(2, body="graphene")], [], position=2)
    second.refresh()
    assert sorted(found(second, "graphene")) == [1, 2]
    second.close()


def test_a_very_long_document_is_bounded(engine: Engine) -> None:
    fill(engine, a_document(1, title="long", body="filler " * 80_000 + "needle"), a_document(2, body="needle"))
    assert found(engine, "needle") == [2]
    assert found(engine, '"filler filler"') == [1]


def test_empty_documents_are_kept(engine: Engine) -> None:
    fill(engine, a_document(1), a_document(2, title="!!!", body="…"))
    assert engine.stats().documents == 2
    assert found(engine, "") == [2, 1]
    assert found(engine, "x") == []

"""What is typed, and what it is understood as."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from search_index.clauses import NOTHING, term_key
from search_index.engine import AnyOf, Filter, Phrase, Prefix, Query, Word
from search_index.query import MOST, any_of, parse


def query(text: str) -> Query:
    return parse(text).query


def test_words_are_all_wanted_and_a_run_of_han_by_its_pairs() -> None:
    assert query("graphene 钙钛矿 中").clauses == (Word(("graphen",)), Word(("钙钛", "钛矿")), Word(("中",)))
    assert query("用Python写").clauses == (Word(("用",)), Word(("python",)), Word(("写",)))


@pytest.mark.parametrize(
    "text",
    ['"machine learning"', "“machine learning”", "「machine　learning」", '"machine learning', "＂machine learning＂"],
)
def test_quotes_of_every_kind_make_a_phrase(text: str) -> None:
    assert query(text).clauses == (Phrase(("machin", "learn")),)


def test_a_compound_is_wanted_whole_or_in_its_parts() -> None:
    assert query("CRISPR-Cas9").clauses == (AnyOf((Word(("crispr-cas9",)), Phrase(("crispr", "cas9", "cas", "9")))),)
    assert query("C++").clauses == (Word(("c++",)),)


def test_minus_excludes_only_at_the_beginning_of_a_word() -> None:
    understood = query('laser -safety -"x y" －中文 opt-ics')
    assert understood.without == (Word(("safeti",)), Phrase(("x", "y")), Word(("中文",)))
    assert len(understood.clauses) == 2


@pytest.mark.parametrize("text", ["a OR b OR c d", "a 或 b | c d"])
def test_or_joins_its_neighbours(text: str) -> None:
    assert query(text).clauses == (AnyOf((Word(("a",)), Word(("b",)), Word(("c",)))), Word(("d",)))


def test_a_star_asks_for_a_beginning() -> None:
    assert query("gra*").clauses == (Prefix("gra"),)
    assert query("v2.7*").clauses == (Prefix("v2.7"),)
    assert query("experimen*").clauses == (AnyOf((Prefix("experimen"), Word(("experi",)))),)
    assert query("a* 钙钛＊").clauses == (Word(("a",)), Word(("钙钛",)))


def test_filters_are_understood_in_both_languages_and_widths() -> None:
    parsed = parse(
        'author:@Lin 作者：王 in:bio,chem tag:"deep learning" -tag:spam kind:thread is:unanswered has:record x'
    )
    assert parsed.query.filters == (
        Filter("author", frozenset({"lin", "王"})),
        Filter("community", frozenset({"bio", "chem"})),
        Filter("tag", frozenset({"deep learning"})),
        Filter("kind", frozenset({"thread"})),
        Filter("is", frozenset({"unanswered"})),
        Filter("is", frozenset({"record"})),
    )
    assert parsed.query.without_labels == {"tag=spam"}
    assert parsed.query.clauses == (Word(("x",)),)
    assert parsed.words == ("x",)
    assert ("tag", "-spam") in parsed.understood


@pytest.mark.parametrize(
    "text", ["author:", "is:strange", "after:yesterday", "foo:bar", "after:2024-13", "https://x.org/a"]
)
def test_what_is_no_filter_is_words(text: str) -> None:
    parsed = parse(text)
    assert parsed.query.filters == ()
    assert parsed.query.after is None
    assert parsed.query.clauses
    assert NOTHING not in parsed.query.clauses


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-05", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024/5/7", datetime(2024, 5, 7, tzinfo=UTC)),
        ("2024年5月7日", datetime(2024, 5, 7, tzinfo=UTC)),
        ("7d", datetime(2026, 3, 1, tzinfo=UTC)),
        ("1周", datetime(2026, 3, 1, tzinfo=UTC)),
        ("24h", datetime(2026, 3, 7, tzinfo=UTC)),
    ],
)
def test_dates_and_ages(value: str, moment: datetime) -> None:
    with time_machine.travel(datetime(2026, 3, 8, tzinfo=UTC), tick=False):
        assert query(f"after:{value}").after == moment
        assert query(f"before：{value}").before == moment


def test_only_signs_find_nothing_and_no_text_finds_everything() -> None:
    assert query("!!! -").clauses == (NOTHING,)
    assert query("  ") == Query()
    assert query("-laser").clauses == ()


def test_synonyms_take_the_longest_term() -> None:
    synonyms = {
        term_key("钙钛矿"): ["perovskite"],
        term_key("Solar Cells"): ["太阳能电池", "photovoltaics"],
        term_key("solar"): ["太阳"],
    }
    parsed = parse("鈣鈦礦太阳 solar cell solar", synonyms=synonyms)
    assert parsed.query.clauses == (
        AnyOf((Word(("钙钛", "钛矿")), Word(("perovskit",)))),
        Word(("太阳",)),
        AnyOf((Phrase(("solar", "cell")), Word(("太阳", "阳能", "能电", "电池")), Word(("photovolta",)))),
        AnyOf((Word(("solar",)), Word(("太阳",)))),
    )
    assert parsed.also == ("perovskite", "太阳能电池", "photovoltaics", "太阳")
    assert parsed.words == ("鈣鈦礦太阳", "solar", "cell")


def test_a_question_is_what_remains_without_its_commonest_words() -> None:
    asked = any_of("How do I use 中文的搜索 in Python?")
    assert asked.match == "any"
    assert asked.clauses == (Word(("use",)), Word(("中文",)), Word(("搜索",)), Word(("python",)))
    assert any_of("how do I").clauses
    assert any_of("").clauses == (NOTHING,)
    assert any_of("x", field_scored="title").scored_field == "title"


ITEMS = st.sampled_from(
    [
        "a",
        "中文",
        '"',
        "“",
        "-",
        "OR",
        "或",
        "*",
        ":",
        "tag:",
        "in:x",
        "after:",
        "2024",
        "is:answered",
        " ",
        "　",
        "'",
        "+",
        "GB/T 1",
    ]
)


@given(st.text() | st.lists(ITEMS).map("".join) | st.lists(ITEMS).map(" ".join))
def test_nothing_that_is_typed_is_an_error(text: str) -> None:
    parsed = parse(text, synonyms={"a": ["中文", "b c"], "中文": ["a"], "": ["x"]})
    assert len(parsed.query.clauses) <= MOST
    assert len(parsed.query.without) <= MOST
    assert len(parsed.query.filters) <= MOST
    assert any_of(text).clauses
    assert parse(text, synonyms={}) == parse(text)


def test_hostile_strings_are_understood_soon(shared_data: Path) -> None:
    texts = json.loads((shared_data / "hostile" / "blns" / "blns.json").read_text(encoding="utf-8"))
    start = time.process_time()
    for text in texts:
        parse(text)
    for piece in ['"', "a ", "-a ", "tag:x ", "a OR ", "中", "a:", "*", "a* ", "“a”", "x:y:", "1a", "ab* "]:
        parse((piece * 10_000)[:10_000], synonyms={"a": ["b"], "中": ["国"]})
    assert time.process_time() - start < 3

"""What of a text is shown, and what of it is marked."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_index.excerpts import excerpt, highlight


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("支持中文吗", ["中文"], ["中文"]),
        ("在鈣鈦礦太陽能電池中", ["钙钛矿"], ["鈣鈦礦"]),
        ("running Experiments", ["experiment", "run"], ["running", "Experiments"]),
        ("ﬁne ﬁlm SiO₂ ＡＢＣ", ["film", "sio2", "abc"], ["ﬁlm", "SiO₂", "ＡＢＣ"]),
        ("the CRISPR-Cas9 tool", ["cas9"], ["Cas9"]),
        ("the CRISPR-Cas9 tool", ["crispr-cas9"], ["CRISPR-Cas9"]),
        ("e\u0301tude ½ café", ["etude", "cafe"], ["e\u0301tude", "café"]),
        ("graphene graphite", ["graph*"], ["graphene", "graphite"]),
        ("中国的中", ["中"], ["中", "中"]),
        ("按 GB/T 30523 检测", ["GB/T", "30523"], ["GB/T", "30523"]),
        ("nothing of it", ["laser"], []),
    ],
)
def test_what_was_asked_for_is_marked_in_the_original_text(text: str, words: list[str], marked: list[str]) -> None:
    shown = str(highlight(text, words))
    assert [html.unescape(part) for part in re.findall("<mark>(.*?)</mark>", shown)] == marked
    assert html.unescape(re.sub("</?mark>", "", shown)) == text


def test_an_excerpt_is_cut_where_most_words_stand_together() -> None:
    text = "laser " + "filler text goes on. " * 40 + "here the laser meets 中文 optics. " + "more filler. " * 40
    shown = str(excerpt(text, ["laser", "中文", "optics"], 120))
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert "<mark>laser</mark> meets <mark>中文</mark> <mark>optics</mark>" in shown
    assert len(re.sub("</?mark>", "", shown)) <= 125


def test_without_words_it_is_the_beginning() -> None:
    assert str(excerpt("A short text.", [])) == "A short text."
    assert str(excerpt("word " * 100, [], 30)).startswith("word word")


@given(st.text() | st.text("ab <>&\"'中文ﬁ½e\u0301 "), st.lists(st.text(max_size=8), max_size=4), st.integers(20, 200))
def test_what_is_shown_is_a_part_of_the_text_and_safe(text: str, words: list[str], width: int) -> None:
    shown = str(excerpt(text, words, width))
    plain = re.sub("</?mark>", "", shown)
    assert "<" not in plain
    assert html.unescape(plain).removeprefix("…").removesuffix("…") in re.sub(r"\s+", " ", text).strip()
    assert html.unescape(re.sub("</?mark>", "", str(highlight(text, words)))) == text

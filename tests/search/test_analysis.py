"""The stream of tokens: what it holds, and what holds for every text."""

import gzip
import itertools
import json
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search_index.analysis import BOUNDARY, LONGEST, RUN, expand, fold, fold_with_offsets, is_han, tokens
from search_index.ranking import stands_in

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("text", "stream"),
    [
        ("中文吗", ["中", "中文", "文", "文吗", "吗"]),
        ("鈣鈦礦", ["钙", "钙钛", "钛", "钛矿", "矿"]),
        ("用Python写", ["用", "python", "写"]),
        ("The running experiments", ["the", "run", "experi"]),
        ("CRISPR-Cas9", ["crispr-cas9", "crispr", "cas9", "cas", "9"]),
        ("SiO₂ SiO_2 SiO2", ["sio2", "sio", "2"] * 3),
        ("GB/T 30523-2014", ["gb/t30523", "gb/t", "gb", "t", "30523", "2014"]),
        ("v2.7.4", ["v2.7.4", "v", "2.7.4"]),
        ("LiNi0.8Co0.1", ["lini0.8co0.1", "lini", "0.8", "co", "0.1"]),
        ("C++, C# and Na+", ["c++", "c", "c#", "c", "and", "na+", "na"]),
        ("10.1016/j.x", ["10.1016/j.x", "10.1016", "j", "x"]),
        ("Ｃａｆé ÅNGSTRÖM ﬁne", ["cafe", "angstrom", "fine"]),
        ("don’t teacher's", ["don't", "teacher"]),
        ("ﾃﾞｰﾀ 한국", ["テ", "テー", "ー", "ータ", "タ", "한", "한국", "국"]),
        ("3.14 − 2‐x", ["3.14", "2-x", "2", "x"]),
        ("!!! … \x1f \ud800", []),
    ],
)
def test_a_text_becomes(text: str, stream: list[str]) -> None:
    assert tokens(text) == stream


@given(HAN, HAN, HAN)
def test_a_part_of_a_run_of_han_stands_in_one_piece_in_the_whole(before: str, part: str, after: str) -> None:
    assert stands_in(tokens(part), tokens(before + part + after))


@given(HAN.filter(lambda run: len(run) > 1))
def test_a_run_backwards_is_not_found_in_it_unless_it_reads_the_same(run: str) -> None:
    pairs = [token for token in tokens(run[::-1]) if len(token) == 2]
    if not set(pairs) & set(tokens(run)):
        assert not stands_in(tokens(run[::-1]), tokens(run))


@given(st.text())
@example("\ufdfa" * 10)
@example("İıß\u0130")
@example("a" * 100 + "1" * 100)
def test_every_text_has_a_stream_that_is_settled(text: str) -> None:
    stream = tokens(text)
    assert stream == tokens(text)
    assert BOUNDARY not in stream
    assert all(0 < len(token) <= LONGEST + 16 for token in stream)
    assert all(token.strip() == token for token in stream)


ASCII = st.characters(max_codepoint=127)


@given(st.text(ASCII) | st.text("agbtz19/-._+#'@& "))
@example("gb/t 30523.2-2014 abcdefg/t 12 GB/Z19.x c++ 3.14 a_1 don't")
def test_a_word_is_cut_alike_whatever_stands_beside_it(text: str) -> None:
    assert tokens(f"{text} 中") == [*tokens(text), "中"]


def run_by_run(text: str) -> list[str]:
    """The stream as it is defined: of each run on its own."""
    stream: list[str] = []
    for run in RUN.findall(fold(text)):
        if is_han(run):
            pairs = [*map("".join, itertools.pairwise(run)), ""]
            stream += [token for both in zip(run, pairs, strict=True) for token in both if token]
        else:
            stream += expand(run)
    return stream


@given(
    st.text()
    | st.text("中文吗，。a1bT/z -.+'_\u00e9\u1161가ｶﾞ\u3000\xa0\x1f\n")
    | st.lists(st.sampled_from(["GB/T ", "gb/z", "30523", "中文", "-", ".", ". ", " ", "c++", "http://t", "é"])).map(
        "".join
    )
)
@example("中gb/t 30523中")
@example("word. Word, (word) word.word 中")
def test_a_whole_text_at_once_has_the_tokens_of_its_runs(text: str) -> None:
    assert tokens(text) == run_by_run(text)


def test_every_real_and_hostile_text_has_the_tokens_of_its_runs(shared_data: Path) -> None:
    texts = json.loads((shared_data / "hostile" / "blns" / "blns.json").read_text(encoding="utf-8"))
    for path in sorted((shared_data / "threads").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            texts += itertools.islice(lines, 20)
    for text in texts:
        assert tokens(text) == run_by_run(text)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert tokens(fold(text)) == tokens(text)


@given(st.text() | st.text("ﬁ½①한글가각e\u0301\u1161ｶﾞ中İ"))
def test_offsets_lead_back_into_the_text(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    if offsets is None:
        assert len(folded) == len(text)
    else:
        assert len(offsets) == len(folded)
        assert offsets == sorted(offsets)
        assert all(0 <= at < len(text) for at in offsets)


def test_the_folded_text_with_offsets_is_the_folded_text(shared_data: Path) -> None:
    for text in json.loads((shared_data / "hostile" / "blns" / "blns.json").read_text(encoding="utf-8")):
        assert tokens(text) == tokens(fold_with_offsets(text)[0]) or max(text) >= "\u0e00"
        assert isinstance(tokens(text), list)


@pytest.mark.parametrize("piece", ["a-", "a1", "1.", "中", "中a", "a'", "gb/t ", "e\u0301", "_", "a_1", "+", "a+"])
def test_a_long_text_takes_time_in_proportion(piece: str) -> None:
    def seconds(times: int) -> float:
        start = time.process_time()
        tokens(piece * times)
        return time.process_time() - start

    seconds(1_000)
    assert seconds(80_000) < 40 * max(seconds(8_000), 0.002)

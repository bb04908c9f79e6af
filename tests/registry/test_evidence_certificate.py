"""The certificate as a printed page: nothing is lost on it, nothing runs off it, nothing in it is left to chance."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from ip_registry.evidence.certificate import Author, Certificate, Outsider, certificate_pdf
from ip_registry.evidence.data.make_font import words
from ip_registry.evidence.drawing import BOTTOM, LATIN, LEFT, MONO, RIGHT, SERIF, TOP, Sheet, glyphs, qr_rows, runs
from ip_registry.evidence.typesetting import NO_END, NO_START, broken, shown
from kernel.i18n import speaking
from tests.registry.pdf import pages_of, signs_in

PROOF = "c2sp.org/tlog-proof@v1\nindex 17\n\nguildhall.example/ip/2026\n"
FACTS = Certificate(
    number="2026-17",
    origin="guildhall.example/ip/2026",
    index=17,
    size=1044,
    root="3h2jPqkJGQv0lAe1k8nJ1bq7c0vWbq6zJtX5u0m8mXk=",
    leaf_hash="ea" * 32,
    commitment="5d" * 32,
    owner_key="owner+a480c833+AWQYfdXJKFutLicmj+jolwICBrwuyO8n0u6oMJSGh09W",
    address="https://guildhall.example/registry/2026-17",
    url=f"https://guildhall.example/v/{'ea' * 32}",
    proof=PROOF,
    lang="en",
    site="guildhall.example",
    title="一种锆合金的热处理方法",
    kind="Invention",
    holder="Lin @lin",
    authors=[Author("Lin", "lin", "60 %", is_confirmed=True), Author("Ó Néill")],
    not_before=datetime(2026, 11, 25, 2, 1, 7, tzinfo=UTC),
    not_after=datetime(2026, 11, 26, 2, 42, 49, tzinfo=UTC),
    outsiders=[Outsider("Authority", datetime(2026, 11, 26, 2, 42, 49, tzinfo=UTC))],
)


@pytest.fixture
def speaks(app: Flask) -> Iterator[Flask]:
    """Sentences come from the catalogues of the site."""
    with app.app_context():
        yield app


def each(text: str) -> float:
    """A type in which Chinese is twice as wide."""
    return sum(2.0 if sign > "\u2e80" else 1.0 for sign in text)


# The type


def test_the_type_has_every_character_of_the_standards() -> None:
    standards = {sign for sign in words() if 0x4E00 <= sign <= 0x9FFF}
    assert len(standards) > 9_000
    assert standards <= glyphs(SERIF)
    assert {ord(sign) for sign in "㑇𠅤䶮〇“”‘’《》（）—…·℃°①→≤ǎéő"} <= glyphs(SERIF)
    assert set(range(0x20, 0x7F)) <= glyphs(SERIF) & glyphs(MONO)


def test_a_word_with_a_letter_that_the_type_lacks_is_set_in_another() -> None:
    assert list(runs("Dvořák 和 Erdoğan: ok", SERIF)) == [
        (LATIN, "Dvořák"),
        (SERIF, " 和 "),
        (LATIN, "Erdoğan:"),
        (SERIF, " ok"),
    ]
    assert list(runs("锆合金 creep", SERIF)) == [(SERIF, "锆合金 creep")]


def test_a_character_that_the_type_lacks_or_nobody_sees_stands_by_its_number() -> None:
    assert shown("龘 한", glyphs(SERIF)) == "[U+9F98] [U+D55C]"
    assert shown("a\u202eb\u200bc", glyphs(SERIF)) == "a[U+202E]b[U+200B]c"
    assert shown(" two\n\tlines ", glyphs(SERIF)) == "two lines"
    assert shown("e\u0301", glyphs(SERIF)) == "é"


# Lines


def test_words_stay_whole_and_chinese_breaks_around_its_signs() -> None:
    assert broken("a creeping alloy", 9, each) == ["a", "creeping", "alloy"]
    assert broken("锆合金，蠕变", 8, each) == ["锆合金，", "蠕变"]
    assert broken("锆合金，蠕变", 7, each) == ["锆合", "金，蠕", "变"]
    assert broken("见《锆》。", 8, each) == ["见", "《锆》。"]
    assert broken("在 Zr-4 中", 6, each) == ["在", "Zr-4", "中"]
    assert broken("", 6, each) == [""]


def test_what_no_line_can_hold_is_cut() -> None:
    assert broken("x" * 25, 10, each) == ["x" * 10, "x" * 10, "x" * 5]


@given(st.text(alphabet="ab 锆合。，（）“”-x", max_size=80), st.integers(8, 40))
def test_nothing_is_lost_between_lines_and_none_is_too_long(text: str, width: int) -> None:
    lines = broken(text, width, each)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        assert each(line) <= width or all(sign in NO_START | NO_END for sign in line[1:])


# The sheet


def test_the_proof_is_attached_as_it_is(speaks: Flask) -> None:
    made = certificate_pdf(FACTS)
    assert PROOF.encode() in made
    assert b"entry.tlog-proof" in made


def test_the_same_facts_give_the_same_bytes_in_every_process(speaks: Flask) -> None:
    program = (
        "import hashlib\nfrom ip_registry.evidence.certificate import certificate_pdf\n"
        "from tests.registry.test_evidence_certificate import FACTS\n"
        "print(hashlib.sha256(certificate_pdf(FACTS)).hexdigest())"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert re.fullmatch(r"[0-9a-f]{64}\n", said[0])


def test_a_sealed_record_says_nothing_of_people(speaks: Flask) -> None:
    made = certificate_pdf(replace(FACTS, title=None, kind="", holder="", authors=[]))
    assert not {"锆", "Ó"} & signs_in(made)
    assert {"锆", "Ó"} <= signs_in(certificate_pdf(FACTS))


def test_one_sheet_is_enough_for_most_and_many_authors_go_on_on_the_next(speaks: Flask) -> None:
    many = [Author(f"Author {number}", f"handle-{number}") for number in range(200)]
    assert pages_of(certificate_pdf(FACTS)) == 1
    assert pages_of(certificate_pdf(replace(FACTS, title="题" * 200, url=f"{FACTS.url}#{'Ab3_' * 450}"))) <= 2
    assert 4 <= pages_of(certificate_pdf(replace(FACTS, authors=many))) <= 8


@pytest.mark.parametrize("title", ["题" * 200, "W" * 200, "word " * 40, "题，" * 100, "（" * 200, "龘" * 200])
def test_no_line_leaves_the_sheet(speaks: Flask, title: str) -> None:
    sheet = Measured(footer="", lang="en", dated=None)
    sheet.lines = []
    sheet.paragraph(title, size=19)
    sheet.paragraph(title, size=10, x=LEFT + 40, width=RIGHT - LEFT - 40)
    assert sheet.finished().startswith(b"%PDF")
    assert sheet.lines
    for x, y, width in sheet.lines:
        assert x >= LEFT
        assert x + width <= RIGHT + 0.5 or set(title) <= NO_END
        assert TOP <= y <= BOTTOM


class Measured(Sheet):
    """A sheet that remembers where its lines stand."""

    lines: list[tuple[float, float, float]] = []  # noqa: RUF012 - until the test looks, the frame is drawn

    def text(self, x: float, y: float, text: str = "") -> None:  # type: ignore[override]
        if text and y < BOTTOM + 1:
            self.lines.append((x, y, self.get_string_width(text)))
        super().text(x, y, text)


def test_a_demo_authority_is_called_one(speaks: Flask) -> None:
    demo = replace(FACTS, outsiders=[replace(FACTS.outsiders[0], is_demo=True)])
    with speaking("zh_Hans"):
        assert {"试", "运"} <= signs_in(certificate_pdf(demo)) - signs_in(certificate_pdf(FACTS))


def test_a_code_is_as_fine_as_what_it_holds() -> None:
    assert len(qr_rows(FACTS.url)) < 45
    assert len(qr_rows(f"{FACTS.url}#{'Ab3_' * 450}")) <= 177

"""Mails as real programs write them: what was written, by whom or by what, and nothing of what was quoted."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.mail.answers import says_no_such_address
from kernel.mail.bounces import bounce_in
from kernel.mail.hypertext import markdown_of
from kernel.mail.quoting import own_words
from kernel.mail.reading import MOST_NESTED, read_message
from kernel.mail.reports import is_complaint, is_from_machine

CORPUS = Path(__file__).parent.parent / "vectors" / "mail"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((CORPUS / "expected.toml").read_text())
LETTERS = [name for name, facts in EXPECTED.items() if "text" in facts]
REPORTS = [name for name, facts in EXPECTED.items() if facts["made_of_it"] in {"bounce", "complaint"}]


def test_every_mail_of_the_corpus_has_an_expectation() -> None:
    assert {path.stem for path in CORPUS.glob("*.eml")} == set(EXPECTED)
    assert len(EXPECTED) >= 30


@pytest.mark.parametrize("name", LETTERS)
def test_what_somebody_wrote_is_kept_and_what_they_quoted_is_not(name: str) -> None:
    reading = read_message((CORPUS / f"{name}.eml").read_bytes())
    assert reading.text == EXPECTED[name]["text"]
    assert [file.name for file in reading.files] == EXPECTED[name].get("files", [])
    assert not is_from_machine(reading.headers, sender=reading.sender, subject=reading.subject)


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - set(LETTERS)))
def test_what_a_machine_wrote_is_never_taken_for_a_reply(name: str) -> None:
    reading = read_message((CORPUS / f"{name}.eml").read_bytes())
    machine = is_from_machine(reading.headers, sender=reading.sender, subject=reading.subject)
    assert machine or name in REPORTS


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_bounces_and_complaints_are_told_from_all_other_mail(name: str) -> None:
    raw = (CORPUS / f"{name}.eml").read_bytes()
    reading = read_message(raw)
    bounce = bounce_in(reading.headers, raw, came_back="bounce+token@mail.example.org" in reading.recipients)
    assert (bounce is not None) == (EXPECTED[name]["made_of_it"] == "bounce")
    assert is_complaint(reading.headers) == (EXPECTED[name]["made_of_it"] == "complaint")
    if bounce is not None:
        assert EXPECTED[name]["words"] in bounce.words
        assert bounce.is_hard == ("full" not in bounce.words)


@pytest.mark.parametrize(
    "text",
    [
        "zhang@example.cn",
        "来自我的经验：先预热。",
        "从我们的经验看没有问题",
        "Get well soon!",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "- one\n- two",
        "    indented = code",
        "On 3 December we meet.\nBring the log.",
        "From: here to there it is 3 km.",
        "在 2026 年我们写道德规范",
        "Please write to\nlin@example.cn",
        "Date: 5 May.\nPlace: the lab.",
        "At 14:00 I write to lin@example.cn:\n\nfirst the log, then the plan.",
        "Summary\n-------\nThe data are confidential, and intended only for members.",
    ],
)
def test_what_only_looks_like_a_quote_or_a_signature_stays(text: str) -> None:
    assert own_words(text) == text


def test_a_mail_that_is_only_a_quote_says_nothing() -> None:
    assert own_words("> what you said\n> and more\n\n-- \nLin") == ""
    assert own_words("On 26 Nov 2026 at 10:58, Guildhall wrote:\n\n> what you said") == ""


def test_a_notice_of_confidentiality_that_nobody_typed_is_not_posted() -> None:
    for notice in ("This e-mail is confidential and intended solely for the addressee.", "本邮件及附件含有保密信息。"):
        assert own_words(f"Monday works.\n\n----------\n{notice}\nMore of it.") == "Monday works."


def test_a_date_and_an_address_before_a_quote_introduce_it_in_any_language() -> None:
    assert own_words("Ja.\n\nDen 3. dec. 2026 kl. 10:58 skrev Guildhall <g@example.org>:\n\n> what you said") == "Ja."


@pytest.mark.parametrize(
    ("words", "nobody"),
    [
        ("550 5.1.1 User unknown", True),
        ("550 5.2.2 no such user has room", False),
        ("550 No such user here", True),
        ("553 5.3.0 <a@b.cn>... Addressee unknown", True),
        ("450 user unknown, try again later", False),
        ("550 mailbox unavailable", False),
        ("550 from 5.1.1.7: blocked", False),
        ("550 用户不存在", True),
        ("收件人邮件地址（lin@example.cn）不存在，邮件无法送达。", True),
        ("550 收件人邮箱空间已满", False),
    ],
)
def test_an_address_is_gone_only_where_the_server_says_so(words: str, *, nobody: bool) -> None:
    assert says_no_such_address(words) == nobody


def test_bold_words_stay_bold_where_programs_put_spaces_into_the_mark() -> None:
    assert markdown_of("<b>Lin, </b>head <b><a href='https://a.cn'>x</a></b><b> </b><i><b><b>y</b> </b></i>z") == (
        "**Lin,** head **[x](https://a.cn)** ***y*** z"
    )


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400), st.sampled_from(["", "Content-Type: multipart/mixed; boundary=x\n\n--x\n", "From: =?x?"])
)
def test_no_mail_is_too_broken_to_be_read(content: bytes, head: str) -> None:
    reading = read_message(head.encode() + content)
    bounce = bounce_in(reading.headers, content, came_back=True)
    assert bounce is None or "\x00" not in bounce.words
    is_from_machine(reading.headers, sender=reading.sender, subject=reading.subject)
    assert "\x00" not in f"{reading.text}{reading.subject}{reading.sender}{reading.message_id}"


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="<>/ab=\"'!-&;pdivblockquotelicode \n", max_size=300))
def test_no_html_is_too_broken_to_be_read(html: str) -> None:
    assert isinstance(own_words(markdown_of(html)), str)


def test_a_long_hostile_mail_is_read_in_time_that_grows_with_its_length() -> None:
    for text in (
        "On 1 " * 100_000,
        "> " * 200_000,
        ("- \n" * 100_000),
        "在 2026" + " " * 300_000 + "写",
        "<div>" * 50_000,
        "<b>" * 50_000 + "</i>" * 50_000,
    ):
        own_words(text)
        markdown_of(text)


def test_a_mail_of_mails_within_mails_is_not_read_line_by_line_at_each_depth() -> None:
    def nested(depth: int) -> bytes:
        heads = (b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(depth))
        return b"From: chen@example.cn\n" + b"".join(heads) + b"\nWords.\n"

    assert read_message(nested(MOST_NESTED)).text == "Words."
    with pytest.raises(ValueError, match="multiparts"):
        read_message(nested(MOST_NESTED + 1))

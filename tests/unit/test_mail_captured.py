"""Mails that were really sent, by people and by servers of thirty years: each is taken for what it is."""

import pytest

from kernel.mail.bounces import Bounce, bounce_in
from kernel.mail.reading import Reading, read_message
from kernel.mail.reports import is_complaint, is_from_machine
from tests.makers.captured_mails import CAPTURED, EXPECTED, captured


def _of(*kinds: str) -> list[str]:
    return [name for name, facts in EXPECTED.items() if facts["made_of_it"] in kinds]


def _is_machine(reading: Reading) -> bool:
    return is_from_machine(reading.headers, sender=reading.sender, subject=reading.subject)


def _bounce(name: str, *, came_back: bool) -> Bounce | None:
    raw = captured(name)
    return bounce_in(read_message(raw).headers, raw, came_back=came_back)


def test_every_captured_mail_has_an_expectation_and_a_licence_beside_it() -> None:
    mails = {path for path in CAPTURED.glob("*/*") if path.name != "LICENSE"}
    assert {f"{path.parent.name}/{path.name}" for path in mails} == set(EXPECTED)
    assert all((path.parent / "LICENSE").exists() for path in mails)
    assert len(_of("reply")) >= 30
    assert len(_of("bounce")) >= 60


@pytest.mark.parametrize("name", _of("reply"))
def test_a_captured_reply_says_what_its_writer_wrote(name: str) -> None:
    reading = read_message(captured(name))
    assert reading.text == EXPECTED[name]["text"]
    assert not _is_machine(reading)
    assert _bounce(name, came_back=False) is None


@pytest.mark.parametrize("name", _of("bounce"))
def test_a_captured_bounce_gives_its_reason_and_whether_it_will_last(name: str) -> None:
    bounce = _bounce(name, came_back=True)
    assert bounce is not None
    assert EXPECTED[name]["words"] in bounce.words
    assert bounce.is_hard == EXPECTED[name]["is_hard"]


@pytest.mark.parametrize("name", _of("auto-reply", "complaint", "unknown"))
def test_a_delay_an_absence_and_a_complaint_are_no_bounces(name: str) -> None:
    reading = read_message(captured(name))
    assert _bounce(name, came_back=True) is None
    assert is_complaint(reading.headers) == (EXPECTED[name]["made_of_it"] == "complaint")
    assert _is_machine(reading) == (EXPECTED[name]["made_of_it"] != "unknown")


@pytest.mark.parametrize("name", _of("bounce", "auto-reply"))
def test_what_a_server_sends_to_the_address_for_replies_is_no_reply(name: str) -> None:
    known = _is_machine(read_message(captured(name))) or _bounce(name, came_back=False) is not None
    assert known != EXPECTED[name].get("only_where_it_came_back", False)


def test_the_subject_of_our_own_mail_is_no_reason_to_stop_writing_to_somebody() -> None:
    title = "No such user when the chamber starts"
    raw = (
        f"From: postmaster@example.com\nSubject: Undeliverable: {title}\n\n"
        f"Your message\n\n  Subject: {title}\n\ndid not reach userx@example.com."
    ).encode()
    bounce = bounce_in(read_message(raw).headers, raw, came_back=True)
    assert bounce is not None
    assert not bounce.is_hard


def test_a_letter_that_pretends_to_be_a_bounce_is_read_in_time_that_grows_with_its_length() -> None:
    hostile = ["-" * 300_000, "附件" * 100_000, "unknown " * 40_000, "550 " * 80_000, "5.1." * 80_000, "\n\n" * 100_000]
    for text in hostile:
        raw = f"From: postmaster@example.com\nSubject: Undeliverable\n\n{text}".encode()
        bounce_in(read_message(raw).headers, raw, came_back=True)


def test_the_reason_of_a_bounce_can_be_kept_whatever_bytes_its_subject_has() -> None:
    raw = b"From: postmaster@example.com\nSubject: =?utf-8?q?Undeliverable=00_=ED=A0=80?=\n\n\xff\x00"
    bounce = bounce_in(read_message(raw).headers, raw, came_back=True)
    assert bounce is not None
    assert "\x00" not in bounce.words
    assert bounce.words.encode("utf-8")


@pytest.mark.parametrize(
    ("told", "is_bounce"),
    [
        ("抱歉，您的邮件被退回来了……\n\n退信原因：对方服务器拒绝。\n\n建议：请在稍后时间重新尝试投递。", True),
        ("您的邮件尚未送达，系统将继续尝试投递，无需任何操作。", False),
        ("Your message could not be delivered. Please try again later.", True),
        ("Your message could not be delivered yet. We will continue to try for 5 days.", False),
    ],
)
def test_advice_to_try_again_makes_no_delay_of_a_mail_that_came_back(told: str, *, is_bounce: bool) -> None:
    raw = f"From: postmaster@example.com\nContent-Type: text/plain; charset=utf-8\n\n{told}".encode()
    assert (bounce_in(read_message(raw).headers, raw, came_back=True) is not None) == is_bounce

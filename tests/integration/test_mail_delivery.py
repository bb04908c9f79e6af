"""Mail leaves the house once, late rather than never, and not to whom it no longer concerns."""

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Grant, User
from accounts.viewers import viewer_for
from forum.actions.moving import move_thread
from forum.models import Board
from kernel.clock import now
from kernel.mail import Mail, delivery, send_mail
from kernel.mail.outbox import MARK, whole
from kernel.mail.suppression import COMPLAINT, lift, note_bounce, note_complaint, suppression_of
from kernel.refs import Ref
from kernel.work import unit_of_work
from tests.makers import forum as make
from tests.makers.letters import Letterbox, delivering_to, free_port, mail_server
from tests.makers.people import person


@pytest.fixture
def port(app: Flask) -> Iterator[int]:
    number = free_port()
    with delivering_to(app, number):
        yield number


@pytest.fixture
def box(port: int) -> Iterator[Letterbox]:
    with mail_server(port) as letterbox:
        yield letterbox


def written(**facts: Any) -> Mail:
    with unit_of_work():
        return send_mail(**({"to": "lin@example.cn", "subject": "会馆 news", "body": "Read on."} | facts))


def notice(user: User, **facts: Any) -> Mail:
    return written(to=user.email, kind="notice", user_id=user.id, **facts)


def deliver(database: Session) -> None:
    with unit_of_work():
        delivery.deliver_due()
    database.expire_all()


def test_a_server_that_is_down_for_a_day_loses_nothing_and_sends_nothing_twice(
    database: Session, app: Flask, port: int
) -> None:
    mails = [written(to=f"reader-{number}@example.cn") for number in range(5)]
    start = now()
    for hours in range(24):
        with time_machine.travel(start + timedelta(hours=hours)):
            deliver(database)
    assert {mail.state for mail in mails} == {"waiting"}
    assert {mail.attempts for mail in mails} == {0}, "that the server is down is not the fault of a mail"
    with mail_server(port) as box, time_machine.travel(start + timedelta(hours=25)):
        deliver(database)
        deliver(database)
    assert sorted(sent for _sender, [sent] in box.envelopes) == sorted(mail.recipient for mail in mails)
    assert {mail.state for mail in mails} == {"sent"}
    assert box.connections == 1, "one connection carries them all"
    assert app.config["MAIL_URL"]


def test_while_the_server_is_down_it_is_left_alone_longer_and_longer(database: Session, port: int) -> None:
    mail = written()
    start = now()
    with time_machine.travel(start):
        deliver(database)
    with mail_server(port) as box:
        with time_machine.travel(start + timedelta(seconds=10)):
            deliver(database)
        assert box.connections == 0
        with time_machine.travel(start + timedelta(seconds=16)):
            deliver(database)
    assert mail.state == "sent"


def test_a_refused_address_is_given_up_at_once_with_the_words_of_its_server(database: Session, box: Letterbox) -> None:
    user = person(handle="lin", email="lin@example.cn")
    box.says["lin@example.cn"] = "550 5.1.1 No such user here"
    refused, other = notice(user), written(to="other@example.cn")
    deliver(database)
    assert (refused.state, refused.reason) == ("dead", "550 5.1.1 No such user here")
    assert other.state == "sent"
    assert suppression_of("lin@example.cn") is not None
    later = notice(user)
    deliver(database)
    assert (later.state, later.reason, later.body) == ("dropped", "bounce", "")
    lift("lin@example.cn")
    box.says.clear()
    again = notice(user)
    with unit_of_work():
        delivery.send_again(refused)
    deliver(database)
    assert (again.state, refused.state) == ("sent", "sent")


def test_a_full_mailbox_is_tried_for_days_and_then_given_up(database: Session, box: Letterbox) -> None:
    mail = written()
    box.says["lin@example.cn"] = "452 4.2.2 Mailbox full"
    moment, tries = now(), 0
    while mail.state == "waiting":
        with time_machine.travel(moment):
            deliver(database)
        tries += 1
        moment = max(moment, mail.due_at or moment)
    assert (mail.state, mail.reason) == ("dead", "452 4.2.2 Mailbox full")
    assert timedelta(days=4) < moment - mail.created_at < timedelta(days=6)
    assert tries == delivery.MAX_ATTEMPTS
    assert suppression_of("lin@example.cn") is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"suspended_at": now()}, "suspended"),
        ({"email_confirmed_at": None}, "unconfirmed"),
        ({"email": "elsewhere@example.cn"}, "moved"),
    ],
)
def test_a_notice_is_not_sent_to_who_is_no_longer_its_reader(
    database: Session, box: Letterbox, change: dict[str, Any], reason: str
) -> None:
    user = person(email="lin@example.cn")
    mail, account = notice(user), written(to=user.email, user_id=user.id)
    with unit_of_work() as work:
        for name, value in change.items():
            setattr(work.get_one(User, user.id), name, value)
    deliver(database)
    assert (mail.state, mail.reason, mail.body) == ("dropped", reason, "")
    assert account.state == "sent"
    assert len(box.received) == 1


def test_nothing_private_is_mailed_to_who_lost_the_right_in_between(database: Session, box: Letterbox) -> None:
    user = person(email="lin@example.cn", grants=("alliance:7",))
    before = notice(user, audience="alliance:7")
    deliver(database)
    after = notice(user, audience="alliance:7")
    with unit_of_work() as work:
        work.delete(work.get_one(Grant, (user.id, "alliance:7")))
    deliver(database)
    assert (before.state, after.state, after.reason) == ("sent", "dropped", "no-access")
    assert (before.body, len(box.received)) == ("", 1), "what was sent is forgotten here"


def test_a_thread_that_moved_to_a_private_board_is_not_mailed_to_the_public(database: Session, box: Letterbox) -> None:
    user, inside = person(email="lin@example.cn"), make.board(audience="alliance:7")
    stays, moves = (make.thread(board=make.board(slug=slug)) for slug in ("stays", "moves"))
    mails = [
        notice(user, audience="public", place=Ref("forum.thread", thread.id), unsubscribe_url="https://x.example/u")
        for thread in (stays, moves)
    ]
    mover = person(staff=True, grants=("alliance:7",))
    with unit_of_work() as work:
        move_thread(viewer_for(mover.id), thread_id=moves.id, board=work.get_one(Board, inside.id))
    deliver(database)
    assert [(mail.state, mail.reason) for mail in mails] == [("sent", ""), ("dropped", "no-access")]
    assert len(box.received) == 1


def test_who_called_a_mail_spam_gets_no_notices_but_can_still_reset_a_password(
    database: Session, box: Letterbox
) -> None:
    user = person(email="lin@example.cn")
    with unit_of_work():
        note_complaint("Lin@example.cn")
    mail, account = notice(user), written(to=user.email)
    deliver(database)
    assert (mail.reason, account.state) == (COMPLAINT, "sent")
    assert len(box.received) == 1


def test_bounces_that_may_pass_stop_notices_only_when_they_do_not(database: Session) -> None:
    assert database
    start = now()
    with unit_of_work():
        for days in (0, 1, 2, 3, 60, 61, 62, 63):
            with time_machine.travel(start + timedelta(days=days)):
                note_bounce("lin@example.cn", words="4.2.2 full", is_hard=False)
        assert suppression_of("lin@example.cn") is None
        with time_machine.travel(start + timedelta(days=64)):
            note_bounce("lin@example.cn", words="4.2.2 full", is_hard=False)
        assert suppression_of("lin@example.cn") is not None


def test_a_mail_of_a_worker_that_died_is_sent_again_under_the_same_name_but_a_digest_is_not(
    database: Session, box: Letterbox
) -> None:
    user = person(email="lin@example.cn")
    mail, digest = notice(user), written(to=user.email, kind="digest", user_id=user.id, subject="Your week")
    with unit_of_work():
        for one in (mail, digest):
            one.state, one.claimed_at = "sending", now()
    deliver(database)
    assert (mail.state, digest.state, box.received) == ("sending", "sending", []), "another worker may have them"
    with time_machine.travel(now() + timedelta(minutes=11)):
        deliver(database)
    assert (mail.state, digest.state, digest.reason) == ("sent", "dead", "unsure")
    [message] = box.received
    assert message["Message-ID"].startswith(f"<mail.{mail.id}.{mail.message_key}@")


def test_account_mails_overtake_a_digest_run(database: Session, box: Letterbox) -> None:
    user = person(email="lin@example.cn")
    for _ in range(3):
        written(to=user.email, kind="digest", user_id=user.id, subject="Your week")
    written(subject="Choose a new password")
    deliver(database)
    assert [message["Subject"] for message in box.received] == ["Choose a new password", *["Your week"] * 3]


def test_a_secret_is_not_readable_in_the_database_and_forgotten_once_sent(database: Session, box: Letterbox) -> None:
    mail = written(
        body="Open https://x/reset/s3cret", html="<a href='https://x/reset/s3cret'>here</a>", secret="s3cret"
    )
    assert "s3cret" not in f"{mail.body}{mail.html}{mail.sealed}"
    assert MARK in mail.body
    assert whole(mail, mail.body) == "Open https://x/reset/s3cret"
    deliver(database)
    assert mail.sealed is None
    plain, html = box.received[0].iter_parts()
    assert isinstance(plain, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert plain.get_content().strip() == "Open https://x/reset/s3cret"
    assert "s3cret" in html.get_content()


def test_a_notice_is_part_of_a_conversation_and_can_be_ended_with_one_click(
    database: Session, box: Letterbox, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_REPLY_ADDRESS", "reply@mail.example.org")
    user = person(email="lin@example.cn")
    address = "https://forum.example.cn/unsubscribe/" + "t" * 150
    thread_id = make.thread().id
    notice(user, place=Ref("forum.thread", thread_id), reply_ref=Ref("forum.post", 77), unsubscribe_url=address)
    written(subject="Hello\r\nBcc: everybody@example.cn")
    deliver(database)
    plain, message = box.received
    assert message["References"] == message["In-Reply-To"] == f"<forum.thread.{thread_id}@127.0.0.1>"
    assert message["List-Id"] == f"<forum.thread.{thread_id}.127.0.0.1>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].startswith(f"<{address}>, <mailto:reply+u.")
    assert message["Reply-To"].startswith("reply+r.")
    assert message["Auto-Submitted"] == "auto-generated"
    assert [sender.partition("+")[0] for sender, _to in box.envelopes] == ["reply", "reply"]
    assert box.envelopes[0][0] != box.envelopes[1][0]
    assert (plain["Bcc"], plain["List-Id"], plain["Reply-To"]) == (None, None, None)


def test_what_was_sent_a_month_ago_is_forgotten_and_what_waits_is_not(database: Session, box: Letterbox) -> None:
    written(subject="was sent")
    deliver(database)
    assert box.received
    written(subject="still waits")
    with time_machine.travel(now() + timedelta(days=31)), unit_of_work():
        delivery.forget_old_mail()
    assert database.scalars(select(Mail.subject)).all() == ["still waits"]


@pytest.mark.parametrize("where", ["_checks", "_renewals"])
def test_a_mail_whose_words_cannot_be_found_does_not_hold_up_the_others(
    database: Session, box: Letterbox, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def fails(of: object, *_given: object) -> str:
        if isinstance(of, Mail) and not of.made_of:
            return ""
        raise AttributeError("what it tells of")

    monkeypatch.setattr(delivery, where, [fails] if where == "_checks" else {"words": fails})
    stuck, other = notice(person(), made_of={"words": 1}), notice(person())
    deliver(database)
    assert (stuck.state, stuck.reason) == ("dead", "AttributeError what it tells of")
    assert other.state == "sent"


def test_a_mail_of_which_no_letter_can_be_made_does_not_hold_up_the_others(
    database: Session, box: Letterbox, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = written(body="Open https://x/reset/s3cret", secret="s3cret")
    monkeypatch.setitem(app.config, "SECRET_KEY", "another-one-than-it-was-written-with")
    other = written()
    deliver(database)
    assert (stuck.state, stuck.reason, other.state) == ("dead", "InvalidToken", "sent")
    assert len(box.received) == 1

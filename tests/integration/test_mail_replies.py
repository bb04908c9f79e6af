"""Mail that comes in is understood once: posted with the writer's own rights, or explained to them and nobody else."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import Grant, User
from accounts.viewers import viewer_for
from forum.actions.closure import lock_thread
from forum.models import Post, PostUpload, Thread
from kernel.clock import now
from kernel.jobs import Job, run_due
from kernel.mail import Mail, send_mail
from kernel.mail.addresses import bounce_address, read_address, reply_address, unsubscribe_address
from kernel.mail.incoming import LARGEST, IncomingMail, forget_old_incoming, receive
from kernel.mail.suppression import suppression_of
from kernel.refs import Ref
from kernel.work import unit_of_work
from tests.makers.captured_mails import EXPECTED as CAPTURED_MAILS
from tests.makers.captured_mails import captured
from tests.makers.forum import board, opening_post, post, thread
from tests.makers.people import newcomer, person

CORPUS = Path(__file__).parent.parent / "vectors" / "mail"
EXPECTED = tomllib.loads((CORPUS / "expected.toml").read_text())
OWN = "lin.wei@example.cn"


@pytest.fixture(autouse=True)
def _reads_mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "MAIL_REPLY_ADDRESS", "reply@mail.example.org")


@pytest.fixture
def lin(database: Session) -> User:
    assert database
    return person(handle="lin-wei", email=OWN)


def mail(to: str, text: str = "Monday works.", *, sender: str = OWN, name: str = "1", head: str = "") -> bytes:
    return (
        f"From: Lin <{sender}>\nTo: <{to}>\nSubject: Re: x\nMessage-ID: <{name}@example.cn>\n{head}"
        f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"
    ).encode()


def arrive(raw: bytes, *, to: str = "") -> IncomingMail:
    with unit_of_work():
        row = receive(raw, to=to)
    assert row is not None
    run_due()
    with unit_of_work() as work:
        work.expire_all()
        found = work.get_one(IncomingMail, row.id)
        assert found.state == "done", [job.last_error for job in work.scalars(select(Job))]
        return found


def answers(thread: Thread, database: Session) -> list[Post]:
    query = select(Post).where(Post.thread_id == thread.id, Post.number > 1).order_by(Post.number)
    return list(database.scalars(query.execution_options(populate_existing=True)))


def test_a_reply_is_posted_by_its_writer_as_an_answer_to_the_post_it_answers(database: Session, lin: User) -> None:
    topic = thread()
    other = post(thread=topic)
    row = arrive(mail(reply_address(lin.id, Ref("forum.post", other.id)), "Yes.\n\n> quoted"))
    [_first, made] = answers(topic, database)
    assert (made.author_id, made.body, made.reply_to_id) == (lin.id, "Yes.", other.id)
    assert (row.made_of_it, row.outcome, row.place) == ("reply", "posted", f"forum.post:{made.id}")


@pytest.mark.parametrize("name", [name for name, facts in EXPECTED.items() if facts["made_of_it"] == "reply"])
def test_replies_of_all_programs_are_posted(database: Session, lin: User, name: str) -> None:
    topic = thread()
    local = reply_address(lin.id, Ref("forum.thread", topic.id)).partition("@")[0].removeprefix("reply+")
    row = arrive((CORPUS / f"{name}.eml").read_bytes().replace(b"TOKEN", local.encode()))
    [made] = answers(topic, database)
    text = re.sub(r"!\[\]\(cid:[^)]*\)", "![", EXPECTED[name]["text"]).strip()
    assert made.body.startswith(text[: text.find("![")] if "![" in text else text)
    files = database.scalar(select(func.count()).select_from(PostUpload).where(PostUpload.post_id == made.id))
    assert files == len(EXPECTED[name].get("files", []))
    assert (row.outcome, row.words) == ("posted", "")


@pytest.mark.parametrize("name", [name for name, facts in EXPECTED.items() if "text" not in facts])
def test_mail_of_machines_is_understood_and_never_answered(database: Session, lin: User, name: str) -> None:
    with unit_of_work():
        sent = send_mail(to=OWN, subject="x", body="x", kind="notice", user_id=lin.id)
    topic = thread()
    local = reply_address(lin.id, Ref("forum.thread", topic.id)).partition("@")[0].removeprefix("reply+")
    raw = (CORPUS / f"{name}.eml").read_bytes()
    for mark, value in (
        ("bounce+TOKEN@mail.example.org", bounce_address(sent.id)),
        ("TOKEN", local),
        ("MAILID", str(sent.id)),
        ("MAILKEY", sent.message_key),
    ):
        raw = raw.replace(mark.encode(), value.encode())
    row = arrive(raw)
    assert row.made_of_it == EXPECTED[name]["made_of_it"]
    assert answers(topic, database) == []
    assert database.scalars(select(Mail.id)).all() == [sent.id], "no machine gets an answer"
    stops = row.made_of_it == "complaint" or row.outcome == "hard"
    assert (suppression_of(OWN) is not None) == stops
    if row.made_of_it in {"bounce", "complaint"}:
        assert row.mail_id == sent.id


def test_a_real_bounce_ends_notices_only_where_nobody_reads_them(database: Session, lin: User) -> None:
    for number, (name, facts) in enumerate(CAPTURED_MAILS.items()):
        with unit_of_work():
            sent = send_mail(to=f"reader{number}@example.cn", subject="x", body="x", kind="notice", user_id=lin.id)
        row = arrive(captured(name), to=bounce_address(sent.id))
        if facts["made_of_it"] == "bounce":
            assert (name, row.outcome, row.mail_id) == (name, "hard" if facts["is_hard"] else "soft", sent.id)
        else:
            assert row.made_of_it != "bounce", name
        is_ended = suppression_of(sent.recipient) is not None
        assert (name, is_ended) == (name, facts.get("is_hard", False))
    assert database


def test_a_bounce_that_somebody_made_up_stops_nothing(database: Session, lin: User) -> None:
    with unit_of_work():
        sent = send_mail(to=OWN, subject="x", body="x", kind="notice", user_id=lin.id)
    raw = (CORPUS / "dsn_postfix_no_such_user.eml").read_bytes()
    raw = raw.replace(b"MAILID", str(sent.id).encode()).replace(b"MAILKEY", b"0" * 22)
    row = arrive(raw)
    assert (row.outcome, suppression_of(OWN)) == ("not-ours", None)
    assert database


def test_the_same_message_is_understood_once_however_often_it_is_brought(database: Session, lin: User) -> None:
    topic = thread()
    raw = mail(reply_address(lin.id, Ref("forum.thread", topic.id)))
    arrive(raw)
    with unit_of_work():
        assert receive(b"Received: by another\n" + raw) is None
    run_due()
    assert len(answers(topic, database)) == 1


def test_only_the_person_whose_address_it_is_may_use_it_and_they_are_told_of_others(
    database: Session, lin: User
) -> None:
    topic = thread()
    row = arrive(mail(reply_address(lin.id, Ref("forum.thread", topic.id)), sender="thief@example.net"))
    assert (row.outcome, answers(topic, database)) == ("refused", [])
    told = database.scalars(select(Mail)).one()
    assert (told.recipient, told.kind, told.user_id) == (OWN, "notice", lin.id)
    assert "thief@example.net" in told.body
    assert told.headers["Auto-Submitted"] == "auto-replied"


def test_an_address_cannot_be_made_up_or_bent_to_another_thing(database: Session, lin: User) -> None:
    mine, other = thread(), thread()
    address = reply_address(lin.id, Ref("forum.thread", mine.id))
    assert read_address(address.upper()) == read_address(address)
    bent = address.replace(".forum.thread.", ".forum.post.")
    assert read_address(bent) is None
    row = arrive(mail(bent))
    assert (row.made_of_it, answers(mine, database), answers(other, database)) == ("unknown", [], [])
    assert database.scalars(select(Mail)).all() == [], "strangers get no answer"


def test_whoever_may_not_write_there_any_more_is_told_why(database: Session, lin: User) -> None:
    moderator = person(staff=True)
    topic = thread()
    with unit_of_work():
        lock_thread(viewer_for(moderator.id), thread_id=topic.id, reason="It is settled.")
    row = arrive(mail(reply_address(lin.id, Ref("forum.thread", topic.id))))
    assert (row.outcome, answers(topic, database)) == ("refused", [])
    told = database.scalars(select(Mail).where(Mail.recipient == OWN)).one()
    assert row.words in told.body
    assert told.subject == "Your reply by mail was not posted"


def test_who_lost_sight_of_a_place_learns_nothing_of_it_by_answering(database: Session) -> None:
    insider = person(email=OWN, grants=("alliance:7",))
    topic = thread(author=insider, board=board(audience="alliance:7"), title="Secret merger")
    address = reply_address(insider.id, Ref("forum.thread", topic.id))
    with unit_of_work() as work:
        work.delete(work.get_one(Grant, (insider.id, "alliance:7")))
    row = arrive(mail(address))
    assert (row.outcome, answers(topic, database)) == ("refused", [])
    told = database.scalars(select(Mail).where(Mail.recipient == OWN)).one()
    assert "merger" not in f"{told.subject}{told.body}"


def test_an_old_mail_and_an_empty_one_are_refused_and_a_suspended_person_hears_nothing(
    database: Session, lin: User
) -> None:
    topic = thread()
    address = reply_address(lin.id, Ref("forum.thread", topic.id))
    with time_machine.travel(now() + timedelta(days=91)):
        assert "90 days" in arrive(mail(address, name="old")).words
    assert arrive(mail(address, "> only a quote", name="empty")).outcome == "refused"
    with unit_of_work() as work:
        work.get_one(User, lin.id).suspended_at = now()
    before = database.scalar(select(func.count()).select_from(Mail))
    assert arrive(mail(address, name="suspended")).outcome == "no-such-person"
    assert (answers(topic, database), database.scalar(select(func.count()).select_from(Mail))) == ([], before)


def test_refusals_are_not_mailed_without_end(database: Session, lin: User) -> None:
    address = reply_address(lin.id, Ref("forum.thread", thread().id))
    for number in range(8):
        arrive(mail(address, "> only a quote", name=str(number)))
    assert database.scalar(select(func.count()).select_from(Mail)) == 5


def test_a_file_that_is_refused_does_not_keep_the_text_from_being_posted(database: Session, lin: User) -> None:
    topic = thread()
    raw = (
        f"From: <{OWN}>\nTo: <{reply_address(lin.id, Ref('forum.thread', topic.id))}>\nMessage-ID: <f@x>\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee the program.\n--b\n"
        'Content-Type: application/octet-stream; name="run.exe"\nContent-Disposition: attachment\n\nMZ\n--b--\n'
    )
    row = arrive(raw.encode())
    [made] = answers(topic, database)
    assert (made.body, row.outcome) == ("See the program.", "posted")
    assert "run.exe" in row.words
    assert "run.exe" in database.scalars(select(Mail.body)).one()


def test_what_a_new_person_writes_by_mail_waits_like_all_they_write(database: Session) -> None:
    fresh = newcomer(email=OWN)
    topic = thread()
    row = arrive(mail(reply_address(fresh.id, Ref("forum.thread", topic.id)), "See https://spam.example/ now"))
    assert (row.outcome, answers(topic, database)) == ("waits", [])


def test_a_mail_to_the_address_of_one_that_offers_it_ends_what_sent_it(database: Session, lin: User) -> None:
    from activity.topics import Cadence
    from activity.unsubscribing import rule_of_digest
    from activity.wishes import wishes_of

    with unit_of_work():
        url = rule_of_digest(lin.id, Cadence.WEEKLY).url
        sent = send_mail(to=OWN, subject="x", body="x", kind="digest", user_id=lin.id, unsubscribe_url=url)
    assert any(wish.mail is Cadence.WEEKLY for wish in wishes_of(lin.id).values())
    row = arrive(mail(unsubscribe_address(sent.id), "", sender="other@example.cn"))
    assert (row.made_of_it, row.outcome) == ("unsubscribe", "ended")
    database.expire_all()
    assert not any(wish.mail is Cadence.WEEKLY for wish in wishes_of(lin.id).values())


def test_what_is_empty_too_large_or_nested_without_end_is_no_danger(database: Session) -> None:
    for raw in (b" \n", b"x" * (LARGEST + 1)):
        with unit_of_work(), pytest.raises(ValueError, match="empty, or too large"):
            receive(raw)
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(3_000))
    assert arrive(deep).outcome == "unreadable"
    assert database


def test_the_content_of_a_mail_is_forgotten_after_a_week(database: Session, lin: User) -> None:
    row = arrive(mail(reply_address(lin.id, Ref("forum.thread", thread().id))))
    with time_machine.travel(now() + timedelta(days=8)), unit_of_work():
        forget_old_incoming()
    database.expire_all()
    kept = database.get_one(IncomingMail, row.id)
    assert (kept.raw, kept.outcome) == (None, "posted")


def test_a_reply_to_the_opening_post_by_mail_looks_like_any_other(
    client: FlaskClient, database: Session, lin: User
) -> None:
    topic = thread()
    arrive(mail(reply_address(lin.id, Ref("forum.post", opening_post(topic).id)), "Look: **here**."))
    assert "<strong>here</strong>" in client.get(f"/threads/{topic.id}-{topic.slug}").text
    assert database

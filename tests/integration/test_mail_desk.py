"""What staff, operators and the person concerned see of mail, and what they can do about it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from guildhall.cli import main
from kernel.jobs import run_due
from kernel.mail import Mail, delivery, inbox, send_mail
from kernel.mail.addresses import reply_address
from kernel.mail.incoming import LARGEST, IncomingMail
from kernel.mail.outbox import whole
from kernel.mail.suppression import note_bounce, note_complaint, suppression_of
from kernel.refs import Ref
from kernel.work import unit_of_work
from tests.makers.forum import board, thread
from tests.makers.letters import delivering_to, free_port, mail_server
from tests.makers.mailboxes import Mailbox, mailbox_server
from tests.makers.people import person, sign_in

OWN = "lin.wei@example.cn"


def notice(user: User, *, audience: str = "", text: str = "What was said.", kind: str = "notice") -> Mail:
    with unit_of_work():
        return send_mail(to=user.email, subject=text, body=text, kind=kind, user_id=user.id, audience=audience)  # type: ignore[arg-type]  # one of them


def raw(to: str, name: str = "1") -> bytes:
    return f"From: {OWN}\r\nTo: <{to}>\r\nMessage-ID: <{name}@x>\r\nSubject: Re\r\n\r\nMonday works.\r\n".encode()


def guildhall(*words: str, **given: bytes) -> Result:
    return CliRunner().invoke(main, ["mail", *words], input=given.get("input"))


def test_staff_read_neither_what_opens_an_account_nor_what_is_between_others(
    client: FlaskClient, database: Session
) -> None:
    user = person(email=OWN)
    client.post("/forgot", data={"email": OWN})
    reset = database.scalars(select(Mail)).one()
    private, public = notice(user, audience="alliance:7", text="Secret merger"), notice(user, audience="public")
    digest = notice(user, kind="digest", text="Your secret week")
    sign_in(client, person(staff=True))
    secret = whole(reset, reset.body).partition("/reset/")[2].split()[0]
    pages = [client.get("/staff/outbox").text] + [
        client.get(f"/staff/outbox/{mail.id}").text for mail in (reset, private, digest)
    ]
    for page in pages:
        assert secret not in page
        assert "Secret merger" not in page
        assert "Your secret week" not in page
    assert "••••••" in pages[1]
    assert "What was said." in client.get(f"/staff/outbox/{public.id}").text
    shown = guildhall("show", str(reset.id))
    assert secret in shown.output, "whoever has a shell on the machine may help somebody by hand"
    assert "Your secret week" in guildhall("show").output, "the newest, where none is named"


def test_only_staff_see_the_mail_of_the_site(client: FlaskClient, database: Session) -> None:
    mail = notice(person())
    sign_in(client, person())
    for path in ("/staff/outbox", f"/staff/outbox/{mail.id}", "/staff/incoming"):
        assert client.get(path).status_code in {403, 404}
    for path in (f"/staff/outbox/{mail.id}/again", f"/staff/outbox/{mail.id}/drop", "/staff/outbox/again"):
        assert client.post(path).status_code in {403, 404}
    assert database


def test_what_was_given_up_is_listed_with_the_servers_words_and_sent_again_or_dropped(
    client: FlaskClient, database: Session, app: Flask
) -> None:
    sign_in(client, person(staff=True))
    port = free_port()
    with delivering_to(app, port), mail_server(port) as box:
        box.says = dict.fromkeys(("a@x.cn", "b@x.cn", "c@x.cn"), "550 5.7.1 Rejected as spam")
        with unit_of_work():
            first, second, _third = (send_mail(to=to, subject="Hello", body="Hello.") for to in box.says)
        with unit_of_work():
            delivery.deliver_due()
        page = client.get("/staff/outbox?state=dead").text
        assert page.count("550 5.7.1 Rejected as spam") == 3
        box.says = {}
        assert client.post(f"/staff/outbox/{first.id}/drop").status_code == 303
        assert client.post(f"/staff/outbox/{second.id}/again").status_code == 303
        assert client.post("/staff/outbox/again").status_code == 303
        with unit_of_work():
            delivery.deliver_due()
        database.expire_all()
        assert database.scalars(select(Mail.state).order_by(Mail.id)).all() == ["dropped", "sent", "sent"]
        assert [sent for _sender, [sent] in box.envelopes] == ["b@x.cn", "c@x.cn"]
        assert suppression_of("a@x.cn") is None, "that the site is taken for a spammer is not the address's fault"
        assert client.post(f"/staff/outbox/{second.id}/again").status_code == 409
        assert client.post(f"/staff/outbox/{second.id}/drop").status_code == 409


def test_a_person_to_whom_no_mail_gets_through_sees_why_and_confirms_anew(
    client: FlaskClient, database: Session
) -> None:
    user = person(email=OWN)
    sign_in(client, user)
    assert "No notices come by mail" not in client.get("/settings").text
    with unit_of_work():
        note_bounce(OWN, words="550 5.1.1 <b>No such user</b>", is_hard=True)
    for path in ("/settings", "/settings/account"):
        assert "550 5.1.1 &lt;b&gt;No such user" in client.get(path).text
    assert client.post("/settings/confirmation").status_code == 303
    link = database.scalars(select(Mail.body).where(Mail.recipient == OWN)).one().partition("/confirm/")[2].split()[0]
    assert client.post(f"/confirm/{link}").status_code == 303
    assert "No notices come by mail" not in client.get("/settings").text
    assert suppression_of(OWN) is None


def test_a_person_who_reported_spam_is_told_so(client: FlaskClient, database: Session) -> None:
    sign_in(client, person(email=OWN))
    with unit_of_work():
        note_complaint(OWN)
    assert "marked as spam" in client.get("/settings").text
    assert database


@pytest.fixture
def _reads_mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "MAIL_REPLY_ADDRESS", "reply@mail.example.org")


@pytest.mark.usefixtures("_reads_mail")
def test_a_mail_server_hands_mail_in_and_is_told_what_to_do_when_it_cannot(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin = person(email=OWN)
    place = board(audience="alliance:7")
    secret = thread(author=person(grants=("alliance:7",)), board=place, title="Secret merger")
    topic = thread()
    address = reply_address(lin.id, Ref("forum.thread", topic.id))
    taken = guildhall("receive", "--to", address, input=raw("somebody@example.org"))
    assert (taken.exit_code, taken.output) == (0, "")
    assert guildhall("receive", "--to", address, input=raw("somebody@example.org")).exit_code == 0, "once more"
    assert guildhall("receive", input=b"").exit_code == 65
    guildhall("receive", input=raw(reply_address(lin.id, Ref("forum.thread", secret.id)), name="2"))
    run_due()
    told = json.loads(guildhall("status", "--json").output)
    assert told["in"] == {"posted": 1, "refused": 1}
    sign_in(client, person(staff=True))
    page = client.get("/staff/incoming").text
    assert f"{topic.title} #2" in page
    assert "Secret merger" not in page
    monkeypatch.setattr("portal.cli.unit_of_work", _broken)
    assert guildhall("receive", input=raw(address, name="3")).exit_code == 75
    assert database


@pytest.mark.usefixtures("_reads_mail", "database")
def test_mail_that_nobody_will_ever_read_is_refused_for_good() -> None:
    lin, topic = person(email=OWN), thread()
    address = reply_address(lin.id, Ref("forum.thread", topic.id))
    forged = address.replace("+r.", "+r.1")
    assert guildhall("receive", "--to", forged, input=raw(forged)).exit_code == 67
    assert guildhall("receive", "--to", "reply@mail.example.org", input=raw(address)).exit_code == 0, (
        "the mailbox itself"
    )
    assert guildhall("receive", "--to", address, input=b"x" * (LARGEST + 1)).exit_code == 65


@pytest.mark.usefixtures("database")
def test_mail_is_kept_by_the_server_while_no_address_is_set() -> None:
    assert guildhall("receive", input=raw("reply@mail.example.org")).exit_code == 75
    assert guildhall("receive", "--from", "x", input=b"").exit_code == 75, "a wrong option in the server's file"


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("GUILDHALL_BASE_URL", "forum.example.cn", "must be an http(s) address"),
        ("GUILDHALL_BASE_URL", "http://forum.example.cn", "must be https"),
        ("GUILDHALL_TSA_URLS", "no-address", ""),
        ("GUILDHALL_DATABASE_URL", "sqlite:////nowhere/at/all.db", "unable to open"),
        ("GUILDHALL_DATA", "/dev/null/here", "Not a directory"),
        ("GUILDHALL_MAIL_REPLY_ADDRESS", "reply@mail.example.org", "no site here yet"),
    ],
)
def test_mail_is_kept_by_the_server_while_a_setting_is_wrong(
    setting: str, value: str, words: str, tmp_path: Path
) -> None:
    ours = {name: text for name, text in os.environ.items() if not name.startswith("GUILDHALL_")}
    given = {"GUILDHALL_MAIL_REPLY_ADDRESS": "reply@mail.example.org", "GUILDHALL_DATA": str(tmp_path), setting: value}
    ended = subprocess.run(
        [sys.executable, "-m", "guildhall", "mail", "receive"],
        input=raw("reply@mail.example.org"),
        env={**ours, **given},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 75, ended.stderr
    assert words in ended.stderr.decode()


def _broken() -> None:
    raise OSError("disk full")


@pytest.mark.usefixtures("_reads_mail")
def test_a_mailbox_is_read_over_imap_and_what_was_brought_twice_counts_once(
    database: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin, topic = person(email=OWN), thread()
    message = raw(reply_address(lin.id, Ref("forum.thread", topic.id)))
    box = Mailbox(message, b"From: x\r\n\r\nhuge", message)
    box.sizes[2] = 40_000_000
    with mailbox_server(box) as port:
        monkeypatch.setitem(app.config, "MAIL_INBOX", f"imap://lin:wrong@127.0.0.1:{port}/INBOX")
        inbox.look_into_inbox()
        assert (box.seen, box.fetched) == (set(), [])
        monkeypatch.setitem(app.config, "MAIL_INBOX", f"imap://lin:p%40ss@127.0.0.1:{port}/INBOX")
        inbox.look_into_inbox()
        inbox.look_into_inbox()
    assert (box.seen, box.fetched) == ({1, 2, 3}, [1, 3])
    run_due()
    assert database.scalars(select(IncomingMail.outcome)).all() == ["posted"]
    monkeypatch.setitem(app.config, "MAIL_INBOX", "")


def test_an_operator_tries_the_mail_server_and_hears_what_it_says(database: Session, app: Flask) -> None:
    assert "No mail server is named" in guildhall("test", "op@example.cn").output
    port = free_port()
    with delivering_to(app, port):
        assert "line down: ConnectionRefusedError" in guildhall("test", "op@example.cn").output
        with mail_server(port) as box:
            assert guildhall("test", "op@example.cn").output == "The server took it.\n"
            assert box.envelopes[0][1] == ["op@example.cn"]
            box.says["op@example.cn"] = "550 no"
            refused = guildhall("test", "op@example.cn")
    assert (refused.exit_code, refused.output) == (1, "refused: 550 no\n")
    assert database

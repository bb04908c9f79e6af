"""The worker is killed between handing a mail over and noting it: nothing is lost, and what may be twice is known."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import time_machine
from flask import Flask
from sqlalchemy import select

from guildhall.app import create_app
from kernel.clock import now
from kernel.db import db, session
from kernel.mail import Mail, delivery, send_mail
from kernel.work import unit_of_work
from tests.integration.test_moderation_at_once import site
from tests.makers.letters import Letterbox, delivering_to, free_port, mail_server
from tests.makers.people import person

__all__ = ["site"]

WORKER = """
from guildhall.app import create_app
from kernel.mail.delivery import deliver_due
from kernel.work import unit_of_work
with create_app().app_context(), unit_of_work():
    deliver_due()
"""


def killed_after_handing_over(site: Flask, box: Letterbox, port: int, *, subject: str) -> None:
    """Run a worker that is killed as soon as the server has taken the mail of this subject, before it hears so."""
    kept = box.take

    def kill(message: object) -> None:
        kept(message)  # type: ignore[arg-type]  # the message it was given
        if box.received[-1]["Subject"] == subject:
            os.kill(worker.pid, signal.SIGKILL)

    box.take = kill  # type: ignore[method-assign]  # for this once
    settings = site.config["SETTINGS"]
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        env=os.environ
        | {
            "GUILDHALL_DATA": str(settings.data),
            "GUILDHALL_DATABASE_URL": settings.database_url,
            "GUILDHALL_SECRET_KEY": settings.secret_key,
            "GUILDHALL_MAIL_URL": f"smtp://127.0.0.1:{port}",
        },
    )
    assert worker.wait(timeout=60) == -signal.SIGKILL
    box.take = kept  # type: ignore[method-assign]  # as it was


def test_a_notice_arrives_at_most_once_too_often_under_the_same_name_and_a_digest_never(site: Flask) -> None:
    reader, port = person(email="lin@example.cn"), free_port()
    killed_at, kind = ("Answer", "notice") if db.engine.dialect.name == "sqlite" else ("Week", "digest")
    with delivering_to(site, port), mail_server(port) as box:
        with unit_of_work():
            for what, subject in (("notice", "First"), (kind, killed_at), (kind, "Last")):
                send_mail(to=reader.email, subject=subject, body="x", kind=what, user_id=reader.id)  # type: ignore[arg-type]  # one of them
        killed_after_handing_over(site, box, port, subject=killed_at)
        db.session.remove()
        assert {mail.subject: mail.state for mail in session().scalars(select(Mail))} == {
            "First": "sent",
            killed_at: "sending",
            "Last": "waiting",
        }
        db.session.remove()
        with time_machine.travel(now() + timedelta(minutes=11)), unit_of_work():
            delivery.deliver_due()
    got = [message["Subject"] for message in box.received]
    if kind == "digest":
        assert got == ["First", "Week", "Last"]
        assert session().scalars(select(Mail.reason).where(Mail.state == "dead")).all() == [delivery.UNSURE]
    else:
        assert sorted(got) == ["Answer", "Answer", "First", "Last"]
        assert len({message["Message-ID"] for message in box.received if message["Subject"] == "Answer"}) == 1
        assert set(session().scalars(select(Mail.state))) == {"sent"}


def test_two_workers_at_once_hand_over_every_mail_once(site: Flask) -> None:
    port, start = free_port(), Barrier(2)
    other = create_app(site.config["SETTINGS"])

    def work(app: Flask) -> None:
        with app.app_context():
            start.wait(timeout=30)
            with unit_of_work():
                delivery.deliver_due()
            db.session.remove()
            db.engine.dispose()

    with delivering_to(site, port), delivering_to(other, port), mail_server(port) as box:
        with unit_of_work():
            for number in range(12):
                send_mail(to=f"reader-{number}@example.cn", subject="x", body="x")
        db.session.remove()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, (site, other)))
    assert sorted(sent for _sender, [sent] in box.envelopes) == sorted(
        f"reader-{number}@example.cn" for number in range(12)
    )
    assert set(session().scalars(select(Mail.state))) == {"sent"}

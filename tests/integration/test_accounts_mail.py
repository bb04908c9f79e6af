import socket
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.clock import now
from kernel.jobs import Job, run_due
from kernel.mail import Mail
from tests.makers.people import person


class Letterbox(Message):
    """What an SMTP server was given."""

    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.received: list[EmailMessage] = []

    def handle_message(self, message: EmailMessage) -> None:  # type: ignore[override]
        self.received.append(message)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def delivering(app: Flask, port: int) -> Iterator[None]:
    app.config["MAIL_URL"] = f"smtp://127.0.0.1:{port}"
    yield
    app.config["MAIL_URL"] = ""


@pytest.mark.usefixtures("delivering")
def test_mail_waits_for_a_server_that_is_down_and_is_delivered_once(
    client: FlaskClient, database: Session, port: int
) -> None:
    user = person(handle="lin-wei", display_name="林蔚")
    client.post("/forgot", data={"email": user.email})
    assert run_due() == 1
    database.expire_all()
    job = database.scalars(select(Job)).one()
    assert (job.state, job.attempts) == ("waiting", 1)
    assert "refused" in (job.last_error or "")
    assert run_due() == 0, "not again at once"
    box = Letterbox()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        with time_machine.travel(job.run_at):
            assert now() >= job.run_at
            assert run_due() == 1
            assert run_due() == 0
    finally:
        server.stop()
    [message] = box.received
    assert message["To"] == user.email
    assert message["From"] == "guildhall@127.0.0.1"
    body = message.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert "林蔚" in body.decode()
    assert "/reset/" in body.decode()
    database.expire_all()
    assert database.scalars(select(Mail)).one().state == "sent"
    assert database.scalars(select(Job)).all() == []


def test_without_a_server_mail_is_kept_for_the_staff_to_read(client: FlaskClient, database: Session) -> None:
    user = person()
    client.post("/forgot", data={"email": user.email})
    assert database.scalars(select(Mail)).one().state == "kept"
    assert database.scalars(select(Job)).all() == []

"""A mail server for tests that keeps what it is given, or says no."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask


class Letterbox:
    """What a server was given: envelopes and messages; `says` answers for a recipient instead of taking the mail."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.connections = 0
        self.says: dict[str, str] = {}

    def take(self, message: EmailMessage) -> None:
        """Keep it."""
        self.received.append(message)

    async def handle_EHLO(  # noqa: N802 - the server's name for it
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return answers

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.says:
            return self.says[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.take(message)
        self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
        return "250 OK"


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@contextmanager
def mail_server(port: int) -> Iterator[Letterbox]:
    """An SMTP server on this port."""
    box = Letterbox()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield box
    finally:
        server.stop()


@contextmanager
def delivering_to(app: Flask, port: int) -> Iterator[None]:
    """The site names this port as its mail server."""
    app.config["MAIL_URL"] = f"smtp://127.0.0.1:{port}"
    app.extensions.pop("mail_line", None)
    try:
        yield
    finally:
        app.config["MAIL_URL"] = ""
        app.extensions.pop("mail_line", None)

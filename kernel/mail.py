"""Mail goes into an outbox with the deed that causes it; the worker delivers it once an SMTP server is named."""

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from flask import current_app
from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey, session
from kernel.jobs import enqueue, job


class Mail(Model):
    """A message in the outbox: `kept` (no server named), `waiting`, or `sent`."""

    __tablename__ = "mail"

    id: Mapped[PrimaryKey]
    recipient: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_mail_created_at", "created_at"),)


def send_mail(*, to: str, subject: str, body: str) -> Mail:
    """Put a plain-text mail into the outbox of the current unit of work.

    Line breaks in `to` and `subject` are folded away, so that nobody writes headers of their own.
    """
    delivering = bool(current_app.config["MAIL_URL"])
    mail = Mail(
        recipient=" ".join(to.split()),
        subject=" ".join(subject.split())[:300],
        body=body,
        state="waiting" if delivering else "kept",
    )
    session().add(mail)
    session().flush()
    if delivering:
        enqueue("mail.deliver", mail_id=mail.id)
    return mail


@job("mail.deliver")
def deliver(mail_id: int) -> None:
    """Hand one mail to the SMTP server; a failure leaves it waiting for the next attempt."""
    mail = session().get(Mail, mail_id)
    if mail is None or mail.state == "sent":
        return
    message = EmailMessage()
    message["From"] = current_app.config["MAIL_FROM"]
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = make_msgid(f"mail{mail.id}", domain=current_app.config["MAIL_DOMAIN"])
    message.set_content(mail.body)
    with _connect(current_app.config["MAIL_URL"]) as server:
        server.send_message(message)
    mail.state = "sent"
    mail.sent_at = now()


def _connect(url: str) -> smtplib.SMTP:
    """`smtp://user:password@host:587?starttls=1` or `smtps://…:465`; times out after ten seconds."""
    parts = urlsplit(url)
    context = ssl.create_default_context()
    host = parts.hostname or "127.0.0.1"
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=10, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=10)
        if parse_qs(parts.query).get("starttls") == ["1"]:
            server.starttls(context=context)
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server

"""The outbox: mail is written with the deed that causes it, and exists exactly if the deed does."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from cryptography.fernet import Fernet
from flask import current_app
from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey, session
from kernel.refs import Ref
from kernel.secrets import derived_key

Kind = Literal["account", "notice", "digest"]

MARK = "\N{OBJECT REPLACEMENT CHARACTER}"
LONGEST_SUBJECT = 300


class Mail(Model):
    """A message on its way.

    `kept` (no server named), `waiting` until `due_at`, `sending` (in a worker's hands since `claimed_at`), `sent`,
    `dropped` (not sent, for a `reason` of ours), or `dead` (given up; `reason` is what the server said).
    """

    __tablename__ = "mail"

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(String(10), server_default="account")
    recipient: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT))
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="", server_default="")
    sealed: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[int | None] = mapped_column(index=True)
    audience: Mapped[str] = mapped_column(Text, default="", server_default="")
    place: Mapped[str] = mapped_column(String(80), default="", server_default="")
    reply_ref: Mapped[str] = mapped_column(String(80), default="", server_default="")
    unsubscribe_url: Mapped[str] = mapped_column(String(500), default="", server_default="")
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    made_of: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    message_key: Mapped[str] = mapped_column(String(22), default=lambda: secrets.token_hex(11), server_default="")
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_mail_created_at", "created_at"),
        Index("ix_mail_state_kind_due_at", "state", "kind", "due_at"),
    )


def send_mail(  # noqa: PLR0913 - a letter has many parts, and all are named
    *,
    to: str,
    subject: str,
    body: str,
    html: str = "",
    kind: Kind = "account",
    user_id: int | None = None,
    audience: str = "",
    place: Ref | None = None,
    reply_ref: Ref | None = None,
    unsubscribe_url: str = "",
    headers: Mapping[str, str] | None = None,
    made_of: Mapping[str, Any] | None = None,
    secret: str = "",
) -> Mail:
    """Put a mail into the outbox of the current unit of work.

    `account` is about the receiver's own account and is always sent. A `notice` or `digest` is sent only if, at the
    moment of delivery, `user_id` is a confirmed person who is not suspended, reads mail at `to`, holds each token of
    `audience` (any number, with spaces between), and mail to the address has not come back; else it is dropped, and the
    outbox says why.

    `place` makes the mails about one thing one conversation in mail programs; `reply_ref` gives them an address at
    which an answer is posted there, if the site reads mail; `unsubscribe_url` is offered for one click (RFC 8058).
    `made_of` is by what its words are made anew when it leaves the house (`kernel.mail.delivery.renewed_by`).
    `secret` is a part of the text (a link's token) that is kept encrypted, is forgotten once the mail is sent, and is
    never shown to the staff. Line breaks in headers are folded away, so that nobody writes headers of their own.
    """
    if kind != "account" and user_id is None:
        raise ValueError("a notice is for somebody: say user_id")
    delivering = bool(current_app.config["MAIL_URL"])
    mail = Mail(
        kind=kind,
        recipient=" ".join(to.split()),
        subject=one_line(subject),
        body=body.replace(secret, MARK) if secret else body,
        html=html.replace(secret, MARK) if secret else html,
        sealed=_vault().encrypt(secret.encode()).decode() if secret else None,
        user_id=user_id,
        audience=audience,
        place=str(place or ""),
        reply_ref=str(reply_ref or ""),
        unsubscribe_url=unsubscribe_url,
        headers={name: " ".join(value.split()) for name, value in (headers or {}).items()},
        made_of=dict(made_of or {}),
        state="waiting" if delivering else "kept",
        due_at=now() if delivering else None,
    )
    session().add(mail)
    session().flush()
    return mail


def one_line(subject: str) -> str:
    """A subject without line breaks, as long as one may be."""
    return " ".join(subject.split())[:LONGEST_SUBJECT]


def whole(mail: Mail, text: str) -> str:
    """A text of this mail with the secret in it, as only its receiver reads it."""
    return text.replace(MARK, _vault().decrypt(mail.sealed.encode()).decode()) if mail.sealed else text


def _vault() -> Fernet:
    return Fernet(derived_key("secrets in mails"))

"""Mail that comes in: kept as it came, before anybody thinks about it; then understood, once, by the worker.

A row is written before the mail server hears that it was taken, so nothing is lost; its key is unique, so nothing is
understood twice. What a machine wrote is never posted and never answered, so that no two machines write to each other.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser

import structlog
from flask import current_app
from sqlalchemy import Index, LargeBinary, String, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey, session
from kernel.jobs import enqueue, job
from kernel.mail.addresses import BOUNCE, REPLY, UNSUBSCRIBE, Addressed, read_address
from kernel.mail.bounces import bounce_in, quoted_mail
from kernel.mail.outbox import Mail
from kernel.mail.reading import Reading, read_message
from kernel.mail.reports import is_complaint, is_from_machine
from kernel.mail.suppression import note_bounce, note_complaint

log = structlog.get_logger("guildhall.mail")

LARGEST = 30_000_000  # bytes of a raw message; files in it are a third larger than they are
RAW_KEPT_FOR = timedelta(days=7)
KEPT_FOR = timedelta(days=90)
STOP_WORDS = {"unsubscribe", "stop", "退订", "取消订阅", "td"}


class IncomingMail(Model):
    """A message that came in, `waiting` or `done`: `made_of_it` says what it was taken for, `outcome` what followed."""

    __tablename__ = "mail_incoming"

    id: Mapped[PrimaryKey]
    key: Mapped[str] = mapped_column(String(64), unique=True)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    size: Mapped[int]
    envelope_to: Mapped[str] = mapped_column(String(320), default="")
    sender: Mapped[str] = mapped_column(String(320), default="")
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    made_of_it: Mapped[str] = mapped_column(String(12), default="")
    outcome: Mapped[str] = mapped_column(String(20), default="")
    words: Mapped[str] = mapped_column(String(500), default="")
    place: Mapped[str] = mapped_column(String(80), default="")
    user_id: Mapped[int | None] = mapped_column(index=True)
    mail_id: Mapped[int | None]
    received_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_mail_incoming_received_at", "received_at"),)


@dataclass(frozen=True, slots=True)
class Understood:
    """What was made of a message."""

    made_of_it: str
    outcome: str
    words: str = ""
    place: str = ""
    user_id: int | None = None
    mail_id: int | None = None


Reply = Callable[[Reading, Addressed, Callable[[], bool]], Understood]
Unsubscribe = Callable[[str], bool]
_replies: list[Reply] = []
_unsubscribes: list[Unsubscribe] = []


def on_reply(handler: Reply) -> Reply:
    """Hand replies to this function, with what their address says.

    It is called outside any transaction that writes. Before it writes it calls what it is given, which is True for one
    of those who may try at once, and for nobody after.
    """
    _replies.append(handler)
    return handler


def on_unsubscribe(handler: Unsubscribe) -> Unsubscribe:
    """Have this end what offers to be ended at an address of ours; it says whether the address was one of its own."""
    _unsubscribes.append(handler)
    return handler


def receive(raw: bytes, *, to: str = "") -> IncomingMail | None:
    """Keep a message of at most `LARGEST` bytes in the present unit of work; None when it is here already."""
    if not raw.strip() or len(raw) > LARGEST:
        raise ValueError("empty, or too large")
    row = IncomingMail(key=_key(raw, to), raw=raw, size=len(raw), envelope_to=to.strip()[:320])
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        return None
    enqueue("mail.understand", incoming_id=row.id)
    return row


@job("mail.understand")
def understand(incoming_id: int) -> None:
    """Make something of a message, once."""
    row = session().get(IncomingMail, incoming_id)
    if row is None or row.state == "done" or row.raw is None:
        return
    raw = row.raw
    try:
        reading = read_message(raw, envelope_to=row.envelope_to)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        log.warning("a mail could not be read", mail=incoming_id, error=str(error))
        understood, sender = Understood("unknown", "unreadable"), ""
    else:
        understood, sender = _understood(reading, raw, claim=lambda: _claim(incoming_id)), reading.sender
    if not _claim(incoming_id):
        return
    session().execute(
        update(IncomingMail)
        .where(IncomingMail.id == incoming_id)
        .values(
            state="done",
            sender=sender,
            made_of_it=understood.made_of_it,
            outcome=understood.outcome,
            words=understood.words[:500],
            place=understood.place,
            user_id=understood.user_id,
            mail_id=understood.mail_id,
        )
    )


@job("mail.forget_incoming", every=timedelta(hours=6))
def forget_old_incoming() -> None:
    """Content after a week, for the time that somebody asks what became of it; the line about it after three months."""
    done = IncomingMail.state == "done"
    session().execute(
        update(IncomingMail)
        .where(done, IncomingMail.received_at < now() - RAW_KEPT_FOR, IncomingMail.raw.is_not(None))
        .values(raw=None)
    )
    session().execute(delete(IncomingMail).where(done, IncomingMail.received_at < now() - KEPT_FOR))


def _understood(reading: Reading, raw: bytes, *, claim: Callable[[], bool]) -> Understood:
    """Reports first, then machines, then people."""
    ours = next(filter(None, map(read_address, reading.recipients)), None) or Addressed("")
    return (
        _bounced(reading, raw, ours)
        or _complained(reading, raw)
        or _from_machine(reading)
        or _unsubscribing(reading, ours)
        or _replying(reading, ours, claim)
        or Understood("unknown", "not-addressed")
    )


def _bounced(reading: Reading, raw: bytes, ours: Addressed) -> Understood | None:
    returned = session().get(Mail, ours.mail_id) if ours.purpose == BOUNCE else None
    bounce = bounce_in(reading.headers, raw, came_back=returned is not None)
    if bounce is None:
        return None
    mail = returned or _named(bounce.mail)
    if mail is None:
        return Understood("bounce", "not-ours", bounce.words)
    note_bounce(mail.recipient, words=bounce.words, is_hard=bounce.is_hard)
    return Understood("bounce", "hard" if bounce.is_hard else "soft", bounce.words, mail_id=mail.id)


def _complained(reading: Reading, raw: bytes) -> Understood | None:
    if not is_complaint(reading.headers):
        return None
    mail = _named(quoted_mail(raw))
    if mail is None:
        return Understood("complaint", "not-ours")
    note_complaint(mail.recipient)
    return Understood("complaint", "noted", mail_id=mail.id)


def _from_machine(reading: Reading) -> Understood | None:
    is_own = reading.sender != "" and reading.sender in str(current_app.config["MAIL_FROM"]).lower()
    if is_own or is_from_machine(reading.headers, sender=reading.sender, subject=reading.subject):
        return Understood("auto-reply", "ignored")
    return None


def _unsubscribing(reading: Reading, ours: Addressed) -> Understood | None:
    if ours.purpose == UNSUBSCRIBE:
        mail = session().get(Mail, ours.mail_id)
    elif ours.purpose == REPLY and reading.text.strip().lower() in STOP_WORDS:
        mail = _latest_offer(ours)
    else:
        return None
    if mail is None or not any(handler(mail.unsubscribe_url) for handler in _unsubscribes):
        return Understood("unsubscribe", "nothing-to-end")
    return Understood("unsubscribe", "ended", user_id=mail.user_id, mail_id=mail.id)


def _latest_offer(ours: Addressed) -> Mail | None:
    """The newest mail of those that an answer to this address may have had before it."""
    offers = select(Mail).where(
        Mail.user_id == ours.user_id, Mail.reply_ref == str(ours.ref), Mail.unsubscribe_url != ""
    )
    return session().scalars(offers.order_by(Mail.id.desc()).limit(1)).first()


def _replying(reading: Reading, ours: Addressed, claim: Callable[[], bool]) -> Understood | None:
    if ours.purpose != REPLY:
        return None
    return next((handler(reading, ours, claim) for handler in _replies), Understood("reply", "nobody-takes-it"))


def _claim(incoming_id: int) -> bool:
    """Whether the message is still to be worked on; it is this unit's until the unit ends."""
    waiting = select(IncomingMail.id).where(IncomingMail.id == incoming_id, IncomingMail.state == "waiting")
    return session().scalar(waiting.with_for_update()) is not None


def _named(name: tuple[int, str] | None) -> Mail | None:
    """The mail of this number, for whoever knows its key."""
    mail = session().get(Mail, name[0]) if name else None
    return mail if mail is not None and name is not None and mail.message_key == name[1] else None


def _key(raw: bytes, to: str) -> str:
    """One message to one address of ours is one message, however often it is brought."""
    name = BytesHeaderParser().parsebytes(raw[:100_000]).get("Message-ID")
    told = str(name).strip().encode("utf-8", "replace") if name else raw
    return hashlib.sha256(told + b"|" + to.strip().lower().encode()).hexdigest()

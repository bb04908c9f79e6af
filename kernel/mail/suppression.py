"""Addresses to which no notices go any more: mail came back, or its reader called it spam."""

from datetime import datetime, timedelta

from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, session

BOUNCE, COMPLAINT = "bounce", "complaint"
SOFT_BOUNCES = 5
FORGIVEN_AFTER = timedelta(days=30)


class Suppression(Model):
    """What is known against an address; it gets no notices from `stopped_at` on.

    One bounce that says the address is not there is enough; of those that may pass, five within a month of each other.
    """

    __tablename__ = "mail_suppression"

    address: Mapped[str] = mapped_column(String(320), primary_key=True)
    cause: Mapped[str] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(String(500))
    bounces: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(default=now)
    stopped_at: Mapped[datetime | None]


def suppression_of(address: str) -> Suppression | None:
    """Why no notices go to this address; None when they do."""
    found = session().get(Suppression, address.lower())
    return found if found is not None and found.stopped_at is not None else None


def note_bounce(address: str, *, words: str, is_hard: bool) -> None:
    """Mail to the address came back; `words` are those of the server that would not have it."""
    row = _row(address, BOUNCE)
    if now() - row.last_at > FORGIVEN_AFTER:
        row.bounces = 0
    row.bounces, row.words, row.last_at = row.bounces + 1, words[:500], now()
    if row.stopped_at is None and (is_hard or row.bounces >= SOFT_BOUNCES):
        row.cause, row.stopped_at = BOUNCE, now()


def note_complaint(address: str) -> None:
    """Its reader told their provider that a mail of ours was spam."""
    row = _row(address, COMPLAINT)
    row.cause, row.words, row.last_at, row.stopped_at = COMPLAINT, "", now(), row.stopped_at or now()


def lift(address: str) -> None:
    """The address is good again: its owner confirmed it anew."""
    session().execute(delete(Suppression).where(Suppression.address == address.lower()))


def _row(address: str, cause: str) -> Suppression:
    key = address.lower()[:320]
    row = session().get(Suppression, key)
    if row is None:
        row = Suppression(address=key, cause=cause, words="", bounces=0, last_at=now())
        session().add(row)
    return row

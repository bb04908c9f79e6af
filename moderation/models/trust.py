from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


class Visit(Model):
    """A day on which somebody was here and read."""

    __tablename__ = "visit"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)


class Fingerprint(Model):
    """That somebody sent something in, and what it was like: how speed, duplicates and bursts are known.

    `words_hash` is the hash of its bare words, empty where they are too few to say anything. `host` is the first site
    that it links to, `net` the range of addresses that a newcomer came from. Kept for a month.
    """

    __tablename__ = "fingerprint"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    words_hash: Mapped[str] = mapped_column(String(64))
    place: Mapped[str] = mapped_column(String(60), default="")
    host: Mapped[str] = mapped_column(String(100), default="")
    net: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        Index("ix_fingerprint_words_hash_created_at", "words_hash", "created_at"),
        Index("ix_fingerprint_user_id_created_at", "user_id", "created_at"),
        Index("ix_fingerprint_net_created_at", "net", "created_at"),
    )

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


class Digest(Model):
    """What one person was sent for a period: which notices and which things, never their words.

    Its page and its mail show of them what the person may see at that moment. One for each person, period and day:
    the row is written in one transaction with the mail, so that nobody gets two.
    """

    __tablename__ = "digest"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    period: Mapped[str] = mapped_column(String(10))
    day: Mapped[str] = mapped_column(String(10))
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("uq_digest_user_id_period_day", "user_id", "period", "day", unique=True),)


class DigestRun(Model):
    """The digests of one period and day for everybody in a time zone, and up to whom they are done."""

    __tablename__ = "digest_run"

    id: Mapped[PrimaryKey]
    period: Mapped[str] = mapped_column(String(10))
    day: Mapped[str] = mapped_column(String(10))
    timezone: Mapped[str] = mapped_column(String(40))
    after_id: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]

    __table_args__ = (Index("uq_digest_run_day_period_timezone", "day", "period", "timezone", unique=True),)

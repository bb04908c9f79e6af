"""Achievements: what a thread that shows a result says in figures and words that can be compared."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


class IpStatus(StrEnum):
    """How far the rights are: not filed, pending, granted, a software copyright, or kept as a trade secret."""

    NONE = "none"
    PENDING = "pending"
    GRANTED = "granted"
    SOFTWARE = "software"
    SECRET = "secret"  # noqa: S105 - what the patent office calls it


class Cooperation(StrEnum):
    """What is wanted of others; `none` stands alone and says that nothing is."""

    LICENCE = "licence"
    TRANSFER = "transfer"
    JOINT = "joint"
    PILOT = "pilot"
    FINANCING = "financing"
    NONE = "none"


class AwardLevel(StrEnum):
    """Who gave the award."""

    NATIONAL = "national"
    PROVINCIAL = "provincial"
    MUNICIPAL = "municipal"
    INDUSTRY = "industry"
    INTERNATIONAL = "international"


class Achievement(Model):
    """The card of a thread. `problem` and `method` repeat what stands under these headings in its opening post.

    An award has name, level and year, or none of them. Erasing a record unties it from its cards.
    """

    __tablename__ = "achievement"

    id: Mapped[PrimaryKey]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), unique=True)
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    problem: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text)
    trl: Mapped[int | None]
    ip_status: Mapped[str] = mapped_column(String(10), default="")
    region: Mapped[str] = mapped_column(String(2), default="")
    city: Mapped[str] = mapped_column(String(4), default="")
    award_name: Mapped[str] = mapped_column(String(120), default="")
    award_level: Mapped[str] = mapped_column(String(14), default="")
    award_year: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_achievement_award_year_id", "award_year", "id"),)


class AchievementWish(Model):
    """One kind of cooperation that is wanted."""

    __tablename__ = "achievement_wish"

    achievement_id: Mapped[int] = mapped_column(ForeignKey("achievement.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)

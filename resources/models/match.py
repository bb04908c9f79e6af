from datetime import datetime
from enum import StrEnum

from sqlalchemy import Float, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


class Side(StrEnum):
    """From which side one looks at a pair."""

    NEED = "need"
    LISTING = "listing"


class RefusalReason(StrEnum):
    """Why a pair does not fit."""

    SECTOR = "sector"
    FAR = "far"
    PRICE = "price"
    UNAVAILABLE = "unavailable"
    KNOWN = "known"
    OTHER = "other"


class Match(Model):
    """A need and a listing that fit well enough to tell both owners, and when each of them was told.

    A side that is not told yet waits for a day on which its owner was told less.
    """

    __tablename__ = "match"

    id: Mapped[PrimaryKey]
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"))
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"))
    score: Mapped[float] = mapped_column(Float)
    found_at: Mapped[datetime] = mapped_column(default=now)
    need_told_at: Mapped[datetime | None]
    listing_told_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("need_id", "listing_id"),
        Index("ix_match_listing_id", "listing_id"),
        Index(
            "ix_match_untold",
            "score",
            sqlite_where=text("need_told_at IS NULL OR listing_told_at IS NULL"),
            postgresql_where=text("need_told_at IS NULL OR listing_told_at IS NULL"),
        ),
    )


class MatchRefusal(Model):
    """Not this, because …: one side's word on a pair. The pair is gone from that side's list."""

    __tablename__ = "match_refusal"

    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"), primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True)
    side: Mapped[str] = mapped_column(String(10), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_match_refusal_listing_id", "listing_id"),)

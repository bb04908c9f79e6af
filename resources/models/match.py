from datetime import datetime
from enum import StrEnum

from sqlalchemy import Float, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey
from kernel.refs import Ref


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
    """A need and what fits it well enough to tell both sides, and when each of them was told.

    `kind` and `ref_id` name what fits, `owner_id` is whose it is. A pair that waits to be told of waits for the next
    day on which its owner was told less.
    """

    __tablename__ = "need_match"

    id: Mapped[PrimaryKey]
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(30))
    ref_id: Mapped[int]
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    score: Mapped[float] = mapped_column(Float)
    found_at: Mapped[datetime] = mapped_column(default=now)
    need_told_at: Mapped[datetime | None]
    owner_told_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("need_id", "kind", "ref_id"),
        Index(
            "ix_need_match_untold",
            "score",
            sqlite_where=text("need_told_at IS NULL OR owner_told_at IS NULL"),
            postgresql_where=text("need_told_at IS NULL OR owner_told_at IS NULL"),
        ),
    )

    @property
    def ref(self) -> Ref:
        """What fits the need."""
        return Ref(self.kind, self.ref_id)


class MatchRefusal(Model):
    """Not this, because …: one side's word on a need and what was found for it. It is gone from that side's list."""

    __tablename__ = "need_refusal"

    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    ref_id: Mapped[int] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(String(10), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_need_refusal_kind_ref_id", "kind", "ref_id"),)

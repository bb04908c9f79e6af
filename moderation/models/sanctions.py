from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


class SanctionKind(StrEnum):
    """In the order of their weight: a warning; reading only; shut out."""

    WARNING = "warning"
    SILENCE = "silence"
    SUSPENSION = "suspension"


class Sanction(Model):
    """What was imposed on somebody, under which rule, why and until when. Never deleted: it ends or is lifted.

    `scope` is the token of whose decision it was, and `audience` of who may read in the log that it was taken.
    `reason` is what the person reads, `note` what the moderators keep among themselves. A silence or suspension without
    `ends_at` lasts until it is lifted. What counts for the doors are `user.silenced_until` and `user.suspended_at`;
    one function derives them from the sanctions in force, a check compares.
    """

    __tablename__ = "sanction"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    scope: Mapped[str] = mapped_column(String(80))
    audience: Mapped[str] = mapped_column(String(80))
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("house_rule.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500))
    note: Mapped[str] = mapped_column(String(500), default="")
    review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id", ondelete="SET NULL"), index=True)
    imposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    lift_reason: Mapped[str] = mapped_column(String(500), default="")

    __table_args__ = (
        Index("ix_sanction_user_id_id", "user_id", "id"),
        Index("ix_sanction_ends_at", "ends_at"),
        Index(
            "ix_sanction_unseen",
            "user_id",
            sqlite_where=text("seen_at IS NULL"),
            postgresql_where=text("seen_at IS NULL"),
        ),
    )


class Appeal(Model):
    """Somebody asks, once, that another moderator look again at a sanction or at the removal of what they wrote."""

    __tablename__ = "appeal"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    sanction_id: Mapped[int | None] = mapped_column(ForeignKey("sanction.id", ondelete="CASCADE"))
    review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(10), default="")
    answer: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)

    __table_args__ = (UniqueConstraint("sanction_id"), UniqueConstraint("review_id"))


class StaffNote(Model):
    """What moderators tell each other about a person or a thing; nobody else reads it. `scope` as in `Review`."""

    __tablename__ = "staff_note"

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(String(30))
    ref_id: Mapped[int]
    scope: Mapped[str] = mapped_column(String(80))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    body: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_staff_note_kind_ref_id_id", "kind", "ref_id", "id"),)

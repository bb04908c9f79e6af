from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey
from kernel.refs import Ref


class Level(StrEnum):
    """How much of a thing somebody wants to hear.

    `watching`: a notice for everything; `tracking`: new posts are counted; `normal`: only what addresses me;
    `muted`: nothing, and out of my lists.
    """

    MUTED = "muted"
    NORMAL = "normal"
    TRACKING = "tracking"
    WATCHING = "watching"


class Follow(Model):
    """Somebody follows a thread, community, tag or person at a level. No row means `normal`."""

    __tablename__ = "follow"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    ref_id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_follow_kind_ref_id_level", "kind", "ref_id", "level"),)


class Bookmark(Model):
    """A thing put aside, with a note for oneself."""

    __tablename__ = "bookmark"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(30))
    ref_id: Mapped[int]
    note: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("uq_bookmark_user_id_kind_ref_id", "user_id", "kind", "ref_id", unique=True),)


class Notice(Model):
    """Something that one person should hear: shown only while `audience` is among the tokens they hold.

    `reason` names the rule that sent it (`mention`, `quote`, `reply`, `watching:forum.tag`, …).
    """

    __tablename__ = "notice"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    ref_id: Mapped[int]
    place_kind: Mapped[str] = mapped_column(String(30))
    place_id: Mapped[int]
    audience: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_notice_user_id_id", "user_id", "id"),
        Index("uq_notice_ref", "kind", "ref_id", "user_id", "event", unique=True),
        Index(
            "ix_notice_unread",
            "user_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("ix_notice_place_kind_place_id_user_id", "place_kind", "place_id", "user_id"),
    )

    @property
    def ref(self) -> Ref:
        """What it is about."""
        return Ref(self.kind, self.ref_id)

    @property
    def place(self) -> Ref:
        """Where it happened; notices of one place are grouped."""
        return Ref(self.place_kind, self.place_id)


class LogEntry(Model):
    """An act with rights over others' things, never changed afterwards: who, what, to which thing, why."""

    __tablename__ = "log_entry"

    id: Mapped[PrimaryKey]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    act: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(30))
    ref_id: Mapped[int]
    place_kind: Mapped[str] = mapped_column(String(30))
    place_id: Mapped[int]
    audience: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        Index("ix_log_entry_kind_ref_id", "kind", "ref_id"),
        Index("ix_log_entry_place_kind_place_id_id", "place_kind", "place_id", "id"),
    )

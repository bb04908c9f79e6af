from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


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
    """Somebody follows a thread, community, tag or person at a level. No row means `normal`.

    `mail` says how the notices of this rule come by mail; None: as for everything that the person watches.
    """

    __tablename__ = "follow"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    ref_id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[str] = mapped_column(String(10))
    mail: Mapped[str | None] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_follow_kind_ref_id_level_user_id", "kind", "ref_id", "level", "user_id"),)


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

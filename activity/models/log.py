from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey


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

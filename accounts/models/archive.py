"""What somebody takes along or brings, and how they go."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Json, Model, PrimaryKey


class ArchiveKind(StrEnum):
    """Made here, or brought from elsewhere."""

    EXPORT = "export"
    IMPORT = "import"


class ArchiveState(StrEnum):
    """An export is asked for, then ready; an import may wait for the staff before its posts are shown."""

    WAITING = "waiting"
    ASKED = "asked"
    READY = "ready"
    FAILED = "failed"


class PersonArchive(Model):
    """A ZIP with all that is somebody's: the worker makes it, or takes from it; forgotten after a week.

    `done` of `total` steps are behind it, and `seen_at` is when a worker was last at it: what a worker left behind
    when it was killed is begun again by another. `report` says what an import took and left, and why it failed.
    `may_post` is whether the staff let the posts of an import in (None: nobody was asked).
    """

    __tablename__ = "person_archive"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default=ArchiveState.WAITING.value)
    name: Mapped[str] = mapped_column(String(200), default="")
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    may_post: Mapped[bool | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    worker: Mapped[str] = mapped_column(String(40), default="")
    asked_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_person_archive_user_id_id", "user_id", "id"),
        Index("ix_person_archive_state_id", "state", "id"),
    )


class Departure(Model):
    """Somebody deletes their account: nothing happens until `due_at`, then the worker does one step after another.

    `step` and `after` say where to go on. Once it is `done_at`, the row says only that this number was somebody.
    """

    __tablename__ = "departure"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    removes: Mapped[bool]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    step: Mapped[str] = mapped_column(String(60), default="")
    after: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_departure_done_at_due_at", "done_at", "due_at"),)


class RetiredHandle(Model):
    """A handle that nobody may take yet, so that nobody passes for whoever had it: only its keyed hash is kept."""

    __tablename__ = "retired_handle"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)

"""What is known of backups and of rehearsals of restoring them: for the health page and the desk of the staff.

Who makes them is the front door (`guildhall/backup/`); a run that says nothing for a while was killed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import current_app
from sqlalchemy import Index, String, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey, db, session
from kernel.work import unit_of_work

SILENCE = timedelta(minutes=5)  # after which a run that did not end is dead
LATE = timedelta(hours=50)  # two nights, and some time to work
REHEARSAL_LATE = timedelta(days=16)
LOCK = 0x6261636B


class RunKind(StrEnum):
    """What was done."""

    BACKUP = "backup"
    REHEARSAL = "rehearsal"


class BackupRun(Model):
    """One backup to where backups are kept, or one rehearsal: restored into a scratch place, compared, thrown away."""

    __tablename__ = "backup_run"

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="running")
    name: Mapped[str] = mapped_column(String(200), default="")
    stage: Mapped[str] = mapped_column(String(40), default="")
    done: Mapped[int] = mapped_column(default=0)
    expected: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str] = mapped_column(Text, default="")
    is_told: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_backup_run_kind_id", "kind", "id"),)

    @property
    def outcome(self) -> str:
        """`running`, `done`, `failed`, or `interrupted` for what was killed."""
        if self.state == "running" and now() - self.seen_at > SILENCE:
            return "interrupted"
        return self.state

    @property
    def percent(self) -> int:
        """How much of it is done, as far as that can be said."""
        return min(self.done * 100 // self.expected, 100) if self.expected else 0


@dataclass(frozen=True, slots=True)
class BackupHealth:
    """`off` (nowhere to keep them), `none` (not one yet), `ok`, `late` or `failing`; the same of rehearsals."""

    state: str
    last_good: datetime | None
    rehearsal: str
    last_rehearsal: datetime | None


def begin_run(kind: RunKind) -> int | None:
    """Note that one begins; None while another one of its kind runs somewhere."""
    with unit_of_work() as work:
        if db.engine.dialect.name == "postgresql":
            work.execute(select(func.pg_advisory_xact_lock(LOCK)))
        last = last_begun(kind)
        if last is not None and last.outcome == "running":
            return None
        run = BackupRun(kind=kind)
        work.add(run)
        work.flush()
        return run.id


def note_progress(run_id: int, *, stage: str, done: int, expected: int) -> None:
    """It lives, and how far it is."""
    with unit_of_work() as work:
        run = work.get_one(BackupRun, run_id)
        run.stage, run.done, run.expected, run.seen_at = stage, done, expected, now()


def end_run(
    run_id: int, *, error: str = "", name: str = "", size: int = 0, facts: dict[str, Any] | None = None
) -> None:
    """It is done, or failed for the reason that is given."""
    with unit_of_work() as work:
        run = work.get_one(BackupRun, run_id)
        run.state, run.error = "failed" if error else "done", error
        run.name, run.size, run.facts = name, size, facts or {}
        run.seen_at = run.finished_at = now()


def latest_backups(limit: int = 10) -> Sequence[BackupRun]:
    """The newest backups, whatever became of them."""
    return _runs(RunKind.BACKUP, limit)


def latest_rehearsals(limit: int = 5) -> Sequence[BackupRun]:
    """The newest rehearsals, whatever became of them."""
    return _runs(RunKind.REHEARSAL, limit)


def backup_health() -> BackupHealth:
    """Whether backups are made, and proven to be worth something, as they should be."""
    backup, rehearsal = last_good(RunKind.BACKUP), last_good(RunKind.REHEARSAL)
    if not current_app.config["SETTINGS"].backup_to:
        return BackupHealth("off", backup, "off", rehearsal)
    return BackupHealth(
        _state(RunKind.BACKUP, backup, LATE), backup, _state(RunKind.REHEARSAL, rehearsal, REHEARSAL_LATE), rehearsal
    )


def _state(kind: RunKind, good: datetime | None, late: timedelta) -> str:
    last = last_begun(kind)
    if last is not None and last.outcome in ("failed", "interrupted"):
        return "failing"
    if good is None:
        return "none"
    return "late" if now() - good > late else "ok"


def last_good(kind: RunKind) -> datetime | None:
    """When the newest one began that was whole."""
    return session().scalar(
        select(func.max(BackupRun.started_at)).where(BackupRun.kind == kind, BackupRun.state == "done")
    )


def last_begun(kind: RunKind) -> BackupRun | None:
    """The newest one, whatever became of it."""
    return next(iter(_runs(kind, 1)), None)


def _runs(kind: RunKind, limit: int) -> Sequence[BackupRun]:
    newest = select(BackupRun).where(BackupRun.kind == kind).order_by(BackupRun.id.desc()).limit(limit)
    return session().scalars(newest).all()

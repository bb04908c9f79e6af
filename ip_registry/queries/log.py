"""What the log shows to everybody: its checkpoints, with what witnesses added, and how it grew."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ip_registry.highwater import remember_shown
from ip_registry.logs import current_log
from ip_registry.models import Cosignature, LedgerCheckpoint, LedgerLog
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page
from kernel.rooms import id_of
from ledger.log import LogState


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A signed checkpoint of a log. `signed_at` is our own clock, a hint and no proof.

    `note` has the signatures of the log and of its witnesses, `own_note` only those of the log.
    """

    log_id: int
    origin: str
    label: str
    size: int
    root: bytes
    own_note: str
    cosignatures: tuple[str, ...]
    signed_at: datetime

    @property
    def note(self) -> str:
        """The checkpoint as it is published."""
        return self.own_note + "".join(self.cosignatures)

    @property
    def body(self) -> str:
        """The three lines that are signed, and that outsiders put their time on."""
        return self.own_note.split("\n\n", 1)[0] + "\n"


def log_named(label: str | None) -> LedgerLog:
    """The log of this label, or the one that is written now; there is none before the first registration."""
    here = (
        current_log(session())
        if label is None
        else session().scalars(select(LedgerLog).where(LedgerLog.label == label)).first()
    )
    if here is None:
        raise NotFoundError
    return here


def latest_checkpoint(label: str | None = None) -> CheckpointRow:
    """The newest checkpoint. Before it is handed out, this machine notes that the log was signed so far.

    Raises `NotFoundError` where there is no log yet.
    """
    here = log_named(label)
    return checkpoint_at(here, here.size)


def checkpoint_at(here: LedgerLog, size: int) -> CheckpointRow:
    """The checkpoint of exactly this size."""
    row = session().get(LedgerCheckpoint, (here.id, size))
    if row is None:
        raise NotFoundError
    remember_shown(here.label, LogState(here.size, here.root))
    lines = session().scalars(
        select(Cosignature.line)
        .where(Cosignature.log_id == here.id, Cosignature.size == size)
        .order_by(Cosignature.name, Cosignature.vkey)
    )
    return _row(here, row, lines)


def checkpoints(label: str | None, *, cursor: str | None, limit: int = 30) -> Page[CheckpointRow]:
    """The history of a log's checkpoints, the newest first; the cursor is the size to go on below."""
    here = log_named(label)
    remember_shown(here.label, LogState(here.size, here.root))
    asked = id_of(cursor)
    below = here.size + 1 if asked is None else asked
    found = session().scalars(
        select(LedgerCheckpoint)
        .where(LedgerCheckpoint.log_id == here.id, LedgerCheckpoint.size < below)
        .order_by(LedgerCheckpoint.size.desc())
        .limit(limit + 1)
    )
    rows = list(found)
    lines: dict[int, list[str]] = {}
    cosigned = select(Cosignature.size, Cosignature.line).where(
        Cosignature.log_id == here.id, Cosignature.size.in_([row.size for row in rows])
    )
    for size, line in session().execute(cosigned.order_by(Cosignature.name, Cosignature.vkey)):
        lines.setdefault(size, []).append(line)
    items = [_row(here, row, lines.get(row.size, ())) for row in rows[:limit]]
    return Page(items, str(items[-1].size) if len(rows) > limit else None)


def _row(here: LedgerLog, stored: LedgerCheckpoint, lines: Iterable[str]) -> CheckpointRow:
    return CheckpointRow(
        log_id=here.id,
        origin=here.origin,
        label=here.label,
        size=stored.size,
        root=stored.root,
        own_note=stored.note,
        cosignatures=tuple(lines),
        signed_at=stored.created_at,
    )

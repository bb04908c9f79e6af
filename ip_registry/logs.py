"""Which log is written now, and how a new one is opened."""

from dataclasses import dataclass
from typing import Any, cast

from flask import current_app
from sqlalchemy import Select, Table, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ip_registry.highwater import remember
from ip_registry.keys import log_of, make_secret
from ip_registry.models import LedgerLog, PendingLeaf, Record
from ip_registry.storage import SqlStorage
from kernel.clock import now
from ledger.log import EMPTY, LogState

LETTERS = "bcdefghijklmnopqrstuvwxyz"


def current_log(work: Session) -> LedgerLog | None:
    """The newest log, as it is now; None before the first registration of a site. It may be frozen."""
    newest = select(LedgerLog).order_by(LedgerLog.id.desc()).limit(1)
    return work.scalars(newest.execution_options(populate_existing=True)).first()


@dataclass(frozen=True, slots=True)
class LogHead:
    """A log as its row says it, and whether leaves wait: for this one, or still for one that was closed."""

    id: int
    origin: str
    label: str
    size: int
    root: bytes
    is_frozen: bool
    has_waiting: bool
    has_stranded: bool

    @property
    def state(self) -> LogState:
        """How far it has come."""
        return LogState(self.size, self.root)


_row = cast("Table", LedgerLog.__table__)
_waiting = cast("Table", PendingLeaf.__table__)
NEWEST: Select[Any] = select(
    *(_row.c[name] for name in ("id", "origin", "label", "size", "root", "is_frozen")),
    select(_waiting.c.id).where(_waiting.c.log_id == _row.c.id).correlate(_row).exists(),
    select(_waiting.c.id).where(_waiting.c.log_id != _row.c.id).correlate(_row).exists(),
).where(_row.c.id == select(func.max(_row.c.id)).scalar_subquery())
# Who lets leaves in points at the row and so shares its key: that is no reason to wait, and two who did would deadlock.
LOCKED = NEWEST.with_for_update(key_share=True)


def newest_log(work: Session) -> LogHead | None:
    """The newest log, as it is now, for whoever only looks at it."""
    row = work.connection().execute(NEWEST).first()
    return None if row is None else LogHead(*row)


def lock_log(work: Session) -> LogHead | None:
    """The same, held: from here on nobody else sequences until this transaction ends."""
    row = work.connection().execute(LOCKED).first()
    return None if row is None else LogHead(*row)


def open_log(work: Session) -> LedgerLog:
    """The log that is written; the first is opened when it is first asked for. Two at once are one, by its label."""
    here = current_log(work)
    if here is not None:
        return here
    try:
        with work.begin_nested():
            return begin_log(work)
    except IntegrityError:  # somebody else opened it at the same moment
        here = current_log(work)
        if here is None:
            raise
        return here


def begin_log(work: Session) -> LedgerLog:
    """A new log under a name that was never used, with the signed checkpoint of its emptiness.

    The name is the site's host and the log's label; it never changes, even when the site moves.
    """
    taken = set(work.scalars(select(LedgerLog.label)))
    year = str(now().year)
    label = next(label for label in (year, *(year + letter for letter in LETTERS)) if label not in taken)
    if not taken:
        make_secret()
    row = LedgerLog(origin=f"{_host()}/ip/{label}", label=label, size=EMPTY.size, root=EMPTY.root)
    work.add(row)
    work.flush()
    log_of(row.origin).start(SqlStorage(work, row.id, EMPTY))
    remember(label, EMPTY)  # from here on a missing file means that it was lost
    return row


def carry_over(work: Session, log_id: int) -> None:
    """What still waits for a log that was closed gets its place in this one; its `after` bounds nothing here."""
    stranded = select(PendingLeaf.leaf_hash).where(PendingLeaf.log_id != log_id)
    moved = update(Record).where(Record.leaf_hash.in_(stranded)).values(log_id=log_id, after_size=0)
    work.execute(moved.execution_options(synchronize_session=False))
    rest = update(PendingLeaf).where(PendingLeaf.log_id != log_id).values(log_id=log_id)
    work.execute(rest.execution_options(synchronize_session=False))


def _host() -> str:
    address = cast("str", current_app.config["BASE_URL"])
    return address.split("://", 1)[-1].strip("/")

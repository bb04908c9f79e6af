"""The log in SQL: what the sequencer needs inside its transaction, and what readers need of what is committed."""

from collections.abc import Hashable, Iterable, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Engine, Table, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ip_registry.models import LedgerCheckpoint, LedgerEntry, LedgerLog, LedgerTile, PendingLeaf
from kernel.clock import now
from ledger.log import Entry, LogState, Pending, StoredCheckpoint
from ledger.tiles import Tile
from ledger.tree import TileCache

IN_A_STATEMENT = 5_000

# Made once: building a statement costs more than running it, and these run for every registration.
_log, _pending, _entry, _tile, _checkpoint = (
    cast("Table", model.__table__) for model in (LedgerLog, PendingLeaf, LedgerEntry, LedgerTile, LedgerCheckpoint)
)
ENTER = insert(_entry)
SIGN = insert(_checkpoint)
TILE = select(_tile.c.hashes).where(
    _tile.c.log_id == bindparam("of_log"), _tile.c.level == bindparam("of_level"), _tile.c.n == bindparam("of_n")
)
PENDING = (
    select(_pending.c.id, _pending.c.leaf)
    .where(_pending.c.log_id == bindparam("of_log"))
    .order_by(_pending.c.id)
    .limit(bindparam("most"))
)
DROP = delete(_pending).where(_pending.c.id.in_(bindparam("ids", expanding=True)))
SWAP = (
    update(_log)
    .where(_log.c.id == bindparam("of_log"), _log.c.size == bindparam("old_size"))
    .where(_log.c.root == bindparam("old_root"), _log.c.is_frozen.is_(False))
    .values(size=bindparam("new_size"), root=bindparam("new_root"))
)


class SqlArchive:
    """One log as it was committed."""

    def __init__(self, work: Session, log_id: int) -> None:
        self._work = work
        self.log_id = log_id

    def state(self) -> LogState:
        """The size and root that the last swap left."""
        row = self._work.execute(select(LedgerLog.size, LedgerLog.root).where(LedgerLog.id == self.log_id)).one()
        return LogState(row.size, row.root)

    def tile(self, level: int, n: int) -> bytes:
        """The hashes of a tile as far as it has grown; empty when there is none."""
        found: bytes | None = self._work.connection().scalar(
            TILE, {"of_log": self.log_id, "of_level": level, "of_n": n}
        )
        return found or b""

    def entries(self, start: int, end: int) -> Sequence[Entry]:
        """The entries of `[start, end)`, in order."""
        rows = self._work.execute(
            select(LedgerEntry.index, LedgerEntry.leaf_hash, LedgerEntry.leaf)
            .where(LedgerEntry.log_id == self.log_id, LedgerEntry.index >= start, LedgerEntry.index < end)
            .order_by(LedgerEntry.index)
        )
        return [Entry(*row) for row in rows]

    def checkpoints(self, after: int, limit: int) -> Sequence[StoredCheckpoint]:
        """The checkpoints of more than `after` entries, smallest first."""
        rows = self._work.execute(
            select(LedgerCheckpoint.size, LedgerCheckpoint.root, LedgerCheckpoint.note)
            .where(LedgerCheckpoint.log_id == self.log_id, LedgerCheckpoint.size > after)
            .order_by(LedgerCheckpoint.size)
            .limit(limit)
        )
        return [StoredCheckpoint(*row) for row in rows]


class SqlStorage(SqlArchive):
    """The same log inside a transaction that holds the lock of its row, so that nothing changes but by itself.

    `state` is what that row said when it was locked, and `has_waiting` whether anything waited then.
    """

    def __init__(self, work: Session, log_id: int, state: LogState, *, has_waiting: bool = True) -> None:
        super().__init__(work, log_id)
        self._state = state
        self._has_waiting = has_waiting
        self._admitted: list[Pending] = []
        self._connection = work.connection()

    def state(self) -> LogState:
        """The size and root that the last swap left."""
        return self._state

    def tile(self, level: int, n: int) -> bytes:
        """The hashes of a tile as far as it has grown; empty when there is none."""
        found: bytes | None = self._connection.scalar(TILE, {"of_log": self.log_id, "of_level": level, "of_n": n})
        return found or b""

    def admit(self, leaves: Iterable[bytes]) -> None:
        """Let leaves in that get their places in this very transaction, after all that wait."""
        self._admitted += [Pending(None, leaf) for leaf in leaves]

    def pending(self, limit: int) -> Sequence[Pending]:
        """What waits, in the order in which it was accepted, and what was admitted."""
        if not self._has_waiting:
            return self._admitted
        rows = self._connection.execute(PENDING, {"of_log": self.log_id, "most": limit - len(self._admitted)})
        return [*(Pending(*row) for row in rows), *self._admitted]

    def append(self, entries: Sequence[Entry]) -> None:
        """Store new entries."""
        rows = [
            {"log_id": self.log_id, "index": one.index, "leaf_hash": one.leaf_hash, "leaf": one.leaf} for one in entries
        ]
        self._connection.execute(ENTER, rows)

    def save_tiles(self, tiles: Sequence[Tile]) -> None:
        """Store tiles; one that is there has only grown, and is replaced."""
        rows = [{"log_id": self.log_id, "level": one.level, "n": one.n, "hashes": one.hashes} for one in tiles]
        self._connection.execute(_save_tiles(self._connection.dialect.name), rows)

    def save_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        """Store a checkpoint; a second one of a size fails on the primary key."""
        self._connection.execute(
            SIGN,
            {
                "log_id": self.log_id,
                "size": checkpoint.size,
                "root": checkpoint.root,
                "note": checkpoint.note,
                "created_at": now(),
            },
        )

    def swap(self, old: LogState, new: LogState) -> int:
        """Replace the state if it is still the old one."""
        done = self._connection.execute(
            SWAP,
            {
                "of_log": self.log_id,
                "old_size": old.size,
                "old_root": old.root,
                "new_size": new.size,
                "new_root": new.root,
            },
        )
        if done.rowcount == 1:
            self._state = new
        return done.rowcount

    def drop_pending(self, ids: Sequence[int]) -> None:
        """Forget what has got its place."""
        for at in range(0, len(ids), IN_A_STATEMENT):
            self._connection.execute(DROP, {"ids": list(ids[at : at + IN_A_STATEMENT])})


@cache
def _save_tiles(dialect: str) -> Any:
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(LedgerTile)
    return statement.on_conflict_do_update(
        index_elements=["log_id", "level", "n"], set_={"hashes": statement.excluded.hashes}
    )


_caches: dict[tuple[Hashable, int], TileCache] = {}


def tile_cache(work: Session, log_id: int) -> TileCache:
    """The expanded tiles that this process read of a log: only what is committed is ever read through it."""
    return _caches.setdefault((address_of(work.get_bind().engine), log_id), TileCache())


def address_of(engine: Engine) -> Hashable:
    """By what a process knows its databases apart."""
    url = engine.url
    return url.host, url.port, url.database

"""A log in memory, for tests and for trying things out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy

from ledger.errors import LedgerError
from ledger.log import EMPTY, Entry, LogState, Pending, StoredCheckpoint
from ledger.tiles import Tile


class MemoryStorage:
    """A `Storage` and an `Archive` in one."""

    def __init__(self) -> None:
        self._state = EMPTY
        self._pending: dict[int, bytes] = {}
        self._leaves: set[bytes] = set()
        self._next_id = 1
        self._entries: list[Entry] = []
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._checkpoints: dict[int, StoredCheckpoint] = {}

    @contextmanager
    def transaction(self) -> Iterator["MemoryStorage"]:
        """All or nothing."""
        before = {name: copy(value) for name, value in vars(self).items()}
        try:
            yield self
        except BaseException:
            vars(self).update(before)
            raise

    def submit(self, leaf: bytes) -> int:
        """Let an entry wait; the same one twice is refused."""
        if leaf in self._leaves:
            raise LedgerError("this entry is in the log or waits")
        return self.submit_many([leaf])[0]

    def submit_many(self, leaves: Sequence[bytes]) -> list[int]:
        """Let many entries wait, which the caller knows to be different."""
        ids = list(range(self._next_id, self._next_id + len(leaves)))
        self._pending.update(zip(ids, leaves, strict=True))
        self._next_id += len(leaves)
        self._leaves.update(leaves)
        return ids

    def state(self) -> LogState:
        """The size and root of the last swap."""
        return self._state

    def pending(self, limit: int) -> Sequence[Pending]:
        """What waits, oldest first."""
        return [Pending(one, self._pending[one]) for one in sorted(self._pending)[:limit]]

    def tile(self, level: int, n: int) -> bytes:
        """The tile as far as it has grown."""
        return self._tiles.get((level, n), b"")

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep new entries."""
        self._entries.extend(entries)

    def save_tiles(self, tiles: Sequence[Tile]) -> None:
        """Keep or replace tiles."""
        self._tiles.update({(tile.level, tile.n): tile.hashes for tile in tiles})

    def save_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        """Keep a checkpoint, the only one of its size."""
        if checkpoint.size in self._checkpoints:
            raise LedgerError(f"size {checkpoint.size} was signed before")
        self._checkpoints[checkpoint.size] = checkpoint

    def swap(self, old: LogState, new: LogState) -> int:
        """Move on, if nobody else did."""
        if self._state != old:
            return 0
        self._state = new
        return 1

    def drop_pending(self, ids: Sequence[int]) -> None:
        """Forget what has its place."""
        for one in ids:
            del self._pending[one]

    def entries(self, start: int, end: int) -> Sequence[Entry]:
        """The entries of `[start, end)`."""
        return self._entries[start:end]

    def checkpoints(self, after: int, limit: int) -> Sequence[StoredCheckpoint]:
        """Checkpoints by size."""
        sizes = sorted(size for size in self._checkpoints if size > after)
        return [self._checkpoints[size] for size in sizes[:limit]]

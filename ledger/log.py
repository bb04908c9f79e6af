"""The sequencer: what waits gets its places, and the log its next checkpoint, in one transaction of the caller.

The order of everything: the caller opens a transaction and takes the log's lock; `Log.sequence` reads, computes, signs
and writes; the caller commits; then, and only then, what was signed may leave the process. Whatever raises here has to
be rolled back as a whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ledger.checkpoints import Checkpoint, must_be_public, sign_checkpoint
from ledger.errors import CorruptLogError, FormatError, LostRaceError
from ledger.keys import Signer
from ledger.merkle import EMPTY_ROOT, leaf_hash
from ledger.proofs import write_proof
from ledger.tiles import LONGEST_ENTRY, Tile, TileSource, grow
from ledger.tree import TileCache, inclusion_proof, root_at

AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class LogState:
    """How far a log has come."""

    size: int
    root: bytes


EMPTY = LogState(0, EMPTY_ROOT)


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry that was accepted and waits for its place.

    No two entries of a log are the same: whoever accepts one refuses it when its leaf hash is in the log or waits. And
    an entry is complete before it waits: nothing is added to it here, so that sequencing it twice gives one log.
    `id` is None for one that was let in by the very transaction that places it, and so never waited.
    """

    id: int | None
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry and its place."""

    index: int
    leaf_hash: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint as it was signed."""

    size: int
    root: bytes
    note: str


class Storage(TileSource, Protocol):
    """One log inside an open transaction that holds its lock. Every method is one statement, however many rows."""

    def state(self) -> LogState:
        """The size and root that the last swap left."""

    def pending(self, limit: int) -> Sequence[Pending]:
        """What waits, in the order in which it was accepted."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Store new entries."""

    def save_tiles(self, tiles: Sequence[Tile]) -> None:
        """Store tiles; one that is there has only grown, and is replaced."""

    def save_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        """Store a checkpoint; a second one of a size fails."""

    def swap(self, old: LogState, new: LogState) -> int:
        """Replace the state if it is still the old one; returns how many rows that changed."""

    def drop_pending(self, ids: Sequence[int]) -> None:
        """Forget what has got its place."""


class Archive(TileSource, Protocol):
    """One log as it was committed, for whoever publishes, audits or proves."""

    def state(self) -> LogState:
        """The size and root that the last swap left."""

    def entries(self, start: int, end: int) -> Sequence[Entry]:
        """The entries of `[start, end)`, in order."""

    def checkpoints(self, after: int, limit: int) -> Sequence[StoredCheckpoint]:
        """The checkpoints of more than `after` entries, smallest first; -1 begins with that of the empty log."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one sequencing did. It may be published once it is committed, and not before."""

    origin: str
    old: LogState
    new: LogState
    note: str
    entries: tuple[Entry, ...]
    edge: TileSource
    nodes: TileCache = field(repr=False)

    def proof_of(self, index: int) -> str:
        """The tlog-proof of one of its entries under its checkpoint, from the tiles that it has in memory."""
        return write_proof(index, inclusion_proof(self.edge, index, self.new.size, cache=self.nodes), self.note)


@dataclass(frozen=True, slots=True)
class Log:
    """A log: its name, which is never used again, and the keys that sign for it."""

    origin: str
    signers: tuple[Signer, ...]

    def __post_init__(self) -> None:
        must_be_public(self.signers)

    def sequence(
        self, storage: Storage, *, limit: int = AT_ONCE, time: int = 0, nodes: TileCache | None = None
    ) -> Batch | None:
        """Give what waits its places and sign the new size; None when nothing waits.

        `time` stands in those signatures whose type has one; 0 leaves time to the witnesses. `nodes` are those of an
        earlier batch, which spare hashing again what is still the same.
        """
        waiting = storage.pending(limit)
        if not waiting:
            return None
        old = storage.state()
        edge = _Edge(storage)
        nodes = TileCache(hashed=nodes.hashed() if nodes is not None else None)
        must_be_intact(edge, old, cache=nodes)
        entries = tuple(_placed(one.leaf, old.size + place) for place, one in enumerate(waiting))
        tiles = grow(edge, size=old.size, leaf_hashes=[entry.leaf_hash for entry in entries])
        edge.grow(tiles)
        size = old.size + len(entries)
        new = LogState(size, root_at(edge, size, cache=nodes))
        note = self.sign(new, time=time)
        storage.append(entries)
        storage.save_tiles(tiles)
        storage.save_checkpoint(StoredCheckpoint(new.size, new.root, note))
        if storage.swap(old, new) != 1:
            raise LostRaceError(f"{self.origin} is no longer of size {old.size}")
        storage.drop_pending([one.id for one in waiting if one.id is not None])
        return Batch(self.origin, old, new, note, entries, edge.alone(), nodes)

    def start(self, storage: Storage, *, time: int = 0) -> str:
        """Sign and store the checkpoint of the empty log, the first that it has."""
        if storage.state() != EMPTY:
            raise CorruptLogError(f"{self.origin} is not empty")
        note = self.sign(EMPTY, time=time)
        storage.save_checkpoint(StoredCheckpoint(EMPTY.size, EMPTY.root, note))
        return note

    def sign(self, state: LogState, *, time: int = 0) -> str:
        """The signed checkpoint of a state. The state has to be committed, or be committed together with it."""
        return sign_checkpoint(Checkpoint(self.origin, state.size, state.root), self.signers, time=time)


def must_be_intact(source: TileSource, state: LogState, *, cache: TileCache | None = None) -> None:
    """A log is never continued from tiles that do not hash to the root it signed."""
    if root_at(source, state.size, cache=cache) != state.root:
        raise CorruptLogError(f"the tiles of size {state.size} have another root than the stored one")


def _placed(leaf: bytes, index: int) -> Entry:
    if not 0 < len(leaf) <= LONGEST_ENTRY:
        raise FormatError(f"an entry has 1 to {LONGEST_ENTRY} bytes")
    return Entry(index, leaf_hash(leaf), leaf)


class _Edge:
    """The tiles at the right edge, read once and then grown: all that roots and proofs of new entries need."""

    def __init__(self, source: TileSource | None, tiles: dict[tuple[int, int], bytes] | None = None) -> None:
        self._source = source
        self._tiles = {} if tiles is None else tiles

    def tile(self, level: int, n: int) -> bytes:
        key = (level, n)
        if key not in self._tiles and self._source is not None:
            self._tiles[key] = self._source.tile(level, n)
        return self._tiles.get(key, b"")

    def grow(self, tiles: Sequence[Tile]) -> None:
        self._tiles.update({(tile.level, tile.n): tile.hashes for tile in tiles})

    def alone(self) -> "_Edge":
        """The same for after the transaction, which asks the database for nothing."""
        return _Edge(None, self._tiles)

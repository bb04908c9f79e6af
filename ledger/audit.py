"""The audit: everything that a log says of itself, recomputed from its entries, in one pass and little memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from ledger.checkpoints import open_checkpoint
from ledger.encoding import HASH_SIZE
from ledger.errors import LedgerError
from ledger.keys import Verifier
from ledger.log import Archive, Entry, LogState, StoredCheckpoint
from ledger.merkle import Frontier
from ledger.tiles import FULL, TileSource, expand, tile_path

AT_ONCE = 4_096
MOST_FAULTS = 100
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, and what is wrong with it; past a hundred faults it stops counting."""

    state: LogState
    tiles: int
    checkpoints: int
    faults: tuple[str, ...]


def audit(
    archive: Archive, verifiers: Iterable[Verifier], *, origin: str | None = None, progress: Progress | None = None
) -> Report:
    """Recompute every leaf hash, tile and root, and check every signature of the log. Read it in one snapshot.

    `progress` hears how many entries are done, and of how many.
    """
    state, faults = archive.state(), _Faults()
    tiles, frontier = _Tiles(archive, faults), Frontier()
    signed = _Checkpoints(archive, tuple(verifiers), origin, faults)
    signed.check(frontier)
    for entry in _entries(archive, state.size, progress):
        if entry.index != frontier.size:
            faults.add(f"entry {frontier.size} is missing")
            break
        leaf = sha256(b"\x00" + entry.leaf).digest()
        if leaf != entry.leaf_hash:
            faults.add(f"entry {entry.index} does not have the hash that is stored with it")
        frontier.append(leaf)
        tiles.add(leaf)
        if frontier.size == signed.next_size:
            signed.check(frontier)
    tiles.finish()
    if frontier.size != state.size:
        faults.add(f"{state.size} entries were signed, {frontier.size} are there")
    if frontier.root() != state.root:
        faults.add(f"the root of size {state.size} is not the stored one")
    if state.size and signed.last_size != state.size:
        faults.add(f"size {state.size} was never signed")
    return Report(state, tiles.count, signed.count, tuple(faults.found))


def _entries(archive: Archive, size: int, progress: Progress | None) -> Iterator[Entry]:
    for start in range(0, size, AT_ONCE):
        end = min(start + AT_ONCE, size)
        some = archive.entries(start, end)
        yield from some
        if len(some) != end - start:
            return
        if progress:
            progress(end, size)


class _Faults:
    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, fault: str) -> None:
        if len(self.found) < MOST_FAULTS:
            self.found.append(fault)


class _Tiles:
    """Tiles as they have to be, level by level; each is compared as soon as it is full, the last ones at the end."""

    def __init__(self, source: TileSource, faults: _Faults) -> None:
        self.count = 0
        self._source = source
        self._faults = faults
        self._open = [bytearray()]
        self._full = [0]

    def add(self, leaf: bytes) -> None:
        hashes = self._open[0]
        hashes += leaf
        if len(hashes) == FULL:
            self._close(0)

    def finish(self) -> None:
        for level, hashes in enumerate(self._open):
            if hashes:
                self._compare(level, bytes(hashes))

    def _close(self, level: int) -> None:
        hashes = bytes(self._open[level])
        self._compare(level, hashes)
        self._open[level].clear()
        self._full[level] += 1
        if level + 1 == len(self._open):
            self._open.append(bytearray())
            self._full.append(0)
        self._open[level + 1] += expand(hashes)[-1]
        if len(self._open[level + 1]) == FULL:
            self._close(level + 1)

    def _compare(self, level: int, hashes: bytes) -> None:
        n = self._full[level]
        self.count += 1
        if self._source.tile(level, n)[: len(hashes)] != hashes:
            self._faults.add(f"{tile_path(level, n, len(hashes) // HASH_SIZE)} is not what the entries hash to")


class _Checkpoints:
    """The stored checkpoints by size, each checked when the entries have come as far."""

    def __init__(self, archive: Archive, verifiers: tuple[Verifier, ...], origin: str | None, faults: _Faults) -> None:
        self.count = 0
        self.last_size = -1
        self._verifiers = verifiers
        self._origin = origin
        self._faults = faults
        self._stored = _stored(archive)
        self._next = next(self._stored, None)

    @property
    def next_size(self) -> int:
        """At how many entries the next one is due."""
        return self._next.size if self._next else -1

    def check(self, frontier: Frontier) -> None:
        """Check the one that is due at this size, if there is one."""
        stored = self._next
        if stored is None or stored.size != frontier.size:
            return
        fault = self._fault_of(stored, frontier.root())
        if fault:
            self._faults.add(f"checkpoint {stored.size}: {fault}")
        self.count, self.last_size = self.count + 1, stored.size
        self._next = next(self._stored, None)

    def _fault_of(self, stored: StoredCheckpoint, root: bytes) -> str:
        try:
            opened = open_checkpoint(stored.note, self._verifiers, origin=self._origin)
        except LedgerError as wrong:
            return str(wrong)
        if opened.checkpoint.size != stored.size:
            return f"it says {opened.checkpoint.size} entries"
        if not opened.checkpoint.root == stored.root == root:
            return "another root than the entries have"
        return ""


def _stored(archive: Archive) -> Iterator[StoredCheckpoint]:
    after = -1
    while some := archive.checkpoints(after, AT_ONCE):
        yield from some
        after = some[-1].size

"""Roots and proofs read from tiles: a handful of tiles each, however large the log is."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

from ledger.encoding import HASH_SIZE
from ledger.errors import ProofError
from ledger.merkle import fold
from ledger.tiles import WIDTH, TileSource, expand, read_tile

TILE_HEIGHT = 8


class TileCache:
    """Expanded tiles of one log, the most recently used ones, for many readers at once.

    It never forgets what it read: only what is committed may be read through it, and a sequencer's transaction through
    one of its own. Such a one may be given what another `hashed`: it reads every tile anew, and hashes none of the
    nodes again that the other had over the very same hashes.
    """

    def __init__(self, *, keep: int = 512, hashed: Mapping[tuple[int, int], list[bytes]] | None = None) -> None:
        self._keep = keep
        self._rows: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()
        self._hashed = hashed or {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def hashed(self) -> dict[tuple[int, int], list[bytes]]:
        """The nodes that it knows, by level and number of their tile."""
        with self._lock:
            return dict(self._rows)

    def rows(self, source: TileSource, level: int, n: int, width: int) -> list[bytes]:
        """The nodes of a tile that has grown to at least this width."""
        key = (level, n)
        with self._lock:
            rows = self._rows.get(key)
            if rows is not None and len(rows[0]) >= width * HASH_SIZE:
                self._rows.move_to_end(key)
                return rows
        rows = expand(read_tile(source, level, n, width), known=rows or self._hashed.get(key) or ())
        with self._lock:
            self._rows[key] = rows
            self._rows.move_to_end(key)
            if len(self._rows) > self._keep:
                self._rows.popitem(last=False)
        return rows


def root_at(source: TileSource, size: int, *, cache: TileCache | None = None) -> bytes:
    """The root of the first `size` leaves."""
    return _Tree(source, size, cache).root(0, size)


def inclusion_proof(source: TileSource, index: int, size: int, *, cache: TileCache | None = None) -> list[bytes]:
    """The path from leaf `index` to the root of the first `size` leaves, the leaf's sibling first."""
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} among {size}")
    tree, path = _Tree(source, size, cache), []
    start, end = 0, size
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            path.append(tree.root(middle, end))
            end = middle
        else:
            path.append(tree.root(start, middle))
            start = middle
    return path[::-1]


def consistency_proof(source: TileSource, old: int, new: int, *, cache: TileCache | None = None) -> list[bytes]:
    """That the first `old` leaves are the beginning of the first `new`; empty for equal sizes."""
    if not 0 < old <= new:
        raise ProofError(f"no consistency proof leads from {old} to {new}")
    tree, path = _Tree(source, new, cache), []
    start, end = 0, new
    while end != old:
        middle = _split(start, end)
        if old <= middle:
            path.append(tree.root(middle, end))
            end = middle
        else:
            path.append(tree.root(start, middle))
            start = middle
    # Whoever asks knows the root of the old tree, and no other subtree.
    if start:
        path.append(tree.root(start, end))
    return path[::-1]


class _Tree:
    """The nodes over the first `size` leaves."""

    def __init__(self, source: TileSource, size: int, cache: TileCache | None) -> None:
        self._source = source
        self._size = size
        self._cache = TileCache(keep=64) if cache is None else cache

    def root(self, start: int, end: int) -> bytes:
        """The root over `[start, end)`, where `start` is a multiple of the largest perfect subtree in it."""
        peaks = []
        while start < end:
            height = (end - start).bit_length() - 1
            peaks.append(self._node(height, start >> height))
            start += 1 << height
        return fold(peaks)

    def _node(self, height: int, index: int) -> bytes:
        level, within = divmod(height, TILE_HEIGHT)
        n, first = divmod(index << within, WIDTH)
        width = min(WIDTH, (self._size >> (TILE_HEIGHT * level)) - n * WIDTH)
        at = (first >> within) * HASH_SIZE
        return self._cache.rows(self._source, level, n, width)[within][at : at + HASH_SIZE]


def _split(start: int, end: int) -> int:
    return start + (1 << ((end - start - 1).bit_length() - 1))

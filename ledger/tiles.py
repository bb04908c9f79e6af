"""Tiles: how a log of any size is served as files that never change (C2SP tlog-tiles).

Tile `n` of level `l` holds up to 256 hashes; the hash at place `i` is the root over the leaves of
`[(256n + i)·256^l, (256n + i + 1)·256^l)`. A partial tile is the beginning of the later one, so that one growing blob
serves every width that was ever signed. An entry bundle holds the entries under a tile of level 0.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from ledger.encoding import HASH_SIZE
from ledger.errors import FormatError, MissingTileError

WIDTH = 256
FULL = WIDTH * HASH_SIZE
ENTRIES = -1
MOST_LEVELS = 64
LONGEST_ENTRY = 65_535
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?\Z")
_MOST_GROUPS = 6


class TileSource(Protocol):
    """Where tiles are read from."""

    def tile(self, level: int, n: int) -> bytes:
        """The hashes of a tile as far as it has grown, possibly beyond the size one asks about; empty when absent."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile as it is now: its whole growing blob."""

    level: int
    n: int
    hashes: bytes


@dataclass(frozen=True, slots=True)
class TileAddress:
    """Which resource a path names; the level of an entry bundle is `ENTRIES`."""

    level: int
    n: int
    width: int = WIDTH


def tile_path(level: int, n: int, width: int = WIDTH) -> str:
    """The path of a tile, or of an entry bundle where the level is `ENTRIES`, below the log's prefix."""
    if not (ENTRIES <= level < MOST_LEVELS and 0 <= n < 1000**_MOST_GROUPS and 0 < width <= WIDTH):
        raise FormatError(f"no tile has level {level}, number {n} and width {width}")
    groups = [f"{n % 1000:03}"]
    while n := n // 1000:
        groups.append(f"x{n % 1000:03}")
    part = f".p/{width}" if width < WIDTH else ""
    return f"tile/{'entries' if level == ENTRIES else level}/{'/'.join(reversed(groups))}{part}"


def parse_tile_path(path: str) -> TileAddress:
    """The way back; a path that `tile_path` would not write is refused."""
    found = _PATH.match(path)
    if not found:
        raise FormatError(f"not the path of a tile: {path[:80]!r}")
    level = ENTRIES if found[1] == "entries" else int(found[1])
    n = int(found[2].replace("/", "").replace("x", ""))
    address = TileAddress(level, n, int(found[3]) if found[3] else WIDTH)
    if tile_path(address.level, address.n, address.width) != path:
        raise FormatError(f"not the canonical path of a tile: {path[:80]!r}")
    return address


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: every entry after its length in two bytes."""
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def unpack_entries(bundle: bytes) -> list[bytes]:
    """The entries of a bundle, which ends where its last entry ends."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if at + 2 > len(bundle) or end > len(bundle) or len(entries) == WIDTH:
            raise FormatError("the entry bundle is cut off or too long")
        entries.append(bundle[at + 2 : end])
        at = end
    return entries


def widths(size: int) -> list[int]:
    """How many hashes each level has in a log of this size, level 0 first."""
    counts = []
    while size:
        counts.append(size)
        size >>= 8
    return counts


def grow(source: TileSource, *, size: int, leaf_hashes: Sequence[bytes]) -> list[Tile]:
    """Every tile that new leaves change or begin, as it is afterwards; `source` holds the tiles of `size` leaves."""
    tiles: list[Tile] = []
    added, level, count = b"".join(leaf_hashes), 0, size
    while added:
        n, width = divmod(count, WIDTH)
        blob = read_tile(source, level, n, width) + added if width else added
        roots = []
        for at in range(0, len(blob), FULL):
            hashes = blob[at : at + FULL]
            tiles.append(Tile(level, n + at // FULL, hashes))
            if len(hashes) == FULL:
                roots.append(expand(hashes)[-1])
        added, level, count = b"".join(roots), level + 1, count // WIDTH
    return tiles


def read_tile(source: TileSource, level: int, n: int, width: int) -> bytes:
    """The first `width` hashes of a tile."""
    blob = source.tile(level, n)
    if len(blob) < width * HASH_SIZE:
        raise MissingTileError(f"{tile_path(level, n, width)} is missing: {len(blob) // HASH_SIZE} hashes are stored")
    return blob[: width * HASH_SIZE]


def expand(hashes: bytes, *, known: Sequence[bytes] = ()) -> list[bytes]:
    """A tile's nodes by height within it: its hashes, the roots over each pair of them, and so on up to one or none.

    Where the tile begins with the very hashes of one whose nodes are `known`, only what grew since is hashed.
    """
    if known and not hashes.startswith(known[0]):
        known = ()
    rows = [hashes]
    row, pair = hashes, 2 * HASH_SIZE
    while len(row) >= pair:
        done = known[len(rows)] if len(rows) < len(known) else b""
        whole = len(row) - len(row) % pair
        more = [sha256(b"\x01" + row[at : at + pair]).digest() for at in range(2 * len(done), whole, pair)]
        row = done + b"".join(more)
        rows.append(row)
    return rows

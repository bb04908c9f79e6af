"""Tiles: their paths, what is in them, and proofs that are read from them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import FormatError, MissingTileError, ProofError
from ledger.merkle import EMPTY_ROOT, leaf_hash, verify_consistency, verify_inclusion
from ledger.tiles import (
    ENTRIES,
    LONGEST_ENTRY,
    WIDTH,
    TileAddress,
    expand,
    grow,
    pack_entries,
    parse_tile_path,
    tile_path,
    unpack_entries,
    widths,
)
from ledger.tree import TileCache, consistency_proof, inclusion_proof, root_at
from tests.ledger.logs import VECTORS, leaves, naive_consistency, naive_path, naive_root

FACTS = json.loads((VECTORS / "c2sp" / "examples.json").read_text())["tile_facts"]
COUNT = 70_000
HASHES = [leaf_hash(leaf) for leaf in leaves(COUNT)]
SIZES = st.one_of(st.integers(1, 1_200), st.integers(65_400, 65_700), st.integers(1, COUNT))


class Tiles:
    """Tiles in a dictionary that counts what is read."""

    def __init__(self, count: int) -> None:
        self.read = 0
        self.blobs: dict[tuple[int, int], bytes] = {}
        self.add(0, HASHES[:count])

    def add(self, size: int, hashes: list[bytes]) -> None:
        for tile in grow(self, size=size, leaf_hashes=hashes):
            self.blobs[tile.level, tile.n] = tile.hashes

    def tile(self, level: int, n: int) -> bytes:
        self.read += 1
        return self.blobs.get((level, n), b"")


ALL = Tiles(COUNT)


def test_a_path_is_written_in_groups_of_three_digits() -> None:
    assert tile_path(0, FACTS["path"]["index"]) == f"tile/0/{FACTS['path']['encoded']}"
    assert tile_path(2, 5, 17) == "tile/2/005.p/17"
    assert tile_path(ENTRIES, 1000, 255) == "tile/entries/x001/000.p/255"


@given(st.integers(ENTRIES, 63), st.integers(0, 10**18 - 1), st.integers(1, WIDTH))
def test_a_path_leads_back_to_its_tile(level: int, n: int, width: int) -> None:
    assert parse_tile_path(tile_path(level, n, width)) == TileAddress(level, n, width)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/1",
        "tile/0/0001",
        "tile/00/001",
        "tile/64/001",
        "tile/-1/001",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/0/001.p/",
        "tile/0/001\n",
        "tile/0/٠٠١",
        "/tile/0/001",
        "tile/data/001",
        "tile/0/../001",
        "",
    ],
)
def test_any_other_path_is_refused(path: str) -> None:
    with pytest.raises(FormatError):
        parse_tile_path(path)


def test_a_log_of_70000_entries_has_the_tiles_that_the_specification_says() -> None:
    facts = FACTS["size_70000"]
    assert [divmod(count, WIDTH) for count in widths(COUNT)] == [
        (facts["level0_full"], facts["level0_partial"]),
        (facts["level1_full"], facts["level1_partial"]),
        (0, facts["level2_partial"]),
    ]
    assert {key: len(blob) // 32 for key, blob in ALL.blobs.items() if len(blob) < WIDTH * 32} == {
        (0, 273): 112,
        (1, 1): 17,
        (2, 0): 1,
    }


def test_a_log_of_256_entries_has_one_hash_on_the_next_level() -> None:
    assert {key: len(blob) // 32 for key, blob in Tiles(256).blobs.items()} == {(0, 0): 256, (1, 0): 1}


@given(st.lists(st.integers(1, 700), max_size=6))
def test_tiles_grow_alike_in_whatever_batches(batches: list[int]) -> None:
    size, grown = 0, Tiles(0)
    for batch in batches:
        before = dict(grown.blobs)
        grown.add(size, HASHES[size : size + batch])
        size += batch
        assert all(grown.blobs[key].startswith(blob) for key, blob in before.items())
    assert grown.blobs == Tiles(size).blobs


def test_a_root_is_that_of_the_definition() -> None:
    for size in (0, 1, 2, 3, 255, 256, 257, 511, 513, 65_535, 65_536, 65_537, COUNT):
        assert root_at(ALL, size) == naive_root(HASHES[:size])
    assert root_at(ALL, 0) == EMPTY_ROOT


@given(SIZES, st.data())
def test_inclusion_proofs_are_those_of_the_definition(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(ALL, index, size)
    if size <= 1_200:
        assert proof == naive_path(index, HASHES[:size])
    verify_inclusion(index=index, size=size, leaf=HASHES[index], proof=proof, root=root_at(ALL, size))


@given(SIZES, st.data())
def test_consistency_proofs_are_those_of_the_definition(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    proof = consistency_proof(ALL, old, size)
    if size <= 1_200:
        assert proof == naive_consistency(old, HASHES[:size])
    roots = {"old_root": root_at(ALL, old), "new_root": root_at(ALL, size)}
    verify_consistency(old_size=old, new_size=size, proof=proof, **roots)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_what_is_not_there_is_not_proved(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        inclusion_proof(ALL, index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5)])
def test_a_log_does_not_shrink(old: int, new: int) -> None:
    with pytest.raises(ProofError):
        consistency_proof(ALL, old, new)


def test_a_missing_or_short_tile_is_named() -> None:
    tiles = Tiles(300)
    tiles.blobs[0, 1] = tiles.blobs[0, 1][:-32]
    with pytest.raises(MissingTileError, match=r"tile/0/001\.p/44 is missing: 43"):
        root_at(tiles, 300)
    assert root_at(tiles, 299) == naive_root(HASHES[:299])


def test_a_proof_reads_few_tiles_and_with_a_cache_none_twice() -> None:
    tiles = Tiles(COUNT)
    tiles.read = 0
    inclusion_proof(tiles, 12_345, COUNT)
    assert tiles.read <= 5
    tiles.read, cache = 0, TileCache()
    first = inclusion_proof(tiles, 12_345, COUNT, cache=cache)
    read = tiles.read
    assert inclusion_proof(tiles, 12_345, COUNT, cache=cache) == first
    assert tiles.read == read


def test_a_cache_notices_that_a_tile_has_grown_and_stays_small() -> None:
    tiles, cache = Tiles(300), TileCache(keep=3)
    assert root_at(tiles, 300, cache=cache) == naive_root(HASHES[:300])
    tiles.add(300, HASHES[300:2_000])
    for size in range(290, 2_000, 77):
        assert root_at(tiles, size, cache=cache) == naive_root(HASHES[:size])
    assert len(cache) == 3


@given(st.integers(0, WIDTH), st.integers(0, WIDTH), st.integers(0, WIDTH))
def test_known_nodes_spare_hashing_and_change_nothing(width: int, before: int, changed: int) -> None:
    hashes = b"".join(HASHES[:width])
    assert expand(hashes, known=expand(hashes[: before * 32])) == expand(hashes)
    other = bytearray(b"".join(HASHES[:before]))
    if changed < before:
        other[changed * 32] ^= 1
    assert expand(hashes, known=expand(bytes(other))) == expand(hashes)


@given(st.lists(st.binary(max_size=300), max_size=WIDTH))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    assert unpack_entries(pack_entries(entries)) == entries


def test_a_bundle_holds_the_longest_entry() -> None:
    assert unpack_entries(pack_entries([b"x" * LONGEST_ENTRY])) == [b"x" * LONGEST_ENTRY]


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x05abcd", b"\x00\x01a\x00", b"\x00\x01a" * 257])
def test_a_bundle_that_is_cut_off_or_too_long_is_refused(bundle: bytes) -> None:
    with pytest.raises(FormatError):
        unpack_entries(bundle)

"""The audit: it passes a good log, and finds one changed bit wherever it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.audit import MOST_FAULTS, audit
from ledger.keys import Kind
from ledger.log import Entry, LogState, StoredCheckpoint
from ledger.memory import MemoryStorage
from ledger.tiles import Tile
from tests.ledger.logs import LOG, LOG_KEY, ORIGIN, WITNESS, leaves, log_of, sequence, signer

KEYS = [LOG_KEY.verifier]
SIZE = 700
GOOD = log_of(1, 255, 300, 144)


class Changed(MemoryStorage):
    """The good log with one thing changed."""

    def __init__(self) -> None:
        super().__init__()
        vars(self).update(
            {name: value.copy() if hasattr(value, "copy") else value for name, value in vars(GOOD).items()}
        )

    def change_entry(self, index: int, **changes: object) -> None:
        self._entries[index] = replace(self._entries[index], **changes)

    def change_checkpoint(self, size: int, **changes: object) -> None:
        self._checkpoints[size] = replace(self._checkpoints[size], **changes)

    def change_state(self, state: LogState) -> None:
        self._state = state

    def put_entry(self, place: int, entry: Entry) -> None:
        self._entries[place] = entry

    def remove_entry(self, index: int) -> None:
        del self._entries[index]

    def remove_checkpoint(self, size: int) -> None:
        del self._checkpoints[size]


def faults(storage: MemoryStorage) -> str:
    return "\n".join(audit(storage, KEYS, origin=ORIGIN).faults)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_a_good_log_passes_and_is_counted() -> None:
    report = audit(GOOD, KEYS, origin=ORIGIN)
    assert (report.state, report.faults) == (GOOD.state(), ())
    assert (report.tiles, report.checkpoints) == (4, 5)


@pytest.mark.parametrize("sizes", [(), (1,), (255, 1), (256,), (257,), (65_535, 1, 1)])
def test_good_logs_of_awkward_sizes_pass(sizes: tuple[int, ...]) -> None:
    assert faults(log_of(*sizes)) == ""


def test_progress_is_told() -> None:
    heard: list[tuple[int, int]] = []
    audit(log_of(9_000), KEYS, progress=lambda done, of: heard.append((done, of)))
    assert heard == [(4_096, 9_000), (8_192, 9_000), (9_000, 9_000)]


@given(st.data())
def test_one_flipped_bit_of_an_entry_is_found(data: st.DataObject) -> None:
    storage, index = Changed(), data.draw(st.integers(0, SIZE - 1))
    leaf = leaves(1, index)[0]
    storage.change_entry(index, leaf=flipped(leaf, data.draw(st.integers(0, len(leaf) * 8 - 1))))
    found = faults(storage)
    assert f"entry {index} does not have the hash" in found
    assert f"the root of size {SIZE}" in found


@given(st.integers(0, SIZE - 1), st.integers(0, 255))
def test_one_flipped_bit_of_a_stored_leaf_hash_is_found(index: int, bit: int) -> None:
    storage = Changed()
    storage.change_entry(index, leaf_hash=flipped(GOOD.entries(index, index + 1)[0].leaf_hash, bit))
    assert faults(storage) == f"entry {index} does not have the hash that is stored with it"


@given(st.data())
def test_one_flipped_bit_of_a_tile_is_found(data: st.DataObject) -> None:
    level, n = data.draw(st.sampled_from([(0, 0), (0, 1), (0, 2), (1, 0)]))
    storage, blob = Changed(), GOOD.tile(level, n)
    storage.save_tiles([Tile(level, n, flipped(blob, data.draw(st.integers(0, len(blob) * 8 - 1))))])
    found = faults(storage)
    assert found.startswith(f"tile/{level}/00{n}")
    assert found.count("\n") == 0


@given(st.data())
def test_one_flipped_bit_of_a_checkpoint_is_found(data: st.DataObject) -> None:
    size = data.draw(st.sampled_from([0, 1, 256, 556, 700]))
    note = GOOD.checkpoints(size - 1, 1)[0].note.encode()
    changed = flipped(note, data.draw(st.integers(0, len(note) * 8 - 1)))
    storage = Changed()
    storage.change_checkpoint(size, note=changed)
    assert faults(storage).startswith(f"checkpoint {size}: ")


@given(st.integers(0, 255), st.sampled_from([0, 1, 556, 700]))
def test_one_flipped_bit_of_a_stored_root_is_found(bit: int, size: int) -> None:
    storage, root = Changed(), GOOD.checkpoints(size - 1, 1)[0].root
    storage.change_checkpoint(size, root=flipped(root, bit))
    assert faults(storage) == f"checkpoint {size}: another root than the entries have"
    storage = Changed()
    storage.change_state(LogState(SIZE, flipped(GOOD.state().root, bit)))
    assert faults(storage) == f"the root of size {SIZE} is not the stored one"


def test_a_note_of_another_size_is_found() -> None:
    storage = Changed()
    storage.change_checkpoint(256, note=GOOD.checkpoints(0, 1)[0].note)
    assert faults(storage) == "checkpoint 256: it says 1 entries"


def test_a_root_that_was_signed_and_not_stored_is_found() -> None:
    storage = Changed()
    storage.change_checkpoint(256, note=LOG.sign(LogState(256, b"f" * 32)))
    assert faults(storage) == "checkpoint 256: another root than the entries have"


@pytest.mark.parametrize("index", [0, 255, 256, SIZE - 1])
def test_a_missing_entry_is_found(index: int) -> None:
    storage = Changed()
    storage.remove_entry(index)
    assert f"{SIZE} entries were signed, {index} are there" in faults(storage)


def test_a_missing_last_checkpoint_is_found() -> None:
    storage = Changed()
    storage.remove_checkpoint(SIZE)
    assert faults(storage) == f"size {SIZE} was never signed"


def test_a_missing_tile_is_found() -> None:
    storage = Changed()
    storage.save_tiles([Tile(0, 1, b"")])
    assert faults(storage) == "tile/0/001 is not what the entries hash to"


def test_a_log_of_another_key_or_origin_is_found() -> None:
    assert len(audit(GOOD, [WITNESS.verifier]).faults) == 5
    assert "another log" in "".join(audit(GOOD, KEYS, origin="another.example").faults)
    assert "no known key" in "".join(audit(GOOD, [signer(ORIGIN, Kind.ED25519, 5).verifier]).faults)


def test_the_faults_of_a_ruined_log_are_not_counted_for_ever() -> None:
    storage = Changed()
    for index in range(SIZE):
        storage.change_entry(index, leaf=b"x")
    assert len(audit(storage, KEYS).faults) == MOST_FAULTS


def test_entries_out_of_order_are_found() -> None:
    storage = Changed()
    for place, entry in ((7, GOOD.entries(8, 9)[0]), (8, GOOD.entries(7, 8)[0])):
        storage.put_entry(place, entry)
    assert "entry 7 is missing" in faults(storage)


def test_a_log_that_went_on_after_it_was_looked_at_still_passes() -> None:
    class GoesOn(Changed):
        def state(self) -> LogState:
            return GOOD.state()

    storage = GoesOn()
    storage.append([Entry(SIZE, b"h" * 32, b"next")])
    storage.save_tiles([Tile(0, 2, GOOD.tile(0, 2) + b"h" * 32)])
    storage.save_checkpoint(StoredCheckpoint(SIZE + 1, b"r" * 32, "next"))
    assert faults(storage) == ""


def test_batches_of_many_sizes_pass() -> None:
    storage = log_of()
    for count in range(1, 40):
        sequence(storage, leaves(count, storage.state().size))
    assert audit(storage, KEYS).checkpoints == 40
    assert faults(storage) == ""

"""The sequencer: places without gaps, one checkpoint a size, and nothing at all when a race is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoints import open_checkpoint
from ledger.errors import CorruptLogError, FormatError, LedgerError, LostRaceError, MissingTileError
from ledger.log import EMPTY, Batch, Log, LogState
from ledger.memory import MemoryStorage
from ledger.merkle import leaf_hash, root_of
from ledger.proofs import verify_proof
from ledger.tiles import LONGEST_ENTRY, Tile
from ledger.tree import root_at
from tests.ledger.logs import LOG, LOG_KEY, LOG_KEY_PQ, NOW, ORIGIN, leaves, log_of, sequence


def everything(storage: MemoryStorage) -> list[object]:
    size = storage.state().size
    tiles = [storage.tile(level, n) for level in range(4) for n in range(20)]
    return [storage.state(), storage.entries(0, size + 1), storage.checkpoints(-1, 1000), storage.pending(1000), tiles]


def test_what_waits_gets_the_next_places_in_its_order() -> None:
    storage = MemoryStorage()
    for leaf in leaves(3):
        storage.submit(leaf)
    with storage.transaction():
        batch = LOG.sequence(storage)
    assert isinstance(batch, Batch)
    assert [(one.index, one.leaf) for one in batch.entries] == list(enumerate(leaves(3)))
    assert (batch.old, batch.new) == (EMPTY, storage.state())
    assert list(batch.entries) == list(storage.entries(0, 9))
    assert storage.pending(9) == []
    opened = open_checkpoint(batch.note, [LOG_KEY.verifier], origin=ORIGIN).checkpoint
    assert (opened.size, opened.root) == (3, root_of([leaf_hash(leaf) for leaf in leaves(3)]))
    assert storage.checkpoints(-1, 9)[-1].note == batch.note


@pytest.mark.parametrize(
    ("before", "count"), [(0, 1), (0, 300), (255, 1), (255, 3), (256, 1), (700, 400), (65_530, 5), (65_530, 300)]
)
def test_a_batch_proves_its_entries_from_what_it_has_in_memory(before: int, count: int) -> None:
    storage = log_of(before) if before else log_of()
    storage.submit_many(leaves(count, before))
    with storage.transaction():
        batch = LOG.sequence(storage)
    assert batch is not None
    storage._tiles.clear()
    for entry in {batch.entries[0], batch.entries[count // 2], batch.entries[-1]}:
        verified = verify_proof(batch.proof_of(entry.index), entry.leaf, [LOG_KEY.verifier])
        assert (verified.index, verified.checkpoint.size) == (entry.index, before + count)


def test_when_nothing_waits_nothing_is_signed() -> None:
    storage = log_of(5)
    before = everything(storage)
    assert LOG.sequence(storage) is None
    assert everything(storage) == before


def test_a_batch_has_a_limit_and_the_rest_waits_on() -> None:
    storage = MemoryStorage()
    storage.submit_many(leaves(10))
    LOG.sequence(storage, limit=4)
    assert storage.state().size == 4
    assert [one.leaf for one in storage.pending(99)] == leaves(6, 4)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_the_batches_change_the_checkpoints_and_not_the_log(batches: list[int]) -> None:
    split, whole = log_of(*batches), log_of(sum(batches))
    assert split.state() == whole.state()
    assert split.entries(0, 9999) == whole.entries(0, 9999)
    assert [split.tile(level, n) for level in range(3) for n in range(9)] == [
        whole.tile(level, n) for level in range(3) for n in range(9)
    ]
    for checkpoint in split.checkpoints(-1, 99):
        opened = open_checkpoint(checkpoint.note, [LOG_KEY.verifier], origin=ORIGIN).checkpoint
        assert (opened.size, opened.root) == (checkpoint.size, checkpoint.root)
        assert root_at(whole, checkpoint.size) == checkpoint.root


def test_sequencing_the_same_again_gives_the_same_log_to_the_byte() -> None:
    assert everything(log_of(7, 250, 3)) == everything(log_of(7, 250, 3))


class Overtaken(MemoryStorage):
    """Somebody else moves the log on just before the swap."""

    def swap(self, old: LogState, new: LogState) -> int:
        return super().swap(LogState(old.size + 1, new.root), new)


def test_a_lost_race_leaves_nothing_behind() -> None:
    storage = Overtaken()
    storage.submit_many(leaves(3))
    before = everything(storage)
    with pytest.raises(LostRaceError, match="no longer of size 0"), storage.transaction():
        LOG.sequence(storage)
    assert everything(storage) == before


def test_a_log_is_not_continued_on_tiles_that_hash_to_something_else() -> None:
    storage = log_of(300)
    tile = storage.tile(0, 1)
    storage.save_tiles([Tile(0, 1, bytes([tile[0] ^ 1]) + tile[1:])])
    storage.submit(b"next")
    with pytest.raises(CorruptLogError, match="another root"):
        LOG.sequence(storage)
    storage.save_tiles([Tile(0, 1, tile[:-32])])
    with pytest.raises(MissingTileError):
        LOG.sequence(storage)
    storage.save_tiles([Tile(0, 1, tile)])
    assert LOG.sequence(storage) is not None


def test_what_an_earlier_batch_hashed_spares_no_look_at_the_tiles() -> None:
    storage, plain = log_of(300), log_of(300)
    nodes = None
    for count in (1, 200, 30):
        for one in (storage, plain):
            one.submit_many(leaves(count, one.state().size))
        batch = LOG.sequence(storage, nodes=nodes)
        assert batch is not None
        assert LOG.sequence(plain) is not None
        nodes = batch.nodes
    assert everything(storage) == everything(plain)
    tile = storage.tile(0, 2)
    storage.save_tiles([Tile(0, 2, tile[:-1] + bytes([tile[-1] ^ 1]))])
    storage.submit(b"next")
    with pytest.raises(CorruptLogError, match="another root"):
        LOG.sequence(storage, nodes=nodes)


def test_what_an_interrupted_writer_left_beyond_the_size_is_overwritten() -> None:
    storage = log_of(300)
    storage.save_tiles([Tile(0, 1, storage.tile(0, 1) + b"x" * 64)])
    sequence(storage, leaves(5, 300))
    assert storage.state() == log_of(305).state()
    assert storage.tile(0, 1) == log_of(305).tile(0, 1)


@pytest.mark.parametrize("leaf", [b"", b"x" * (LONGEST_ENTRY + 1)])
def test_an_entry_that_no_bundle_holds_is_refused(leaf: bytes) -> None:
    storage = MemoryStorage()
    storage.submit_many([b"good", leaf])
    with pytest.raises(FormatError), storage.transaction():
        LOG.sequence(storage)
    assert storage.state() == EMPTY


def test_the_empty_log_is_signed_once() -> None:
    storage = MemoryStorage()
    note = LOG.start(storage)
    assert open_checkpoint(note, [LOG_KEY.verifier]).checkpoint.size == 0
    with pytest.raises(LedgerError, match="signed before"):
        LOG.start(storage)
    sequence(storage, leaves(1))
    with pytest.raises(CorruptLogError, match="not empty"):
        LOG.start(storage)


def test_both_keys_sign_and_only_the_one_with_a_time_says_it() -> None:
    storage = MemoryStorage()
    storage.submit(b"one")
    batch = Log(ORIGIN, (LOG_KEY, LOG_KEY_PQ)).sequence(storage, time=NOW)
    assert batch is not None
    verified = open_checkpoint(batch.note, [LOG_KEY.verifier, LOG_KEY_PQ.verifier]).verified
    assert [one.time for one in verified] == [None, NOW]


def test_the_same_entry_is_not_accepted_twice() -> None:
    storage = MemoryStorage()
    storage.submit(b"one")
    with pytest.raises(LedgerError):
        storage.submit(b"one")
    LOG.sequence(storage)
    with pytest.raises(LedgerError):
        storage.submit(b"one")

"""Logs to test with: fixed keys, a naive tree to compare with, and what other projects' logs look like on disk."""

from collections.abc import Sequence
from pathlib import Path

from ledger.keys import Kind, Signer
from ledger.log import AT_ONCE, Log
from ledger.memory import MemoryStorage
from ledger.merkle import EMPTY_ROOT, node_hash
from ledger.policies import Policy, policy_of
from ledger.tiles import tile_path

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
ORIGIN = "guildhall.example/ip/test"
NOW = 1_790_000_000


def signer(name: str, kind: Kind, number: int = 1) -> Signer:
    return Signer(name, kind, bytes([number]) * 32)


LOG_KEY = signer(ORIGIN, Kind.ED25519)
LOG_KEY_PQ = signer(ORIGIN, Kind.ML_DSA_44)
WITNESS = signer("witness.example/w1", Kind.ED25519_COSIGNATURE, 2)
WITNESS_PQ = signer("witness.example/w2", Kind.ML_DSA_44, 3)
LOG = Log(ORIGIN, (LOG_KEY,))


def both_witnesses(threshold: int = 2) -> Policy:
    witnesses = {"w1": WITNESS.verifier, "w2": WITNESS_PQ.verifier}
    return policy_of(log=[LOG_KEY.verifier], witnesses=witnesses, threshold=threshold)


def leaves(count: int, start: int = 0) -> list[bytes]:
    return [b"entry %d" % number for number in range(start, start + count)]


def sequence(storage: MemoryStorage, entries: Sequence[bytes], *, log: Log = LOG) -> None:
    """One batch."""
    storage.submit_many(entries)
    with storage.transaction():
        assert log.sequence(storage, limit=max(AT_ONCE, len(entries))) is not None


def log_of(*batches: int) -> MemoryStorage:
    """A log of so many entries, signed after each batch."""
    storage = MemoryStorage()
    LOG.start(storage)
    for count in batches:
        sequence(storage, leaves(count, storage.state().size))
    return storage


def naive_root(hashes: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1, as it is written."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else EMPTY_ROOT
    middle = split(len(hashes))
    return node_hash(naive_root(hashes[:middle]), naive_root(hashes[middle:]))


def naive_path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1."""
    if len(hashes) == 1:
        return []
    middle = split(len(hashes))
    if index < middle:
        return [*naive_path(index, hashes[:middle]), naive_root(hashes[middle:])]
    return [*naive_path(index - middle, hashes[middle:]), naive_root(hashes[:middle])]


def naive_consistency(old: int, hashes: Sequence[bytes], *, is_known: bool = True) -> list[bytes]:
    """RFC 6962, 2.1.2."""
    if old == len(hashes):
        return [] if is_known else [naive_root(hashes)]
    middle = split(len(hashes))
    if old <= middle:
        return [*naive_consistency(old, hashes[:middle], is_known=is_known), naive_root(hashes[middle:])]
    return [*naive_consistency(old - middle, hashes[middle:], is_known=False), naive_root(hashes[:middle])]


def split(count: int) -> int:
    """The largest power of two below it."""
    middle = 1
    while middle * 2 < count:
        middle *= 2
    return middle


class TilesOnDisk:
    """The tiles of a published log."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def tile(self, level: int, n: int) -> bytes:
        whole = self.directory / tile_path(level, n)
        if whole.is_file():
            return whole.read_bytes()
        parts = sorted(whole.with_name(f"{whole.name}.p").glob("*"), key=lambda part: int(part.name))
        return parts[-1].read_bytes() if parts else b""

"""The Merkle tree of RFC 6962: hashes, and the checks of inclusion and consistency proofs (RFC 9162, 2.1)."""

from collections.abc import Sequence
from hashlib import sha256

from ledger.encoding import HASH_SIZE
from ledger.errors import ProofError

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf; the prefix keeps leaves and nodes apart."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes in memory, as for the files of one manifest."""
    frontier = Frontier()
    for leaf in leaf_hashes:
        frontier.append(leaf)
    return frontier.root()


class Frontier:
    """The right edge of a growing tree: the roots of its perfect subtrees, largest first. Memory is logarithmic."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.size += 1
        merges, peaks = self.size, self._peaks
        while not merges & 1:
            leaf = sha256(b"\x01" + peaks.pop() + leaf).digest()
            merges >>= 1
        peaks.append(leaf)

    def root(self) -> bytes:
        """The root of all leaves so far."""
        return fold(self._peaks)


def fold(peaks: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees that stand side by side, largest first."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` stands at `index` in the tree of `size` leaves with this root."""
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} among {size}")
    _must_be_hashes([leaf, root, *proof])
    place, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if place & 1 or place == last:
            computed = node_hash(sibling, computed)
            place, last = _up_to_a_right_child(place, last)
        else:
            computed = node_hash(computed, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofError("the inclusion proof is too short")
    if computed != root:
        raise ProofError("the inclusion proof leads to another root")


def verify_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of `old_size` leaves is the beginning of the one of `new_size`.

    The empty tree begins every log and proves nothing, so an `old_size` of 0 is refused here; a witness that has not
    seen a log yet decides for itself.
    """
    if not 0 < old_size <= new_size:
        raise ProofError(f"no consistency proof leads from {old_size} to {new_size}")
    if old_size == new_size:
        if proof:
            raise ProofError("the consistency proof of equal sizes is empty")
        if old_root != new_root:
            raise ProofError("two roots for one size")
        return
    _must_be_hashes([old_root, new_root, *proof])
    # The root of a perfect old tree is a node of the new one, and so is not repeated in the proof.
    is_perfect = old_size & (old_size - 1) == 0
    old, new = _climb(old_size - 1, new_size - 1, [old_root, *proof] if is_perfect else proof)
    if old != old_root:
        raise ProofError("the consistency proof leads to another old root")
    if new != new_root:
        raise ProofError("the consistency proof leads to another new root")


def _climb(place: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The old and the new root that the steps of a consistency proof lead to."""
    if not steps:
        raise ProofError("the consistency proof is too short")
    place, last = _up_to_a_left_child(place, last)
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            place, last = _up_to_a_right_child(place, last)
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofError("the consistency proof is too short")
    return old, new


def _up_to_a_right_child(place: int, last: int) -> tuple[int, int]:
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _up_to_a_left_child(place: int, last: int) -> tuple[int, int]:
    while place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _must_be_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(one) != HASH_SIZE for one in hashes):
        raise ProofError(f"a hash is not of {HASH_SIZE} bytes")

"""What whoever registered is answered: the place of their leaf, and the proof of it."""

from dataclasses import dataclass

from ip_registry.queries.proofs import proof_text
from ip_registry.sequencing import Placed, placed


@dataclass(frozen=True, slots=True)
class Proven:
    """A leaf in its place, with its tlog-proof under a durable signed checkpoint; people call it by its number."""

    number: str
    index: int
    leaf_hash: str
    proof: str


def proven(leaf_hash: bytes) -> Proven:
    """The proof of a leaf that was accepted; waits until it has its place. Raises like `placed`."""
    return proven_at(placed(leaf_hash), leaf_hash)


def proven_at(place: Placed, leaf_hash: bytes) -> Proven:
    """The proof of a leaf whose place is known."""
    proof = place.batch.proof_of(place.index) if place.batch else proof_text(place.index, label=place.log)
    return Proven(f"{place.log}-{place.index}", place.index, leaf_hash.hex(), proof)

"""Proofs of one entry as a file that is checked offline: its place, its path and a cosigned checkpoint (tlog-proof)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.checkpoints import Checkpoint, open_checkpoint, read_checkpoint
from ledger.cosignatures import Cosignature
from ledger.encoding import as_text, decimal, from_base64, hash_from_base64, to_base64
from ledger.errors import FormatError
from ledger.keys import Verifier
from ledger.merkle import leaf_hash, verify_inclusion
from ledger.policies import Policy

HEADER = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as it was read: nothing of it is verified. Nothing ever vouches for `extra`."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes | None = None


@dataclass(frozen=True, slots=True)
class VerifiedEntry:
    """An entry stands at this index of this log, and these cosigners saw the log so; each says when."""

    index: int
    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]


def format_proof(index: int, hashes: Sequence[bytes], note: str, extra: bytes | None = None) -> str:
    """The text of a `.tlog-proof` file; the note is taken word for word."""
    read_checkpoint(note)
    return write_proof(index, hashes, note, extra)


def write_proof(index: int, hashes: Sequence[bytes], note: str, extra: bytes | None = None) -> str:
    """The same under a note that is known to be a checkpoint, such as one that was just signed."""
    lines = [HEADER, *([] if extra is None else [f"extra {to_base64(extra)}"]), f"index {index}"]
    return "".join([f"{line}\n" for line in [*lines, *map(to_base64, hashes), ""]]) + note


def parse_proof(text: str | bytes) -> Proof:
    """What a file says."""
    head, gap, note = as_text(text).partition("\n\n")
    header, *lines = head.split("\n")
    if header != HEADER or not gap or not lines:
        raise FormatError("not a tlog-proof")
    extra = from_base64(lines.pop(0).removeprefix("extra ")) if lines[0].startswith("extra ") else None
    if not lines or not lines[0].startswith("index "):
        raise FormatError("the proof has no index")
    index, hashes = decimal(lines[0].removeprefix("index ")), lines[1:]
    if len(hashes) > MOST_HASHES:
        raise FormatError("the proof is too long")
    read_checkpoint(note)
    return Proof(index, tuple(map(hash_from_base64, hashes)), note, extra)


def verify_proof(text: str | bytes, entry: bytes, trust: Policy | Iterable[Verifier]) -> VerifiedEntry:
    """Check that the log holds exactly these bytes.

    Of a policy, a log and a quorum must have signed. Of bare keys one is enough, so give those of the log you mean.
    """
    return verify_leaf(text, leaf_hash(entry), trust)


def verify_leaf(text: str | bytes, leaf: bytes, trust: Policy | Iterable[Verifier]) -> VerifiedEntry:
    """The same for whoever has only the leaf hash."""
    proof = parse_proof(text)
    opened = trust.open(proof.note) if isinstance(trust, Policy) else open_checkpoint(proof.note, trust)
    checkpoint = opened.checkpoint
    verify_inclusion(index=proof.index, size=checkpoint.size, leaf=leaf, proof=proof.hashes, root=checkpoint.root)
    cosigned = [
        Cosignature(one.verifier, one.time)
        for one in opened.verified
        if one.time is not None and one.verifier.name != checkpoint.origin
    ]
    return VerifiedEntry(proof.index, checkpoint, tuple(cosigned))

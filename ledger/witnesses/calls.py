"""What goes to a witness and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.encoding import as_text, decimal, hash_from_base64, to_base64
from ledger.errors import FormatError
from ledger.notes import parse_note

PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer over HTTP, as far as it matters."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request to cosign: from which size, by which proof, to which checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: str


def add_checkpoint_body(*, old: int, proof: Sequence[bytes], note: str) -> bytes:
    """The body of a request. The proof is empty where `old` is 0 or the size of the checkpoint."""
    lines = [f"old {old}", *map(to_base64, proof), ""]
    return ("".join([f"{line}\n" for line in lines]) + note).encode()


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """What a request says."""
    head, gap, note = as_text(body).partition("\n\n")
    first, *lines = head.split("\n")
    if not gap or not first.startswith("old ") or len(lines) > MOST_HASHES:
        raise FormatError("not a request to add a checkpoint")
    parse_note(note)
    return AddCheckpoint(decimal(first.removeprefix("old ")), tuple(map(hash_from_base64, lines)), note)

"""Signed checkpoints: a tree head as a note."""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.errors import FormatError, SignatureError
from ledger.heads import Checkpoint, parse_checkpoint
from ledger.keys import Kind, Signer, Verifier
from ledger.notes import Verified, open_note, parse_note, sign_note

__all__ = ["Checkpoint", "parse_checkpoint"]


@dataclass(frozen=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint and the known keys that signed it."""

    checkpoint: Checkpoint
    verified: tuple[Verified, ...]


def sign_checkpoint(checkpoint: Checkpoint, signers: Iterable[Signer], *, time: int = 0) -> str:
    """The note of a checkpoint. The name of its signers is its origin.

    Only a type with a time uses `time`; 0 says nothing about when.
    """
    signers = tuple(signers)
    if any(signer.name != checkpoint.origin for signer in signers):
        raise FormatError(f"only keys of the name {checkpoint.origin!r} sign this log")
    return sign_note(checkpoint.text, signers, time=time)


def open_checkpoint(note: str | bytes, verifiers: Iterable[Verifier], *, origin: str | None = None) -> OpenedCheckpoint:
    """The checkpoint, if one of these keys signed it and none of them falsely; of this origin where one is named.

    Other logs have keys whose name is not their origin, so that only `origin` says which log is meant.
    """
    opened = open_note(note, verifiers)
    checkpoint = parse_checkpoint(opened.text)
    if origin is not None and checkpoint.origin != origin:
        raise SignatureError(f"a checkpoint of another log: {checkpoint.origin[:80]!r}")
    return OpenedCheckpoint(checkpoint, opened.verified)


def read_checkpoint(note: str | bytes) -> Checkpoint:
    """What a note says, whoever signed it. For notes that come from our own storage, or before keys are looked up."""
    return parse_checkpoint(parse_note(note).text)


def must_be_public(signers: Iterable[Signer]) -> None:
    """A public log signs with Ed25519, whatever else it signs with."""
    if all(signer.kind != Kind.ED25519 for signer in signers):
        raise FormatError("a log signs its checkpoints with Ed25519, type 0x01")

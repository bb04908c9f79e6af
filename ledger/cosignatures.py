"""Cosignatures: others who say that they saw this checkpoint, when, and that it continues all before it."""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.errors import FormatError
from ledger.keys import Signer, Verifier
from ledger.notes import Note, Signature, check_note, parse_note, sign_line


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosigner's statement about a checkpoint, verified. The time is in seconds since 1970, UTC."""

    verifier: Verifier
    time: int

    @property
    def name(self) -> str:
        """Under which name it was made."""
        return self.verifier.name


def cosign(note: str | bytes, signer: Signer, *, time: int) -> Signature:
    """A witness's line under a checkpoint, of type 0x04 or 0x06. Whether it may be made was checked before."""
    if not signer.kind.is_timestamped:
        raise FormatError("this type of key cannot cosign")
    return sign_line(parse_note(note).text, signer, time=time)


def add_signatures(note: str | bytes, signatures: Iterable[Signature]) -> str:
    """The note with these lines under its own; a key that stands there already keeps its line."""
    parsed = parse_note(note)
    lines = {(one.name, one.key_id): one for one in parsed.signatures}
    for one in signatures:
        lines.setdefault((one.name, one.key_id), one)
    return _written(parsed.text, lines.values())


def keep_signatures(note: str | bytes, verifiers: Iterable[Verifier]) -> str:
    """The note with the lines of these keys alone, for clients that cannot ignore the others."""
    parsed = parse_note(note)
    kept = {(one.name, one.key_id) for one in verifiers}
    return _written(parsed.text, [one for one in parsed.signatures if (one.name, one.key_id) in kept])


def cosignatures_of(note: str | bytes, verifiers: Iterable[Verifier]) -> tuple[Cosignature, ...]:
    """Who of these cosigned the note, and when; a false signature of any spoils it, as does none at all."""
    opened = check_note(parse_note(note), verifiers)
    return tuple(Cosignature(one.verifier, one.time) for one in opened.verified if one.time is not None)


def _written(text: str, signatures: Iterable[Signature]) -> str:
    """The note, which others can read again: not too long, and with a signature."""
    note = str(Note(text, tuple(signatures)))
    parse_note(note)
    return note

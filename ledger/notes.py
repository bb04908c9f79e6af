"""Signed notes: a text, an empty line, and lines of signatures under it (C2SP signed-note)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.encoding import as_text, from_base64, to_base64
from ledger.errors import FormatError, SignatureError
from ledger.keys import KEY_ID_SIZE, Kind, Signer, Verifier, must_be_name, parse_signer, parse_vkey

__all__ = ["Kind", "Signer", "Verifier", "parse_signer", "parse_vkey"]

LONGEST_NOTE = 1_000_000
MOST_SIGNATURES = 100
_DASH = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note. Whose it is, is only what it says."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line as it stands in the note, with its end."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read: nothing of it is verified."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join([one.line for one in self.signatures])


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that a known key really made, and the time that it vouches for, if its type does."""

    verifier: Verifier
    signature: Signature
    time: int | None


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note that at least one known key signed."""

    text: str
    verified: tuple[Verified, ...]


def sign_note(text: str, signers: Iterable[Signer], *, time: int = 0) -> str:
    """The note of this text with one line of each signer."""
    note = Note(text, tuple(sign_line(text, signer, time=time) for signer in signers))
    return str(parse_note(str(note)))


def sign_line(text: str, signer: Signer, *, time: int = 0) -> Signature:
    """One signature under a text; a type that carries no time ignores it."""
    return Signature(signer.name, signer.verifier.key_id, signer.sign(text, time=time))


def open_note(note: str | bytes, verifiers: Iterable[Verifier]) -> OpenedNote:
    """The text, if a known key signed it. Unknown keys are ignored; a false signature of a known one spoils the note.

    A key that signed twice counts once.
    """
    return check_note(parse_note(note), verifiers)


def check_note(note: Note, verifiers: Iterable[Verifier]) -> OpenedNote:
    """The same for a note that was already parsed."""
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if known.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            raise FormatError(f"two keys of {verifier.name} have the same key id")
    verified: dict[Verifier, Verified] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            time = key.check(note.text, signature.signature)
            verified.setdefault(key, Verified(key, signature, time))
    if not verified:
        raise SignatureError("no known key signed the note")
    return OpenedNote(note.text, tuple(verified.values()))


def parse_note(note: str | bytes) -> Note:
    """Text and signature lines of a note, which are told apart at its last empty line."""
    if len(note) > LONGEST_NOTE:
        raise FormatError("the note is too long")
    whole = as_text(note)
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n") or _CONTROL.search(whole):
        raise FormatError("not a signed note")
    return Note(text + "\n", tuple(parse_signatures(lines)))


def parse_signatures(lines: str) -> Sequence[Signature]:
    """Signature lines, as under a note or in the answer of a witness."""
    if not lines.endswith("\n"):
        raise FormatError("a signature line has no end")
    split = lines[:-1].split("\n")
    if len(split) > MOST_SIGNATURES:
        raise FormatError("the note has too many signatures")
    return [_parse_signature(line) for line in split]


def _parse_signature(line: str) -> Signature:
    name, gap, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not gap:
        raise FormatError(f"not a signature line: {line[:60]!r}")
    must_be_name(name)
    data = from_base64(encoded)
    if len(data) <= KEY_ID_SIZE:
        raise FormatError(f"a signature of {name!r} is empty")
    return Signature(name, data[:KEY_ID_SIZE], data[KEY_ID_SIZE:])

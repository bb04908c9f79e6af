"""Encryption with age: to public keys, so that the site that makes backups cannot read them."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import pyrage

from guildhall.backup.errors import BackupError, GarbledError
from guildhall.backup.streams import through

MAGIC = b"age-encryption.org/v1"


def make_key() -> tuple[str, str]:
    """A secret key and the public key to it."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def recipients_of(words: str) -> list[pyrage.x25519.Recipient]:
    """The public keys that are named."""
    try:
        return [pyrage.x25519.Recipient.from_str(word) for word in words.split()]
    except pyrage.RecipientError as fault:
        raise BackupError(f"A recipient is an age public key, age1…: {fault}.") from fault


def identities_in(path: Path) -> list[pyrage.x25519.Identity]:
    """The secret keys in a file, as `guildhall backup-key` and age-keygen write them."""
    try:
        lines = path.read_text().split("\n")
        return [pyrage.x25519.Identity.from_str(line.strip()) for line in lines if line.startswith("AGE-SECRET-KEY-")]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as fault:
        raise BackupError(f"{path} is no file of age secret keys: {fault}.") from fault


def sealed(pieces: Iterator[bytes], recipients: Sequence[pyrage.x25519.Recipient]) -> Iterator[bytes]:
    """The pieces, encrypted if there is anybody to encrypt them to."""
    if not recipients:
        return pieces
    return through(lambda reader, writer: pyrage.encrypt_io(reader, writer, recipients), pieces)


def opened(pieces: Iterator[bytes], identity: Path | None) -> Iterator[bytes]:
    """The pieces, decrypted if they are encrypted."""
    first = b""
    while len(first) < len(MAGIC) and (piece := next(pieces, None)) is not None:
        first += piece
    pieces = chain([first], pieces)
    if not first.startswith(MAGIC):
        return pieces
    if identity is None:
        raise BackupError("The backup is encrypted: --identity FILE names the secret key that opens it.")
    return _opened(pieces, identities_in(identity))


def _opened(pieces: Iterator[bytes], identities: Sequence[pyrage.x25519.Identity]) -> Iterator[bytes]:
    try:
        yield from through(lambda reader, writer: pyrage.decrypt_io(reader, writer, identities), pieces)
    except (pyrage.DecryptError, OSError) as fault:
        if "matching" in str(fault).lower():
            raise BackupError("None of these secret keys opens the backup: it was encrypted to another one.") from fault
        raise GarbledError(str(fault)) from fault

"""Sealing a work: its files are hashed where they lie, and a leaf is made that says nothing of them."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.leaves import Leaf, make_leaf
from ip_registry.envelopes.manifests import FileRecord, Manifest, new_file_record
from ip_registry.envelopes.openings import Author, AuthorEntry, commitment, id_commit, make_opening, new_salt

PIECE = 4 * 1024 * 1024
Progress = Callable[[int], object]


class Readable(Protocol):
    """What gives its bytes piece by piece."""

    def read(self, size: int, /) -> bytes:
        """So many bytes at most; none at the end."""


@dataclass(frozen=True)
class Sealed:
    """All that the inventor holds of a record: only the leaf has to leave their machine."""

    leaf: Leaf
    opening_text: str
    salt: bytes
    key: OwnerKey
    authors: tuple[Author, ...]
    manifest: Manifest


def seal(  # noqa: PLR0913 - the facts of a record
    manifest: Manifest,
    *,
    title: str,
    authors: Sequence[Author],
    after: tuple[int, bytes],
    now: datetime,
    kind: str = "other",
    abstract: str = "",
    ip_terms: str = "",
    embargo: str | None = None,
    author_keys: Sequence[str | None] | None = None,
    shares: Sequence[str | None] | None = None,
    parent: str | None = None,
    prev: str | None = None,
    key: OwnerKey | None = None,
    salt: bytes | None = None,
) -> Sealed:
    """Seal a work. With `parent` and `prev` it is a version of an older record, whose owner's `key` must be given."""
    if (parent is None) != (prev is None) or (parent is not None and key is None):
        raise EnvelopeError(N_("A new version needs the older record, its last event and its owner's key."))
    key, salt = key or OwnerKey.generate(), salt or new_salt()
    keys, parts = author_keys or [None] * len(authors), shares or [None] * len(authors)
    opening = make_opening(
        manifest_root=manifest.root,
        title=title,
        abstract=abstract,
        kind=kind,
        authors=[
            AuthorEntry(id_commit=id_commit(author), key=author_key, share=share)
            for author, author_key, share in zip(authors, keys, parts, strict=True)
        ],
        owner_key=key.vkey,
        ip_terms=ip_terms,
        embargo=embargo,
        parent=parent,
        client_time=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    leaf = make_leaf(
        key=key, type="version" if parent else "register", c=commitment(salt, opening), after=after, prev=prev
    )
    return Sealed(leaf=leaf, opening_text=opening, salt=salt, key=key, authors=tuple(authors), manifest=manifest)


def record_file(path: Path, *, name: str, progress: Progress | None = None) -> FileRecord:
    """Hash a file where it lies and make its record; `name` is its path inside the work."""
    size, sha256, sha512 = hash_file(path, progress)
    return new_file_record(path=name, size=size, sha256=sha256, sha512=sha512)


def hash_file(path: Path, progress: Progress | None = None) -> tuple[int, str, str]:
    """Size, SHA-256 and SHA-512 of a file of any length. `progress` hears of each piece; changing files are refused."""
    with path.open("rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        found = hash_stream(file, progress, most=before.st_size)
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or found[0] != after.st_size:
        raise EnvelopeError(N_("The file “%(path)s” changed while it was read."), path=str(path))
    return found


def hash_stream(file: Readable, progress: Progress | None = None, *, most: int | None = None) -> tuple[int, str, str]:
    """The same of anything that is read. Reading stops after more than `most` bytes: a file may keep growing."""
    short, long, size = hashlib.sha256(), hashlib.sha512(), 0
    while (most is None or size <= most) and (piece := file.read(PIECE)):
        short.update(piece)
        long.update(piece)
        size += len(piece)
        if progress:
            progress(len(piece))
    return size, short.hexdigest(), long.hexdigest()

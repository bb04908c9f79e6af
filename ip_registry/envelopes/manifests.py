"""What a work consists of: a record of each file, salted, under one root, so that any one can be shown alone."""

import json
import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ip_registry.envelopes.canonical import LARGEST_INTEGER, parse_canonical
from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.fields import check_fields, hash_text, hexadecimal, integer
from ledger.errors import ProofError
from ledger.merkle import leaf_hash, node_hash, verify_inclusion

MANIFEST_ALG = "rfc6962-sha256"
FILE_SALT = 16
LONGEST_PATH = 1024  # bytes
MOST_FILES = 100_000
DRIVE = re.compile(r"[A-Za-z]:")
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class FileRecord:
    """One file: where it lies in the work, how long it is, and what its bytes hash to. The salt hides all of it."""

    path: str
    size: int
    sha256: str
    sha512: str
    salt: str

    @cached_property
    def text(self) -> str:
        """The exact bytes that are hashed into the manifest, as text: canonical JSON, of a path without controls.

        Written out, because a work may have many thousands of files and the general way takes ten times as long.
        """
        return (
            f'{{"path":{json.dumps(self.path, ensure_ascii=False)},"salt":"{self.salt}","sha256":"{self.sha256}",'
            f'"sha512":"{self.sha512}","size":{self.size}}}'
        )


def new_file_record(*, path: str, size: int, sha256: str, sha512: str, salt: bytes | None = None) -> FileRecord:
    """The record of a file that was just hashed, with a salt of its own."""
    checked_path("path", path)
    salt = salt or secrets.token_bytes(FILE_SALT)
    return FileRecord(path=path, size=size, sha256=sha256, sha512=sha512, salt=salt.hex())


def parse_file_record(text: str | bytes) -> FileRecord:
    """The record of exact bytes; anything but its canonical form is refused."""
    found = CANONICAL.fullmatch(text) if isinstance(text, str) else None
    if found is None or int(found["size"]) > LARGEST_INTEGER:
        return FileRecord(**check_fields("The record of a file", parse_canonical(text), RECORD))
    return FileRecord(
        path=checked_path("path", found["path"].replace('\\"', '"')),
        size=int(found["size"]),
        sha256=found["sha256"],
        sha512=found["sha512"],
        salt=found["salt"],
    )


def checked_path(name: str, value: Any) -> str:
    """A path that means the same place under every system, inside the work. A field's check."""
    if not isinstance(value, str):
        raise EnvelopeError(N_("“%(field)s” must be text."), field=name)
    if not value or len(value.encode(errors="replace")) > LONGEST_PATH:
        raise EnvelopeError(N_("A path must have 1 to %(most)s bytes."), most=LONGEST_PATH)
    if CONTROL.search(value):
        raise EnvelopeError(N_("A path must not have control characters or broken ones."))
    if unicodedata.normalize("NFC", value) != value:
        raise EnvelopeError(N_("The path “%(path)s” is not in Unicode normal form C."), path=value)
    if "\\" in value:
        raise EnvelopeError(N_("The path “%(path)s” has a backslash; folders are separated by “/”."), path=value)
    if value.startswith("/") or DRIVE.match(value):
        raise EnvelopeError(N_("The path “%(path)s” is absolute."), path=value)
    if any(part in {"", ".", ".."} for part in value.split("/")):
        raise EnvelopeError(N_("The path “%(path)s” has an empty part, “.” or “..”."), path=value)
    return value


RECORD = {
    "path": checked_path,
    "size": integer,
    "sha256": hash_text,
    "sha512": hexadecimal(64),
    "salt": hexadecimal(FILE_SALT),
}


# The only way in which a right record can be written, read ten times as fast; whatever else is read the general way.
CANONICAL = re.compile(
    r'\{"path":"(?P<path>(?:[^"\\\x00-\x1f\ud800-\udfff]|\\")+)","salt":"(?P<salt>[0-9a-f]{32})",'
    r'"sha256":"(?P<sha256>[0-9a-f]{64})","sha512":"(?P<sha512>[0-9a-f]{128})","size":(?P<size>0|[1-9][0-9]{0,15})\}',
    re.ASCII,
)


class Manifest:
    """All files of a work, in the order of the bytes of their paths. A single file is a manifest of one."""

    def __init__(self, records: Iterable[FileRecord]) -> None:
        self.records = tuple(sorted(records, key=_place))
        if not 1 <= len(self.records) <= MOST_FILES:
            raise EnvelopeError(N_("A manifest must have 1 to %(most)s files."), most=MOST_FILES)
        for one, other in zip(self.records, self.records[1:], strict=False):
            if one.path == other.path:
                raise EnvelopeError(N_("The path “%(path)s” stands twice in the manifest."), path=one.path)

    @classmethod
    def parse(cls, texts: Sequence[str]) -> "Manifest":
        """The manifest of exact record texts. They must come in order: their order is part of the root."""
        if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
            raise EnvelopeError(N_("A manifest must be a list of texts."))
        if len(texts) > MOST_FILES:
            raise EnvelopeError(N_("A manifest must have 1 to %(most)s files."), most=MOST_FILES)
        records = [parse_file_record(text) for text in texts]
        manifest = cls(records)
        if [record.path for record in manifest.records] != [record.path for record in records]:
            raise EnvelopeError(N_("The files of the manifest are not in the order of their paths."))
        return manifest

    @property
    def texts(self) -> list[str]:
        """The exact record texts, in order: what is kept of a manifest."""
        return [record.text for record in self.records]

    @property
    def root(self) -> str:
        """What the opening says of all files together."""
        return self._levels[-1][0].hex()

    def proof_of(self, path: str) -> list[str]:
        """What shows that the file at `path` is in the work, to somebody who sees no other file of it."""
        return proof_in(self._levels, self.index_of(path))

    def index_of(self, path: str) -> int:
        """The place of a file in the tree."""
        try:
            return self._indexes[path]
        except KeyError:
            raise EnvelopeError(N_("There is no file “%(path)s” in the manifest."), path=path) from None

    @cached_property
    def _indexes(self) -> dict[str, int]:
        return {record.path: index for index, record in enumerate(self.records)}

    @cached_property
    def _levels(self) -> list[list[bytes]]:
        return levels_of(self.texts)


def levels_of(texts: Iterable[str]) -> list[list[bytes]]:
    """The tree over record texts, from the leaves up. The last of an odd row goes up alone, as RFC 6962 splits."""
    levels = [[leaf_hash(text.encode()) for text in texts]]
    while len(row := levels[-1]) > 1:
        above = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        levels.append(above + row[len(above) * 2 :])
    return levels


def proof_in(levels: Sequence[Sequence[bytes]], index: int) -> list[str]:
    """What joins one leaf of such a tree to its root."""
    proof = []
    for level in levels[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            proof.append(level[sibling].hex())
        index >>= 1
    return proof


def verify_file(record_text: str, index: int, size: int, proof: Sequence[str], root: str) -> FileRecord:
    """The record of one file of a work of `size` files with this root, seen without the others."""
    record = parse_file_record(record_text)
    hashes = [bytes.fromhex(hash_text("proof", one)) for one in proof]
    try:
        verify_inclusion(
            index=index,
            size=size,
            leaf=leaf_hash(record_text.encode()),
            proof=hashes,
            root=bytes.fromhex(hash_text("root", root)),
        )
    except ProofError as error:
        raise EnvelopeError(
            N_("The file “%(path)s” is not in the manifest with this root."), path=record.path
        ) from error
    return record


def _place(record: FileRecord) -> bytes:
    return record.path.encode()

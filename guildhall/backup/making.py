"""Making a backup: bytes first, then the rows that name them, then the bytes that came meanwhile.

So whatever a row of the frozen database points at is there, without anybody having to wait.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import islice
from typing import Any

from accounts.blobs import blob_columns
from guildhall.backup import contents
from guildhall.backup.archive import Member, packed
from guildhall.backup.errors import BackupError
from guildhall.backup.facts import facts_and_blobs
from guildhall.backup.places import Place
from guildhall.backup.sealing import recipients_of, sealed
from guildhall.backup.snapshots import frozen
from guildhall.settings import Settings
from kernel.clock import now

FORMAT = 1
CHUNK = 16  # pieces of the database in a member
MOST_NAMED = 1_000

Progress = Callable[[str, int, int], None]  # what is being done, bytes done, bytes expected


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that is where it should be."""

    name: str
    size: int
    manifest: dict[str, Any]


def make_backup(
    settings: Settings, *, place: Place, name: str, with_secrets: bool, progress: Progress | None = None
) -> Made:
    """Make a backup of the site and keep it; what is kept under the name is whole, or not there.

    Secrets of the site go in as `with_secrets` says; what was left out is named in the manifest.
    """
    recipients = recipients_of(settings.backup_recipient)
    if any(one.name == name for one in place.kept()):
        raise BackupError(f"{name} is in {place} already.")
    making = _Making(settings, with_secrets=with_secrets)
    pieces = sealed(packed(making.members()), recipients)
    size = place.keep(name, making.watched(pieces, progress), expected=making.expected)
    return Made(name, size, making.manifest)


@dataclass
class _Making:
    settings: Settings
    with_secrets: bool
    manifest: dict[str, Any] = field(default_factory=dict)
    done: int = 0
    expected: int = 0
    stage: str = ""
    _hashes: dict[str, str] = field(default_factory=dict)
    _blobs: set[bytes] = field(default_factory=set)
    _order: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _bytes: int = 0
    _damaged: list[str] = field(default_factory=list)
    _left_out: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._root = self.settings.data / "files"
        self.expected = sum(blob.size for blob in contents.blobs(self._root))
        database = contents.database_file(self.settings)
        if database is not None and database.is_file():
            self.expected += database.stat().st_size

    def watched(self, pieces: Iterator[bytes], progress: Progress | None) -> Iterator[bytes]:
        """The pieces; whoever watches hears how far it is, in the thread that takes them."""
        for piece in pieces:
            if progress is not None:
                progress(self.stage, self.done, self.expected)
            yield piece

    def members(self) -> Iterator[Member]:
        """All of it, in order."""
        about = self._about()
        yield self._small("about.json", json.dumps(about).encode())
        yield from self._files()
        yield from self._data()
        with frozen(self.settings.database()) as snapshot, ThreadPoolExecutor(1) as beside:
            self.stage = "database"
            self.expected += snapshot.unforeseen
            counting = beside.submit(facts_and_blobs, snapshot.connection, blob_columns())
            yield from self._database(snapshot.pieces)
            facts, named = counting.result()
        yield from self._files()
        self.manifest = {
            **about,
            **facts,
            "members": self._hashes,
            "files": {"count": len(self._blobs), "bytes": self._bytes, "order": self._order.hexdigest()},
            "missing": sorted(sha256 for sha256 in named if bytes.fromhex(sha256) not in self._blobs)[:MOST_NAMED],
            "damaged": self._damaged,
            "left_out": self._left_out,
        }
        text = json.dumps(self.manifest, ensure_ascii=False, indent=1).encode()
        yield Member("manifest.json", len(text), [text])

    def _about(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "product": version("guildhall"),
            "engine": self.settings.database().partition(":")[0].partition("+")[0],
            "site": self.settings.base_url,
            "made_at": now().isoformat(),
            "bytes": self.expected,
        }

    def _files(self) -> Iterator[Member]:
        """Those that are not in yet."""
        self.stage = "files"
        for blob in contents.blobs(self._root):
            key = bytes.fromhex(blob.sha256)
            if key in self._blobs:
                continue
            digest = hashlib.sha256()
            try:
                bytes_of = contents.read(blob.path, digest)
                first = next(bytes_of, b"")
            except FileNotFoundError:  # removed meanwhile; if a row still names it, the second look finds it
                continue
            self._blobs.add(key)
            self._order.update(key)
            yield Member(f"files/{blob.sha256}", blob.size, self._counted([first], bytes_of))
            self._bytes += blob.size
            if digest.digest() != key:
                self._damaged.append(blob.sha256)

    def _data(self) -> Iterator[Member]:
        for name, path in contents.data_files(self.settings):
            if contents.is_secret(path) and not self.with_secrets:
                self._left_out.append(name)
                continue
            yield self._small(f"data/{name}", path.read_bytes())
        text, left_out = contents.settings_env(self.settings, with_secrets=self.with_secrets)
        self._left_out += left_out
        yield self._small("settings.env", text)

    def _database(self, pieces: Iterator[bytes]) -> Iterator[Member]:
        number = 0
        while some := list(islice(pieces, CHUNK)):
            digest = hashlib.sha256()
            for piece in some:
                digest.update(piece)
            name = f"database/{number:06}"
            self._hashes[name] = digest.hexdigest()
            yield Member(name, sum(map(len, some)), self._counted(some))
            number += 1

    def _small(self, name: str, data: bytes) -> Member:
        self._hashes[name] = hashlib.sha256(data).hexdigest()
        return Member(name, len(data), [data])

    def _counted(self, *parts: Iterable[bytes]) -> Iterator[bytes]:
        for part in parts:
            for piece in part:
                self.done += len(piece)
                yield piece

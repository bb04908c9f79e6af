"""Opening an archive that somebody brings: nothing in it is believed before all of it was looked through.

It is never unpacked as a whole: files are read one after the other, in pieces, and no more of each than the directory
says. What that says is bounded first: its own length, how many files, how many bytes, and how dense they are packed.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Generator, Iterator
from typing import IO, Any
from urllib.parse import urlsplit

from flask import current_app

from accounts.personal.packing import FORMAT, VERSION
from kernel.errors import InvalidError
from kernel.files.archives import READ_ERRORS, check_entries, count_entries
from kernel.files.refusal import RefusedUpload
from kernel.texts import storable
from kernel.words import gettext as _

MOST_ENTRIES = 200_000
MOST_BYTES = 8_000_000_000
LARGEST_FILE = 600_000_000
LARGEST_MANIFEST = 64_000_000
LARGEST_ROW = 8_000_000
MOST_RATIO = 200  # JSON packs well, but not better than this
RATIO_COUNTS_FROM = 20_000_000
LONGEST_NUMBER = 18  # digits that fit into 64 bits
CHUNK = 1 << 18
MANIFEST = "manifest.json"
_PLACE = re.compile(
    r"README\.txt|datapackage\.json|data/[a-z][a-z0-9-]{0,60}\.jsonl"
    r"|(?:files|receipts)/(?:[a-z0-9-]{1,40}/){0,2}[^/\\\x00-\x1f]{1,200}"
)
_HASH = re.compile(r"[0-9a-f]{64}")


class Archive:
    """An archive that was looked through; rows and files are read when they are asked for."""

    def __init__(self, bundle: zipfile.ZipFile, manifest: dict[str, Any], lines: int) -> None:
        self._bundle = bundle
        self._names = frozenset(bundle.namelist())
        self.site = str(manifest["site"]).rstrip("/")
        self.host = urlsplit(self.site).netloc
        self.handle = str(manifest["handle"])
        self.is_from_here = self.site == str(current_app.config["BASE_URL"]).rstrip("/")
        self.lines = lines
        self.may_post = False
        self.notes: dict[str, dict[int, str]] = {}

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table; a line that is no JSON object is passed over by yielding an empty one."""
        path = f"data/{table}.jsonl"
        if path not in self._names:
            return
        with self._bundle.open(path) as stream:
            while line := stream.readline(LARGEST_ROW + 1):
                yield _row(line)

    def blob(self, path: str, *, most: int) -> bytes | None:
        """The bytes of a file, unless there are more than so many: they are all in memory then."""
        is_fine = path in self._names and self._bundle.getinfo(path).file_size <= most
        return self._bundle.read(path) if is_fine else None

    def files(self, folder: str) -> list[str]:
        """The files under a folder, in order."""
        return sorted(name for name in self._names if name.startswith(f"{folder}/"))


def check_shape(file: IO[bytes]) -> None:
    """Whether it is a ZIP at all, with no more files than an archive has: reads its directory and nothing else.

    Raises `InvalidError`.
    """
    try:
        count = count_entries(file, most=MOST_ENTRIES)
    except READ_ERRORS:
        raise _refused(_("The file is damaged, or no ZIP archive.")) from None
    if count > MOST_ENTRIES:
        raise _too_large()


def open_archive(file: IO[bytes]) -> Archive:
    """Look through an archive at one go. Raises `InvalidError` with what is wrong, in a sentence."""
    looking = look_through(file)
    while True:
        try:
            next(looking)
        except StopIteration as end:
            archive: Archive = end.value
            return archive


def look_through(file: IO[bytes]) -> Generator[tuple[int, int], None, Archive]:
    """The same a piece at a time: every entry has a place of its own, and the length and hash that the manifest says.

    Yields how many bytes of how many it has read.
    """
    check_shape(file)
    try:
        bundle = zipfile.ZipFile(file)
        entries = bundle.infolist()
        _check_places(bundle, entries)
        manifest = _manifest(bundle)
        total, done, lines = sum(entry.file_size for entry in entries), 0, 0
        for entry in entries:
            if entry.filename == MANIFEST:
                continue
            for size, count in _check_content(bundle, entry, manifest["files"]):
                done, lines = done + size, lines + count
                yield done, total
    except RefusedUpload as refusal:
        raise _refused(_(refusal.sentence) % refusal.params) from None
    except READ_ERRORS:
        raise _refused(_("The file is damaged, or no ZIP archive.")) from None
    return Archive(bundle, manifest, lines)


def _check_places(bundle: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    size, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    is_dense = size > RATIO_COUNTS_FROM and size > MOST_RATIO * max(packed, 1)
    too_much = len(entries) > MOST_ENTRIES or size > MOST_BYTES or is_dense
    if too_much or any(entry.file_size > LARGEST_FILE for entry in entries):
        raise _too_large()
    check_entries(bundle)
    if len(set(names)) < len(names):
        raise _refused(_("Two files in it have the same name."))
    strange = next((name for name in names if name != MANIFEST and not _PLACE.fullmatch(name)), None)
    if strange is not None:
        raise _refused(_("“%(name)s” does not belong into such an archive.", name=strange[:80]))


def _manifest(bundle: zipfile.ZipFile) -> dict[str, Any]:
    names = set(bundle.namelist())
    if MANIFEST not in names or bundle.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
        raise _refused(_("It is not an archive of a Guildhall: manifest.json is not there."))
    try:
        manifest = json.loads(bundle.read(MANIFEST))
        files = manifest["files"]
        is_ours = manifest["format"] == FORMAT and isinstance(files, dict)
        is_named = all(isinstance(manifest[name], str) for name in ("site", "handle"))
        is_here = is_ours and is_named and urlsplit(manifest["site"]).scheme in {"http", "https"}
        version = manifest["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        is_here, version, files = False, 0, {}
    if not is_here:
        raise _refused(_("It is not an archive of a Guildhall: manifest.json cannot be read."))
    if not isinstance(version, int) or version > VERSION:
        raise _refused(_("It was made by a newer Guildhall than this one."))
    if set(files) != names - {MANIFEST}:
        raise _refused(_("What is in it is not what its manifest lists."))
    found: dict[str, Any] = manifest
    return found


def _check_content(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo, files: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """Read a file to its end, never more of it than the directory says; yields bytes and rows of each piece."""
    said = files[entry.filename]
    digest, size, is_table, line = hashlib.sha256(), 0, entry.filename.startswith("data/"), 0
    with bundle.open(entry) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            digest.update(chunk)
            last = chunk.rfind(b"\n")
            line = line + len(chunk) if last < 0 else len(chunk) - last - 1
            if is_table and line > LARGEST_ROW:
                raise _refused(_("A line in it is longer than any could be."))
            yield len(chunk), chunk.count(b"\n") if is_table else 0
    is_right = (
        isinstance(said, dict)
        and isinstance(said.get("sha256"), str)
        and _HASH.fullmatch(said["sha256"])
        and said["sha256"] == digest.hexdigest()
        and said.get("bytes") == size
    )
    if not is_right:
        raise _refused(_("“%(name)s” is not as it was when the archive was made.", name=entry.filename[:80]))


def _row(line: bytes) -> dict[str, Any]:
    if len(line) > LARGEST_ROW:
        raise _refused(_("A line in it is longer than any could be."))
    try:
        row = storable(json.loads(line, parse_int=_whole))
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def _whole(digits: str) -> int | None:
    """A number that a database can compare with its own."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else None


def _too_large() -> InvalidError:
    return _refused(_("Unpacked, it would be larger than an archive of one person is."))


def _refused(reason: str) -> InvalidError:
    return InvalidError(reason, errors={"file": reason})

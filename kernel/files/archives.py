"""ZIP archives and the office documents that are ZIP archives: weighed without being unpacked."""

import io
import re
import stat
import struct
import zipfile
import zlib
from typing import IO, BinaryIO

from kernel.files import kinds
from kernel.files.kinds import Kind
from kernel.files.refusal import Reason, RefusedUpload

MOST_ENTRIES = 5_000
MOST_BYTES = 400_000_000
MOST_RATIO = 120
RATIO_COUNTS_FROM = 2_000_000
LARGEST_INNER = 50_000_000
DEEPEST = 2
_PLAIN_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_DRIVE = re.compile(r"[A-Za-z]:")
_ACTIVE_PARTS = re.compile(r"(?:^|/)(?:vbaproject\.bin|vbadata\.xml|activex/|embeddings/|macrosheets/)", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    struct.error,
)


_END, _END_64, _LOCATOR_64, _ENTRY = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02"
_END_LENGTH, _END_64_LENGTH, _LOCATOR_LENGTH, _ENTRY_LENGTH = 22, 56, 20, 46
_LONGEST_COMMENT = 0xFFFF
_AVERAGE_ENTRY = 256  # bytes of the directory; names are short


class _Weight:
    """What has been found so far, over all levels."""

    def __init__(self) -> None:
        self.bytes = 0
        self.entries = 0


def check_archive(file: BinaryIO) -> Kind:
    """The kind of this archive; refuses bombs, escapes, locks and what is a second file as well."""
    weight = _Weight()
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _refuse_polyglot(file, archive, entries)
            kind = _office_kind(entries) or kinds.ZIP
            _weigh(archive, weight, depth=0, office=kind is not kinds.ZIP)
    except READ_ERRORS:
        raise RefusedUpload(Reason.BROKEN, found=kinds.ZIP.label) from None
    return kind


def count_entries(file: IO[bytes], *, most: int) -> int:
    """How many entries the directory of an archive has, counted at most to one more than `most`.

    `zipfile` makes an object of each before anybody can ask for their number, so that a small file could fill the
    memory. The directory is found as it finds it. Raises one of `READ_ERRORS`.
    """
    length = file.seek(0, 2)
    start = max(0, length - _END_LENGTH - _LONGEST_COMMENT)
    file.seek(start)
    tail = file.read()
    at = len(tail) - _END_LENGTH
    if at < 0 or tail[at : at + 4] != _END or tail[-2:] != b"\0\0":
        at = tail.rfind(_END)
    if at < 0:
        raise zipfile.BadZipFile("no directory")
    (size,) = struct.unpack_from("<L", tail, at + 12)
    end = start + at
    file.seek(max(0, end - _LOCATOR_LENGTH - _END_64_LENGTH))
    before = file.read(_END_64_LENGTH + _LOCATOR_LENGTH)
    if before[_END_64_LENGTH:][:4] == _LOCATOR_64 and before[:4] == _END_64:
        (size,) = struct.unpack_from("<Q", before, 40)
        end -= _LOCATOR_LENGTH + _END_64_LENGTH
    if size > end:
        raise zipfile.BadZipFile("a directory longer than the file")
    if size > (most + 1) * _AVERAGE_ENTRY:
        return most + 1
    file.seek(end - size)
    directory = file.read(size)
    count = place = 0
    while place < size and count <= most:
        if directory[place : place + 4] != _ENTRY:
            raise zipfile.BadZipFile("not a directory")
        place += _ENTRY_LENGTH + sum(struct.unpack_from("<3H", directory, place + 28))
        count += 1
    return count


def check_entries(archive: zipfile.ZipFile) -> None:
    """Refuse what no archive needs: paths that lead elsewhere, links, locks, and entries that share bytes."""
    entries = archive.infolist()
    for entry in entries:
        _check_entry(entry)
    _refuse_overlap(archive, entries)


def _office_kind(entries: list[zipfile.ZipInfo]) -> Kind | None:
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names:
        return None
    return next((kind for folder, kind in kinds.OFFICE.items() if any(name.startswith(folder) for name in names)), None)


def _weigh(archive: zipfile.ZipFile, weight: _Weight, *, depth: int, office: bool) -> None:
    """Check every entry: first what the directory says, then, by reading past it, that it says the truth."""
    entries = archive.infolist()
    weight.entries += len(entries)
    weight.bytes += sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    too_dense = weight.bytes > RATIO_COUNTS_FROM and weight.bytes > MOST_RATIO * max(packed, 1)
    if weight.entries > MOST_ENTRIES or weight.bytes > MOST_BYTES or too_dense:
        raise RefusedUpload(Reason.ARCHIVE_SIZE)
    for entry in entries:
        _check_entry(entry)
        if office and _ACTIVE_PARTS.search(entry.filename):
            raise RefusedUpload(Reason.MACROS)
    _refuse_overlap(archive, entries)
    for entry in entries:
        _read_through(archive, entry, weight, depth=depth, office=office)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    mode = entry.external_attr >> 16
    if (
        name.startswith(("/", "\\"))
        or ".." in re.split(r"[/\\]", name)
        or _DRIVE.match(name)
        or "\x00" in name
        or (mode and stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR})
    ):
        raise RefusedUpload(Reason.ARCHIVE_PATHS)
    if entry.flag_bits & 0x1 or entry.compress_type not in _PLAIN_METHODS:
        raise RefusedUpload(Reason.ARCHIVE_LOCKED)


def _refuse_overlap(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Entries that share bytes are how a small archive becomes an endless one."""
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:
            raise RefusedUpload(Reason.ARCHIVE_SIZE)
        end = entry.header_offset + 30 + len(entry.orig_filename.encode("utf-8", "replace")) // 3 + entry.compress_size
    if end > archive.start_dir:
        raise RefusedUpload(Reason.ARCHIVE_SIZE)


def _read_through(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, weight: _Weight, *, depth: int, office: bool
) -> None:
    """Read an entry to its end, keeping nothing but inner archives; the library compares length and checksum."""
    if entry.is_dir():
        return
    with archive.open(entry) as stream:
        head = stream.read(kinds.HEAD)
        if office and entry.filename.lower().endswith((".xml", ".rels")) and _DOCTYPE.search(head):
            raise RefusedUpload(Reason.MARKUP)
        if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            while stream.read(1 << 16):
                pass
            return
        if depth + 1 >= DEEPEST:
            raise RefusedUpload(Reason.ARCHIVE_NESTED)
        inner = head + stream.read(LARGEST_INNER)
        if len(inner) > LARGEST_INNER:
            raise RefusedUpload(Reason.ARCHIVE_NESTED)
    with zipfile.ZipFile(io.BytesIO(inner)) as nested:
        _weigh(nested, weight, depth=depth + 1, office=False)


def _refuse_polyglot(file: BinaryIO, archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive with a page in its comment, or with bytes before its first entry."""
    if kinds.contains_markup(archive.comment) or (entries and min(entry.header_offset for entry in entries) > 0):
        raise RefusedUpload(Reason.POLYGLOT)
    size = file.seek(0, io.SEEK_END)
    file.seek(max(size - 2048, 0))
    tail = file.read()
    if kinds.contains_markup(tail[tail.rfind(b"PK\x05\x06") :]):
        raise RefusedUpload(Reason.POLYGLOT)

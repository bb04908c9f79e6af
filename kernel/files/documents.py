"""PDF and text: read for what could act or be taken for something else."""

import json
import re
import zlib

from kernel.files import kinds
from kernel.files.kinds import Kind
from kernel.files.refusal import Reason, RefusedUpload

MOST_UNPACKED = 60_000_000
LARGEST_PARSED_JSON = 10_000_000
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_END = rb"(?=[\s()<>\[\]{}/%\x00]|\Z)"
_ACTIVE = re.compile(
    rb"/(?:JavaScript|Launch|RichMedia|RichMediaExecute|ImportData|SubmitForm|GoToE|EmbeddedFiles?|XFA|Rendition)"
    + _END
)
_SHORT_ACTIVE = re.compile(rb"/JS" + _END)
_CODE_IN_FONT = re.compile(rb"/FontMatrix\s*\[[^\]()]*\(")
_STREAM = re.compile(rb"stream\r?\n(.*?)(?:endstream|\Z)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def check_pdf(data: bytes) -> None:
    """Refuse a PDF with scripts or actions, one that hides its objects, or one that is a page or archive as well."""
    if kinds.contains_markup(data[:1024]) or (b"PK\x05\x06" in data[-70_000:] and b"PK\x01\x02" in data):
        raise RefusedUpload(Reason.POLYGLOT)
    ending = data.rfind(b"%%EOF")
    if ending < 0:
        raise RefusedUpload(Reason.BROKEN, found=kinds.PDF.label)
    if kinds.contains_markup(data[ending:]):
        raise RefusedUpload(Reason.POLYGLOT)
    if re.search(rb"/Encrypt" + _END, _unescaped(_STREAM.sub(b"", data))):
        raise RefusedUpload(Reason.PDF_LOCKED)
    _refuse_active(data, outside=_STREAM.sub(b" ", data))
    unpacked = 0
    for match in _STREAM.finditer(data):
        opening = _unescaped(data[max(data.rfind(b"obj", 0, match.start()), 0) : match.start()])
        if b"/ObjStm" not in opening:
            continue
        if b"/FlateDecode" not in opening and b"/Filter" in opening:
            raise RefusedUpload(Reason.PDF_LOCKED)
        objects = match[1] if b"/Filter" not in opening else _inflated(match[1], most=MOST_UNPACKED - unpacked)
        unpacked += len(objects)
        _refuse_active(objects, outside=objects)


def _refuse_active(data: bytes, *, outside: bytes) -> None:
    """Look for names of actions; the shortest only outside of packed streams, where it would turn up by chance."""
    named = _unescaped(data)
    if _ACTIVE.search(named) or _CODE_IN_FONT.search(named) or _SHORT_ACTIVE.search(_unescaped(outside)):
        raise RefusedUpload(Reason.PDF_ACTIVE)


def _unescaped(data: bytes) -> bytes:
    """The bytes with `#4A` read as J, as readers of PDF names do."""
    return _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), data) if b"#" in data else data


def _inflated(packed: bytes, *, most: int) -> bytes:
    try:
        unpacker = zlib.decompressobj()
        objects = unpacker.decompress(packed, max(most, 1))
    except zlib.error:
        raise RefusedUpload(Reason.BROKEN, found=kinds.PDF.label) from None
    if unpacker.unconsumed_tail:
        raise RefusedUpload(Reason.ARCHIVE_SIZE)
    return objects


def check_text(data: bytes, kind: Kind) -> str:
    """The encoding of a text; refuses what is no text, and text that a browser would run."""
    if kinds.begins_as_markup(data[: kinds.HEAD]):
        raise RefusedUpload(Reason.MARKUP)
    encoding = _encoding(data)
    if encoding is None:
        raise RefusedUpload(Reason.TYPE)
    if kind is kinds.JSON and len(data) <= LARGEST_PARSED_JSON:
        try:
            json.loads(data)
        except (ValueError, RecursionError):
            raise RefusedUpload(Reason.BROKEN, found=kinds.JSON.label) from None
    return encoding


def _encoding(data: bytes) -> str | None:
    """UTF-8, or GB 18030 as Chinese spreadsheets still write it; None where it is no text in either."""
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) else encoding
    return None

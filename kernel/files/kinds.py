"""The kinds of file that are taken, and how content tells its kind."""

import re
from dataclasses import dataclass
from typing import BinaryIO

HEAD = 4096


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its name for people, its media type, its endings (the first is its own)."""

    label: str
    media_type: str
    endings: tuple[str, ...]
    family: str


PNG = Kind("PNG", "image/png", ("png",), "image")
JPEG = Kind("JPEG", "image/jpeg", ("jpg", "jpeg", "jpe", "jfif"), "image")
GIF = Kind("GIF", "image/gif", ("gif",), "image")
WEBP = Kind("WebP", "image/webp", ("webp",), "image")
AVIF = Kind("AVIF", "image/avif", ("avif",), "image")
PDF = Kind("PDF", "application/pdf", ("pdf",), "pdf")
ZIP = Kind("ZIP", "application/zip", ("zip",), "archive")
DOCX = Kind("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",), "office")
XLSX = Kind("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",), "office")
PPTX = Kind("PPTX", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ("pptx",), "office")
TEXT = Kind("TXT", "text/plain", ("txt", "text", "log"), "text")
CSV = Kind("CSV", "text/csv", ("csv", "tsv"), "text")
MARKDOWN = Kind("Markdown", "text/markdown", ("md", "markdown"), "text")
JSON = Kind("JSON", "application/json", ("json",), "text")
KINDS = (PNG, JPEG, GIF, WEBP, AVIF, PDF, ZIP, DOCX, XLSX, PPTX, TEXT, CSV, MARKDOWN, JSON)
BY_ENDING = {ending: kind for kind in KINDS for ending in kind.endings}
OFFICE = {"word/": DOCX, "xl/": XLSX, "ppt/": PPTX}

_MAGIC = {
    b"\x89PNG\r\n\x1a\n": PNG,
    b"\xff\xd8\xff": JPEG,
    b"GIF87a": GIF,
    b"GIF89a": GIF,
    b"%PDF-": PDF,
    b"PK\x03\x04": ZIP,
    b"PK\x05\x06": ZIP,
}
_MARKUP_START = re.compile(
    rb"\A(?:\xef\xbb\xbf|\xfe\xff|\xff\xfe)?[\s\x00]*"
    rb"<(?:[!?]|/?(?:html|head|body|script|svg|iframe|img|a|table|div|p|b|h1|br|font|style|title|meta|link|object|embed"
    rb"|form|input|math|template|frameset|base|video|audio|details|xml|xsl:|rss|feed)[\s/>:])",
    re.IGNORECASE,
)
_MARKUP_ANYWHERE = re.compile(rb"<(?:script|html|svg|iframe|body|!doctype|\?php|\?xml-stylesheet)[\s/>]", re.IGNORECASE)


def by_content(file: BinaryIO) -> Kind | None:
    """The kind that the first bytes show; text and unknown content are None."""
    file.seek(0)
    head = file.read(32)
    if head.startswith(b"RIFF"):
        return WEBP if head[8:12] == b"WEBP" else None
    if head[4:8] == b"ftyp":
        return AVIF if head[8:12] in {b"avif", b"avis"} else None
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def begins_as_markup(head: bytes) -> bool:
    """Whether a browser that guesses would take this for a page or a drawing."""
    return _MARKUP_START.match(head) is not None


def contains_markup(data: bytes) -> bool:
    """Whether there is markup that could run, anywhere in the data."""
    return _MARKUP_ANYWHERE.search(data) is not None

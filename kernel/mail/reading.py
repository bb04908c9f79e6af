"""A raw message, read with patience: whatever a program of the last thirty years, or an enemy, put into it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message
from email.utils import getaddresses, parseaddr

from kernel.mail.hypertext import markdown_of
from kernel.mail.quoting import own_words

MOST_PARTS = 100
MOST_NESTED = 30
MOST_FILES = 10
MOST_TEXT = 500_000
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "iso-8859-1": "cp1252"}
_TO_US = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc", "resent-to")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MULTIPART = re.compile(rb"^content-type\s*:\s*multipart/", re.IGNORECASE | re.MULTILINE)
_CID = re.compile(r"!\[\]\(cid:([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail; `cid` is set for a picture that its text shows."""

    name: str
    content: bytes
    cid: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as it was understood. `text` is what its writer wrote, in Markdown, and `files` what they attached."""

    sender: str
    subject: str
    message_id: str
    recipients: tuple[str, ...]
    headers: Message = field(repr=False)
    text: str = ""
    files: tuple[Attachment, ...] = ()


def read_message(raw: bytes, *, envelope_to: str = "") -> Reading:
    """Everything that is asked of a message; parts beyond `MOST_PARTS` do not count.

    Each multipart that stands in others makes reading every line dearer: one with more than people send is refused.
    """
    if sum(1 for _found in _MULTIPART.finditer(raw)) > MOST_NESTED:
        raise ValueError("too many multiparts")
    message = message_from_bytes(raw)
    parts = list(leaves(message))
    text, pictures = _text(parts)
    told = [decoded(value) for name in _TO_US for value in message.get_all(name, [])]
    recipients = [envelope_to, *(address for _name, address in getaddresses(told))]
    return Reading(
        sender=in_one_line(parseaddr(decoded(message.get("From", "")))[1]).lower()[:320],
        subject=in_one_line(decoded(message.get("Subject", "")))[:300],
        message_id=in_one_line(str(message.get("Message-ID", "")))[:500],
        recipients=tuple(dict.fromkeys(address.lower() for address in recipients if "@" in address)),
        headers=message,
        text=text,
        files=tuple(_files(parts, pictures)),
    )


def content_of(part: Message) -> bytes:
    """The bytes of a part, whatever it says of their encoding."""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def text_of(part: Message) -> str:
    """The text of a part; what cannot be decoded is marked, and nothing is refused for it."""
    charset = str(part.get_param("charset", "utf-8"))
    return _CONTROL.sub("", _decode(content_of(part)[: 4 * MOST_TEXT], charset))[:MOST_TEXT]


def leaves(message: Message) -> Iterator[Message]:
    """The leaves, in order; a mail inside the mail is a leaf, and so is each part of a report."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting = [child for child in inner if isinstance(child, Message)] + waiting
        else:
            yield part


def _text(parts: list[Message]) -> tuple[str, set[str]]:
    """The writer's own words, and which of the mail's pictures stand among them.

    Programs send the same text twice; the plain one is taken, unless it says nothing or pictures stand in the other.
    """
    plain = [part for part in parts if part.get_content_type() == "text/plain" and not _is_file(part)]
    html = [part for part in parts if part.get_content_type() == "text/html" and not _is_file(part)]
    written = own_words("\n".join(_flowing(part) for part in plain))
    styled = own_words(markdown_of("\n".join(map(text_of, html)))) if html else ""
    pictures = set(_CID.findall(styled))
    return (styled if not written.strip() or pictures else written), pictures


def _flowing(part: Message) -> str:
    """Plain text as it was typed: lines that a program broke at a width (RFC 3676) are whole again."""
    text = text_of(part)
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    gap = "" if str(part.get_param("delsp", "")).lower() == "yes" else " "
    out: list[str] = []
    goes_on = False
    for line in text.replace("\r\n", "\n").split("\n"):
        stuffed = line.removeprefix(" ")
        soft = stuffed.endswith(" ") and stuffed != "-- " and not stuffed.startswith(">")
        bare = stuffed.rstrip(" ") if soft else stuffed
        if goes_on and not stuffed.startswith(">"):
            out[-1] += gap + bare
        else:
            out.append(bare)
        goes_on = soft
    return "\n".join(out)


def _files(parts: list[Message], pictures: set[str]) -> Iterator[Attachment]:
    count = 0
    for part in parts:
        cid = in_one_line(str(part.get("Content-ID", ""))).strip("<> ")
        if not (_is_file(part) or cid in pictures) or count >= MOST_FILES:
            continue
        if cid and cid not in pictures and part.get_content_disposition() != "attachment":
            continue  # a picture of the quoted mail, or of a signature
        count += 1
        name = in_one_line(decoded(part.get_filename() or "")) or f"file-{count}.{part.get_content_subtype()}"
        yield Attachment(name, content_of(part), cid if cid in pictures else "")


def _is_file(part: Message) -> bool:
    if part.get_content_disposition() == "attachment":
        return True
    return bool(part.get_filename()) and part.get_content_maintype() != "multipart"


def decoded(value: object) -> str:
    """A header's value, with its encoded words, or its bare bytes, in whatever alphabet they are."""
    try:
        pieces = decode_header(value if isinstance(value, Header) else str(value))
    except (HeaderParseError, ValueError):
        return str(value)
    return "".join(
        _decode(piece, charset or "utf-8") if isinstance(piece, bytes) else piece for piece, charset in pieces
    )


def _decode(content: bytes, charset: str) -> str:
    charset = charset.strip("\"' ").lower()
    for name in (_WIDER.get(charset, charset), "utf-8", "gb18030"):
        try:
            return content.decode(name)
        except (LookupError, ValueError):
            continue
    return content.decode("utf-8", errors="replace")


def in_one_line(text: str) -> str:
    """In one line, and fit for a database."""
    return " ".join(_CONTROL.sub(" ", text.encode("utf-8", "replace").decode()).split())

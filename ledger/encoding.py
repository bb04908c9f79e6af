"""Numbers and hashes as the formats write them, read so strictly that every value has exactly one text."""

import base64
import binascii
import re

from ledger.errors import FormatError

HASH_SIZE = 32
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")
_LARGEST = 2**63 - 1


def decimal(text: str) -> int:
    """The number of a size, an index or a time: ASCII digits without leading zeros, below 2^63."""
    if not _DECIMAL.match(text) or (number := int(text)) > _LARGEST:
        raise FormatError(f"not a decimal number: {text[:40]!r}")
    return number


def to_base64(data: bytes) -> str:
    """Standard base64, padded."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """The bytes of padded standard base64; a second spelling of the same bytes is refused."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as wrong:
        raise FormatError(f"not base64: {text[:40]!r}") from wrong
    if to_base64(data) != text:
        raise FormatError(f"not canonical base64: {text[:40]!r}")
    return data


def hash_from_base64(text: str) -> bytes:
    """One SHA-256 hash."""
    data = from_base64(text)
    if len(data) != HASH_SIZE:
        raise FormatError(f"not a hash of {HASH_SIZE} bytes: {text[:60]!r}")
    return data


def as_text(data: str | bytes) -> str:
    """UTF-8, whichever way it came."""
    try:
        return (data.encode("utf-8") if isinstance(data, str) else data).decode("utf-8")
    except UnicodeError as wrong:
        raise FormatError("not UTF-8") from wrong

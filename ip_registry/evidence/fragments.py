"""The key behind the `#` of a certificate's QR code: what opens a record of one file, for who holds the certificate.

A browser never sends what stands behind the `#`: the copy is checked on the reader's own machine.
"""

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from ip_registry.envelopes.canonical import canonical, parse_canonical
from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.fields import check_fields, hash_text, list_of, text

LONGEST_FRAGMENT = 1800  # characters: a QR code of more is too fine for a printed page
LARGEST_CONTENT = 262_144  # bytes


@dataclass(frozen=True)
class Fragment:
    """What opens the record: the exact opening, its salt, and the exact record of its one file."""

    opening: str
    salt: str
    record: str


def fragment_of(*, opening: str, salt: str, manifest: Sequence[str]) -> str | None:
    """The fragment of a record; None for a work of several files, or when it would be too long for a QR code."""
    if len(manifest) != 1:
        return None
    squeezed = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    content = squeezed.compress(canonical({"m": list(manifest), "o": opening, "s": salt})) + squeezed.flush()
    made = base64.urlsafe_b64encode(content).decode().rstrip("=")
    return made if len(made) <= LONGEST_FRAGMENT else None


def read_fragment(fragment: str) -> Fragment:
    """What a fragment holds, before it is compared with a leaf."""
    try:
        squeezed = base64.urlsafe_b64decode(fragment + "=" * (-len(fragment) % 4))
        opened = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        content = opened.decompress(squeezed, LARGEST_CONTENT)
        is_whole = opened.eof
    except (binascii.Error, ValueError, zlib.error):
        content, is_whole = b"", False
    if not is_whole:
        raise EnvelopeError(N_("This link is not whole: what stands behind its # cannot be read."))
    found = check_fields("The link", parse_canonical(content), FIELDS)
    return Fragment(opening=found["o"], salt=found["s"], record=found["m"][0])


FIELDS = {"m": list_of(text(1, 8192), 1, 1), "o": text(1, LARGEST_CONTENT), "s": hash_text}

"""Looking into a PDF without a reader of PDFs."""

import re
import zlib
from collections.abc import Iterator

STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
GLYPH = re.compile(rb"<[0-9A-F]{4}> <([0-9A-F]{4,})>")


def signs_in(pdf: bytes) -> set[str]:
    """Every character that is set in it, by the tables that say what its glyphs stand for."""
    codes = {code for text in _streams(pdf) if b"beginbfchar" in text for code in GLYPH.findall(text)}
    found = {bytes.fromhex(code.decode()).decode("utf-16-be") for code in codes}
    assert "2" in found
    return found


def pages_of(pdf: bytes) -> int:
    """How many sheets it has."""
    return max(int(count) for count in re.findall(rb"/Count (\d+)", pdf))


def _streams(pdf: bytes) -> Iterator[bytes]:
    for stream in STREAM.findall(pdf):
        try:
            yield zlib.decompress(stream)
        except zlib.error:
            yield stream

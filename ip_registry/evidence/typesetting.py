"""Lines of mixed Chinese and English, broken as a typesetter would, in type that may not have every character."""

import re
import unicodedata
from collections.abc import Callable, Container, Iterator
from itertools import pairwise

NO_START = frozenset("、。，．：；？！）》」』】〕〉…—％℃·’”,.:;?!)]}%")  # what never begins a line
NO_END = frozenset("（《「『【〔〈‘“([{")  # what never ends one
GAP = re.compile(r"\s+")

Measure = Callable[[str], float]


def shown(text: str, glyphs: Container[int]) -> str:
    """The text as the type can set it: a character that it lacks, or that nobody sees, stands there by its number."""
    plain = GAP.sub(" ", unicodedata.normalize("NFC", text)).strip()
    return "".join(sign if ord(sign) in glyphs else f"[U+{ord(sign):04X}]" for sign in plain)


def broken(text: str, width: float, measure: Measure) -> list[str]:
    """The lines of a paragraph. Words stay whole where they fit; Chinese breaks anywhere but around its signs."""
    lines, line = [], ""
    for piece in _pieces(text, width, measure):
        if line and measure((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()]


def _pieces(text: str, width: float, measure: Measure) -> Iterator[str]:
    """What must not be broken, unless it is longer than a whole line."""
    start = 0
    for at, (before, after) in enumerate(pairwise(text), start=1):
        if _may_break(before, after):
            yield from _cut(text[start:at], width, measure)
            start = at
    yield from _cut(text[start:], width, measure)


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in NO_START or before in NO_END:
        return False
    return before == " " or _is_wide(before) or _is_wide(after)


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"


def _cut(piece: str, width: float, measure: Measure) -> Iterator[str]:
    """A word that no line can hold, in parts that one can."""
    while measure(piece.rstrip()) > width and len(piece) > 1:
        fits = max(1, int(len(piece) * width / measure(piece)))
        while fits > 1 and measure(piece[:fits]) > width:
            fits -= 1
        yield piece[:fits]
        piece = piece[fits:]
    yield piece

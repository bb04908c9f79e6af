"""The one analyser: every engine, every query and every highlight sees a text as the same stream of tokens.

Text is folded (full and half width, case, accents, traditional to simplified) and cut into runs. A run of Han gives
its characters and its pairs in turn (c1, c1c2, c2, c2c3, c3), so that the stream of any part of the run stands in one
piece in the stream of the whole: a phrase is found by positions, whatever surrounds it. A run of letters gives its
English stem. A compound (`CRISPR-Cas9`, `SiO2`, `GB/T 30523`, `v2.7.4`) gives itself, then its parts.
"""

import operator
import re
import threading
import unicodedata
from functools import lru_cache
from itertools import chain
from pathlib import Path

import Stemmer

from kernel.texts import composed

VERSION = 1  # grows with every change of the stream: an index made by another version is rebuilt
BOUNDARY = "\x1f"  # stands between the fields of a document, so that no phrase crosses them; no text contains it
LONGEST = 64  # characters of a token

# Scripts without spaces between words: Han, kana, Hangul, Thai, Lao, Burmese, Khmer.
HAN = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035"
    "\u3040-\u30fa\u30fc-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
FIRST_HAN = "\u0e00"  # nothing below it is Han
_W = rf"[^\W_{HAN}]"
RUN = re.compile(
    rf"[{HAN}]++"
    r"|[a-z]{1,6}+/[tz]\ ?\d{2,}(?:\.\d+)?(?!\w)"  # a Chinese standard, written with a space or without
    rf"|{_W}++(?:[-./_+&@'·]{_W}++)*+(?:\+\+|[+#])?+"
)
# The same of a text that is ASCII once it is folded, in half the time.
_ASCII_RUN = re.compile(
    r"[a-z]{1,6}+/[tz]\ ?[0-9]{2,}(?:\.[0-9]+)?(?![a-z0-9_])"
    r"|[a-z0-9]++(?:[-./_+&@'][a-z0-9]++)*+(?:\+\+|[+#])?+"
)
PART = re.compile(rf"{_W}+(?:(?<=\d)\.(?=\d){_W}+|'[^\W\d_]+)*")
_ATOMS = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*")
STANDARD = re.compile(r"([a-z]+/[tz])\ ?([\d.]+)")
_STARTS_HAN = re.compile(f"[{HAN}]").match
_INDEXED = re.compile(r"(?<=[^\W\d_])_(?=\d)")  # `SiO_2` of a TeX writer is SiO2
_PLAIN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


class _Folding(dict[int, str]):
    """What becomes of a character; learnt as characters are met, within bounds."""

    def __init__(self) -> None:
        lines = (Path(__file__).parent / "data" / "simplified.txt").read_text(encoding="utf-8").splitlines()
        self.simplified = {line[0]: line[1] for line in lines if not line.startswith("#")}
        self.uneven: set[str] = set()  # characters that do not become exactly one

    def __missing__(self, code: int) -> str:
        char = chr(code)
        parts = unicodedata.normalize("NFKD", char)
        folded = unicodedata.normalize("NFC", "".join(part for part in parts if not _is_mark(part))).casefold()
        folded = "".join(self.simplified.get(part, part) for part in folded)
        folded = _SIGNS.get(folded, folded)
        if len(folded) != 1:
            self.uneven.add(char)
        if len(self) < 40_000:  # noqa: PLR2004 - all characters that people use; the rest is worked out each time
            self[code] = folded
        return folded


def _is_mark(char: str) -> bool:
    """Whether it only modifies the character before it, or is not seen at all."""
    return "\u0300" <= char <= "\u036f" or "\ufe00" <= char <= "\ufe0f" or char in _UNSEEN


_SIGNS = {"\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2212": "-", "\u2019": "'"}
_UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\u3099\u309a")
_FOLDING = _Folding()
_local = threading.local()


def fold(text: str) -> str:
    """The text as it is compared: one width, no case, no accents, simplified characters."""
    if text.isascii():
        return text.lower()
    return composed(text).translate(_FOLDING)


def fold_with_offsets(text: str) -> tuple[str, list[int] | None]:
    """The folded text, and for each of its characters the place in `text` it came from (None: the same place)."""
    if text.isascii():
        return text.lower(), None
    if composed(text) == text:
        folded = text.translate(_FOLDING)
        if len(folded) == len(text) and _FOLDING.uneven.isdisjoint(text):
            return folded, None
        apart = [_FOLDING[ord(char)] for char in text]
        return "".join(apart), [at for at, piece in enumerate(apart) for _char in piece]
    pieces: list[str] = []
    offsets: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        piece = fold(cluster[0])
        pieces.append(piece)
        offsets += [cluster.start()] * len(piece)
    return "".join(pieces), offsets


# A character with what may melt into it when text is composed: marks, and the later letters of a Hangul syllable.
_CLUSTER = re.compile("(?s:.)[\u0300-\u036f\u1160-\u11ff\u3099\u309a\uff9e\uff9f]*")


def tokens(text: str) -> list[str]:
    """The stream of tokens of a text."""
    folded = fold(text)
    if folded.isascii():
        return list(chain.from_iterable(map(_expanded.__getitem__, _ASCII_RUN.findall(folded))))
    stream: list[str] = []
    for run in RUN.findall(folded):
        stream += han(run) if run[0] >= FIRST_HAN and _STARTS_HAN(run) else _expanded[run]
    return stream


def han(run: str) -> list[str]:
    """Characters and pairs in turn."""
    stream = [""] * (2 * len(run) - 1)
    stream[::2] = run
    stream[1::2] = map(operator.add, run, run[1:])
    return stream


def is_han(run: str) -> bool:
    """Whether this folded run is of a script that is cut into pairs."""
    return _STARTS_HAN(run) is not None


class _Expanded(dict[str, tuple[str, ...]]):
    """The tokens of runs that are not Han; words come again, within bounds."""

    def __missing__(self, run: str) -> tuple[str, ...]:
        found = _expand(run)
        if len(self) >= 40_000:  # noqa: PLR2004 - about 10 MB; common words are soon back
            self.clear()
        if len(run) <= LONGEST:
            self[run] = found
        return found


_expanded = _Expanded()


def expand(run: str) -> tuple[str, ...]:
    """The tokens of a folded run that is not Han: a stem, or a compound and then its parts."""
    return _expanded[run]


def _expand(run: str) -> tuple[str, ...]:
    if run.isalpha() or _PLAIN.fullmatch(run):
        return (stem(run),)
    standard = STANDARD.fullmatch(run)
    if standard:
        name, number = standard.groups()
        return (f"{name}{number}", *_expand(name), *_expand(number))
    run = _INDEXED.sub("", run)
    pieces = PART.findall(run)
    parts: list[str] = []
    for piece in pieces:
        atoms = _ATOMS.findall(piece)
        if len(atoms) > 1:
            if piece != run:
                parts.append(piece[:LONGEST])
            parts += [stem(atom) for atom in atoms]
        else:
            parts.append(stem(piece))
    if parts == [run] or len(run) > LONGEST:
        return tuple(parts)
    return (run, *parts)


def stem(word: str) -> str:
    """The English stem of a folded word; other words as they are."""
    if len(word) < 3 or not word.isascii() or word[0].isdigit():  # noqa: PLR2004 - nothing to cut off
        return word[:LONGEST]
    try:
        stemmer = _local.stemmer
    except AttributeError:  # a stemmer serves one thread
        stemmer = _local.stemmer = Stemmer.Stemmer("english", 0)
    return str(stemmer.stemWord(word[:LONGEST]))


@lru_cache(maxsize=2_000)
def runs(text: str) -> tuple[str, ...]:
    """The folded runs of a short text, such as a query."""
    return tuple(_cut(fold(text)))


def _cut(folded: str) -> list[str]:
    found: list[str] = (_ASCII_RUN if folded.isascii() else RUN).findall(folded)
    return found

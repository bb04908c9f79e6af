"""The one analyser: every engine, every query and every highlight sees a text as the same stream of tokens.

Text is folded (full and half width, case, accents, traditional to simplified) and cut into runs. A run of Han gives
its characters and its pairs in turn (c1, c1c2, c2, c2c3, c3), so that the stream of any part of the run stands in one
piece in the stream of the whole: a phrase is found by positions, whatever surrounds it. A run of letters gives its
English stem. A compound (`CRISPR-Cas9`, `SiO2`, `GB/T 30523`, `v2.7.4`) gives itself, then its parts.
"""

import re
import threading
import unicodedata
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TypeVar

import Stemmer

from kernel.texts import composed

VERSION = 1  # grows with every change of the stream: an index made by another version is rebuilt
BOUNDARY = "\x1f"  # stands between the fields of a document, so that no phrase crosses them; no text contains it
LONGEST = 64  # characters of a token
_EDGE, _UTF32 = BOUNDARY, "utf-32-le"  # of runs that are woven together, and how: four bytes each, in any order
T = TypeVar("T")

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
_NEAR_STANDARD = re.compile(r"/[tz]\ ?\d")
_NEVER = re.sub(rb"[a-z0-9./_+&@'#-]", b"", bytes(range(128)))  # in a token
_APART = bytes.maketrans(_NEVER, b" " * len(_NEVER))
_HAN_RUN = re.compile(f"([{HAN}]++)")
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
    return spaced(text).split()


def spaced(text: str) -> str:
    """The same stream as one string, with a space between tokens; no token has one in it.

    As much as can be is done for the whole text at once, and nothing for each character.
    """
    folded = fold(text)
    if "/" in folded and _NEAR_STANDARD.search(folded):  # what it is depends on what stands around it
        return " ".join(chain.from_iterable(_woven([run]) if is_han(run) else _expanded[run] for run in _cut(folded)))
    if folded.isascii():
        return _words(folded)
    pieces = _HAN_RUN.split(folded)  # those at odd places are Han
    pieces[::2] = map(_written.__getitem__, pieces[::2])
    pieces[1::2] = _woven(pieces[1::2])
    return " ".join(filter(None, pieces))


def _words(text: str) -> str:
    """The tokens of a folded text without Han, word after word as white space parts it: no other run has any in it."""
    if text.isascii():
        text = text.encode().translate(_APART).decode().replace(". ", " ")  # so that the same words come again
    return " ".join(filter(None, map(_written.__getitem__, text.split())))


def _woven(runs: Sequence[str]) -> list[str]:
    """Of each run of Han its characters and pairs in turn.

    All runs are woven together, with an edge around each: every character c that d follows becomes `c cd `, in which
    each part stands at every fifth place. At an edge that gives `c c| | |d d `, where the text is parted, and c and d
    stand once too often.
    """
    if not runs:
        return []
    codes = array("I", f"{_EDGE}{_EDGE.join(runs)}{_EDGE}".encode(_UTF32))
    each, following = codes[:-1], codes[1:]
    woven = array("I", (" " * (5 * len(each))).encode(_UTF32))
    woven[0::5] = woven[2::5] = each
    woven[3::5] = following
    text = woven.tobytes().decode(_UTF32)
    return [run[2:-2] for run in text[3:-2].split(f"{_EDGE} {_EDGE} {_EDGE}")]


def is_han(run: str) -> bool:
    """Whether this folded run is of a script that is cut into pairs."""
    return _STARTS_HAN(run) is not None


class _Kept(dict[str, T]):
    """What becomes of words; they come again, and are kept within bounds."""

    def __init__(self, make: Callable[[str], T], *, most: int) -> None:
        self.make, self.most = make, most

    def __missing__(self, word: str) -> T:
        made = self.make(word)
        if len(word) <= LONGEST:
            if len(self) >= self.most:
                self.clear()  # common words are soon back
            self[word] = made
        return made


def _write(text: str) -> str:
    if text.isalpha():
        return stem(text)
    if " " in text:
        return _words(text)
    return " ".join(chain.from_iterable(map(_expand, _cut(text))))


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


_written = _Kept[str](_write, most=20_000)  # about 4 MB
_expanded = _Kept[tuple[str, ...]](_expand, most=5_000)  # queries have few words


@lru_cache(maxsize=2_000)
def runs(text: str) -> tuple[str, ...]:
    """The folded runs of a short text, such as a query."""
    return tuple(_cut(fold(text)))


def _cut(folded: str) -> list[str]:
    found: list[str] = (_ASCII_RUN if folded.isascii() else RUN).findall(folded)
    return found

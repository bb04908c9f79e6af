"""Where the words of a query stand in a text, and the piece of the text that shows them best."""

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from search_index import analysis

LOOKED_AT = 40_000  # characters of a text in which an excerpt is looked for
WEIGHED = 120  # places among which the best beginning is looked for
_BREAK = re.compile(r"[\s。！？；，、.!?;,]")
_DIGITS_AFTER_LETTERS = re.compile(r"(?<=[^\W\d_])(?=\d)")

Place = tuple[int, int, str]  # start, end, token


class Wanted:
    """The tokens of a query's words; a word that ends in `*` stands for all that begin with it.

    They are looked for as pieces of text, and only what is found so is analysed: a page of excerpts takes a few
    milliseconds less than it would by analysing every text.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.tokens: set[str] = set()
        self.literal: set[str] = set()  # found as they are: Han, compounds
        self.opening: set[str] = set()  # how the words begin whose stem was asked for
        beginnings: list[str] = []
        for word in words:
            runs = analysis.runs(word)
            for run in runs:
                self._want(run)
            if word.endswith("*") and runs and not analysis.is_han(runs[-1]):
                beginnings.append(runs[-1])
        self.beginnings = tuple(beginnings)
        self.opening.update(beginnings)

    def _want(self, run: str) -> None:
        if analysis.is_han(run):
            pieces = {run} if len(run) == 1 else set(map("".join, itertools.pairwise(run)))
            self.tokens |= pieces
            self.literal |= pieces
            return
        self.want(analysis.expand(run)[0])

    def want(self, token: str) -> None:
        """Look for this token too; no Han."""
        self.tokens.add(token)
        if token.isalpha():
            self.opening.add(token[:-1] if len(token) > 2 and token[-1] in "ei" else token)  # noqa: PLR2004 - hope of hoping
            return
        self.literal.add(token)
        self.literal.add(_DIGITS_AFTER_LETTERS.sub("_", token, count=1))
        if standard := analysis.STANDARD.fullmatch(token):
            self.literal.add(" ".join(standard.groups()))

    def holds(self, word: str) -> bool:
        """Whether this folded word was asked for."""
        return not self.tokens.isdisjoint(analysis.expand(word)) or (
            bool(self.beginnings) and word.startswith(self.beginnings)
        )


@lru_cache(maxsize=500)
def wanted(words: tuple[str, ...]) -> Wanted:
    """The same words are asked for in every hit of a page."""
    return Wanted(words)


def places(text: str, sought: Wanted) -> list[Place]:
    """Where in the original text stands what was asked for, in order and without overlaps."""
    folded, offsets = analysis.fold_with_offsets(text)
    found = [*_literals(folded, sought), *_words(folded, sought)]
    found.sort()
    if offsets is not None:
        offsets.append(len(text))
        found = [(offsets[start], offsets[end], token) for start, end, token in found]
    return _joined(found)


def _literals(folded: str, sought: Wanted) -> Iterator[Place]:
    """What is found as it is; what is no Han, only where no other letter goes on."""
    for piece in sought.literal:
        is_han, length = analysis.is_han(piece), len(piece)
        at = folded.find(piece)
        while at >= 0:
            if is_han or not (_joins(folded, at - 1, piece[0]) or _joins(folded, at + length, piece[-1])):
                yield at, at + length, piece
            at = folded.find(piece, at + 1)


def _joins(folded: str, at: int, edge: str) -> bool:
    """Whether the character there would belong to the same word as this edge."""
    if not 0 <= at < len(folded) or not edge.isalnum():
        return False
    char = folded[at]
    return char.isalnum() and not analysis.is_han(char) and char.isdigit() == edge.isdigit()


def _words(folded: str, sought: Wanted) -> Iterator[Place]:
    """The words of which the stems, or the beginnings, were asked for."""
    for opening in sought.opening:
        at = folded.find(opening)
        while at >= 0:
            end = at + len(opening)
            if not at or not folded[at - 1].isalnum() or analysis.is_han(folded[at - 1]):
                word = analysis.PART.match(folded, at)
                if word:  # the whole of it is passed over, however long and whatever else begins within
                    end = word.end()
                    if sought.holds(word[0]):
                        yield at, end, opening
            at = folded.find(opening, end)


def _joined(found: list[Place]) -> list[Place]:
    """One place for what overlaps, and for Han beside Han."""
    joined: list[Place] = []
    for start, end, token in found:
        if joined and (
            start < joined[-1][1]
            or (start == joined[-1][1] and analysis.is_han(token) and analysis.is_han(joined[-1][2]))
        ):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]), joined[-1][2])
        elif end > start:
            joined.append((start, end, token))
    return joined


def highlight(text: str, words: Sequence[str]) -> Markup:
    """The whole text, escaped, with what was asked for in `<mark>`."""
    return _marked(text, 0, len(text), places(text, wanted(tuple(words))))


def excerpt(text: str, words: Sequence[str], width: int = 200) -> Markup:
    """About `width` characters of the text where most of the query's words stand together, marked."""
    text = " ".join(text[:LOOKED_AT].split())
    found = places(text, wanted(tuple(words))) if words else []
    start = _best_start(text, found[:WEIGHED], width)
    end = min(start + width, len(text))
    if end < len(text):
        breaks = [at.start() for at in _BREAK.finditer(text, max(start, end - 24), end)]
        end = breaks[-1] if breaks else end
    marked = _marked(text, start, end, found)
    return Markup("%s%s%s") % ("…" if start else "", marked, "…" if end < len(text) else "")


def _best_start(text: str, found: list[Place], width: int) -> int:
    """The first place from which a window shows the most different words, led in by a little of what goes before."""
    best, best_worth = 0, (0, 0)
    ends = [end for _, end, _ in found]
    starts = [start for start, _, _ in found]
    for index, start in enumerate(starts):
        last = bisect_left(ends, start + width - width // 5)
        shown = found[index:last]
        worth = (len({token for _, _, token in shown}), len(shown))
        if worth > best_worth:
            best, best_worth = start, worth
    if best <= width // 5:
        return 0
    lead = best - width // 5
    lead = min(lead, max(0, len(text) - width))
    for gap in _BREAK.finditer(text, lead, max(lead, min(best, lead + 24))):
        return gap.end()
    return lead


def _marked(text: str, start: int, end: int, found: list[Place]) -> Markup:
    pieces: list[str] = []
    at = start
    for left, right, _ in found:
        if left < at or right > end:
            continue
        pieces += [str(escape(text[at:left])), "<mark>", str(escape(text[left:right])), "</mark>"]
        at = right
    pieces.append(str(escape(text[at:end])))
    return Markup("".join(pieces))  # noqa: S704 - every piece was escaped above

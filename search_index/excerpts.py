"""Where the words of a query stand in a text, and the piece of the text that shows them best."""

import itertools
import re
from bisect import bisect_left
from collections.abc import Sequence

from markupsafe import Markup, escape

from search_index import analysis

LOOKED_AT = 40_000  # characters of a text in which an excerpt is looked for
_BREAK = re.compile(r"[\s。！？；，、.!?;,]")
_SPACE = re.compile(r"\s+")


class Wanted:
    """The tokens of a query's words; a word that ends in `*` stands for all that begin with it."""

    def __init__(self, words: Sequence[str]) -> None:
        self.tokens: set[str] = set()
        beginnings: list[str] = []
        for word in words:
            for run in analysis.runs(word):
                if not analysis.is_han(run):
                    self.tokens.add(analysis.expand(run)[0])
                elif len(run) == 1:
                    self.tokens.add(run)
                else:
                    self.tokens.update(map("".join, itertools.pairwise(run)))
            if word.endswith("*") and (found := analysis.runs(word)):
                beginnings.append(found[-1])
        self.beginnings = tuple(beginnings)

    def holds(self, token: str) -> bool:
        """Whether this token was asked for."""
        return token in self.tokens or (bool(self.beginnings) and token.startswith(self.beginnings))


def places(text: str, wanted: Wanted) -> list[tuple[int, int, str]]:
    """Start, end and token of what was asked for, in the original text, in order and without overlaps."""
    folded, offsets = analysis.fold_with_offsets(text)
    found: list[tuple[int, int, str]] = []
    for run in analysis.RUN.finditer(folded):
        word, start = run[0], run.start()
        if analysis.is_han(word):
            for at, char in enumerate(word):
                pair = word[at : at + 2]
                if len(pair) == 2 and wanted.holds(pair):  # noqa: PLR2004 - a pair
                    found.append((start + at, start + at + 2, pair))
                elif wanted.holds(char):
                    found.append((start + at, start + at + 1, char))
        else:
            found += _in_compound(word, start, wanted)
    if offsets is not None:
        offsets.append(len(text))
        found = [(offsets[start], offsets[end], token) for start, end, token in found]
    return _joined(found)


def _in_compound(word: str, start: int, wanted: Wanted) -> list[tuple[int, int, str]]:
    """The whole, or those of its parts that were asked for."""
    stream = analysis.expand(word)
    if not any(map(wanted.holds, stream)):
        return []
    if wanted.holds(stream[0]) or len(stream) == 1:
        return [(start, start + len(word), stream[0])]
    if standard := analysis.STANDARD.fullmatch(word):
        name, number = standard.groups()
        return [
            *_in_compound(name, start, wanted),
            *_in_compound(number, start + standard.start(2), wanted),
        ]
    return [
        (start + part.start(), start + part.end(), part[0])
        for part in analysis.PART.finditer(word)
        if any(map(wanted.holds, analysis.expand(part[0])))
    ] or [(start, start + len(word), stream[0])]


def _joined(found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    joined: list[tuple[int, int, str]] = []
    for start, end, token in found:
        if joined and start <= joined[-1][1] and (start < joined[-1][1] or analysis.is_han(token)):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]), joined[-1][2])
        elif end > start:
            joined.append((start, end, token))
    return joined


def highlight(text: str, words: Sequence[str]) -> Markup:
    """The whole text, escaped, with what was asked for in `<mark>`."""
    return _marked(text, 0, len(text), places(text, Wanted(words)))


def excerpt(text: str, words: Sequence[str], width: int = 200) -> Markup:
    """About `width` characters of the text where most of the query's words stand together, marked."""
    text = _SPACE.sub(" ", text[:LOOKED_AT]).strip()
    found = places(text, Wanted(words)) if words else []
    start = _best_start(text, found, width)
    end = min(start + width, len(text))
    if end < len(text):
        breaks = [at.start() for at in _BREAK.finditer(text, max(start, end - 24), end)]
        end = breaks[-1] if breaks else end
    marked = _marked(text, start, end, found)
    return Markup("%s%s%s") % ("…" if start else "", marked, "…" if end < len(text) else "")


def _best_start(text: str, found: list[tuple[int, int, str]], width: int) -> int:
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


def _marked(text: str, start: int, end: int, found: list[tuple[int, int, str]]) -> Markup:
    pieces: list[str] = []
    at = start
    for left, right, _ in found:
        if left < at or right > end:
            continue
        pieces += [str(escape(text[at:left])), "<mark>", str(escape(text[left:right])), "</mark>"]
        at = right
    pieces.append(str(escape(text[at:end])))
    return Markup("".join(pieces))  # noqa: S704 - every piece was escaped above

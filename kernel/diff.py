"""What changed between two versions of a text, as lines and words that a page can show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

CONTEXT = 2
MOST_LINES = 4_000  # beyond this only the beginning and the end that two texts share are looked for
MOST_WORDS = 600
MOST_PAIRS = 600_000  # of words compared with words, over the whole text
ALIKE_ENOUGH = 0.35
Kind = Literal["equal", "insert", "delete", "fold"]
_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|\w+|\s+|[^\w\s]")


class Span(NamedTuple):
    """A piece of a line, and whether it is what changed in it."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a difference; a fold stands for `count` lines that are equal and not shown, and holds that number."""

    kind: Kind
    spans: tuple[Span, ...] = ()
    count: int = 0


def readable_diff(old: str, new: str, *, context: int = CONTEXT) -> list[DiffLine]:
    """The lines that changed, words marked within them, with a little of what is around."""
    before, after = old.splitlines(), new.splitlines()
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    old_middle, new_middle = before[head : len(before) - tail], after[head : len(after) - tail]
    lines = [_equal(line) for line in before[:head]]
    lines += _middle(old_middle, new_middle)
    lines += [_equal(line) for line in before[len(before) - tail :]]
    return list(_folded(lines, context))


def _shared(one: list[str], other: list[str]) -> int:
    """How many lines the two have in common from the beginning."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _equal(line: str) -> DiffLine:
    return DiffLine("equal", (Span(line),) if line else ())


def _whole(kind: Kind, lines: list[str]) -> list[DiffLine]:
    return [DiffLine(kind, (Span(line),) if line else ()) for line in lines]


def _middle(old: list[str], new: list[str]) -> list[DiffLine]:
    """What lies between the shared beginning and end."""
    if len(old) + len(new) > MOST_LINES:
        return _whole("delete", old) + _whole("insert", new)
    lines: list[DiffLine] = []
    pairs = 0
    for kind, a, b, c, d in SequenceMatcher(
        None, old, new, autojunk=len(old) + len(new) > MOST_LINES // 4
    ).get_opcodes():
        if kind == "equal":
            lines += [_equal(line) for line in old[a:b]]
        elif kind == "replace" and b - a == d - c:
            pairs += sum(len(left) * len(right) // 16 for left, right in zip(old[a:b], new[c:d], strict=True))
            lines += (
                _replaced(old[a:b], new[c:d])
                if pairs < MOST_PAIRS
                else _whole("delete", old[a:b]) + _whole("insert", new[c:d])
            )
        else:
            lines += _whole("delete", old[a:b]) + _whole("insert", new[c:d])
    return lines


def _replaced(old: list[str], new: list[str]) -> list[DiffLine]:
    """Lines that took each other's place, with the words that differ marked."""
    pairs = [_words(left, right) for left, right in zip(old, new, strict=True)]
    return [DiffLine("delete", left) for left, _right in pairs] + [DiffLine("insert", right) for _left, right in pairs]


def _words(old: str, new: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Two lines in pieces; Chinese and Japanese by the character, all else by the word."""
    left, right = _WORDS.findall(old), _WORDS.findall(new)
    plain = ((Span(old),) if old else (), (Span(new),) if new else ())
    if len(left) > MOST_WORDS or len(right) > MOST_WORDS:
        return plain
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    if matcher.ratio() < ALIKE_ENOUGH:
        return plain
    codes = matcher.get_opcodes()
    return (
        _spans((kind != "equal", "".join(left[a:b])) for kind, a, b, _c, _d in codes),
        _spans((kind != "equal", "".join(right[c:d])) for kind, _a, _b, c, d in codes),
    )


def _spans(pieces: Iterator[tuple[bool, str]]) -> tuple[Span, ...]:
    return tuple(Span(text, changed=changed) for changed, text in pieces if text)


def _folded(lines: list[DiffLine], context: int) -> Iterator[DiffLine]:
    """The lines with long equal stretches replaced by their count."""
    near = bytearray(len(lines))
    for place, line in enumerate(lines):
        if line.kind != "equal":
            start, end = max(place - context, 0), min(place + context + 1, len(lines))
            near[start:end] = b"\x01" * (end - start)
    hidden: list[DiffLine] = []
    for place, line in enumerate(lines):
        if not near[place]:
            hidden.append(line)
            continue
        yield from _fold(hidden)
        hidden = []
        yield line
    yield from _fold(hidden)


def _fold(hidden: list[DiffLine]) -> Iterator[DiffLine]:
    """A fold that would hide a single line shows it instead."""
    if len(hidden) == 1:
        yield hidden[0]
    elif hidden:
        yield DiffLine("fold", (Span(str(len(hidden))),), count=len(hidden))

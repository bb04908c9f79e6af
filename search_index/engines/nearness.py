"""Which tokens somebody may have meant who typed another one."""

import itertools
from collections.abc import Iterable, Mapping

from search_index.analysis import is_han

SHORTEST = 4  # letters of a Latin word that is corrected
FARTHEST = 2
MOST_TRIED = 4_000


def nearest_spellings(token: str, counts: Mapping[str, int], *, limit: int) -> list[str]:
    """The tokens of `counts` nearest to this one, the commonest first; of Han, words whose pairs all exist."""
    if not token:
        return []
    if is_han(token):
        pairs = {pair: count for pair, count in counts.items() if len(pair) == 2 and is_han(pair)}  # noqa: PLR2004 - a pair
        return han_spellings(token, pairs, limit=limit)
    return latin_spellings(token, counts.items(), limit=limit)


def latin_spellings(token: str, candidates: Iterable[tuple[str, int]], *, limit: int) -> list[str]:
    """Among these the nearest by edit distance (a swap of neighbours counts as one)."""
    if len(token) < SHORTEST:
        return []
    reach = 1 if len(token) == SHORTEST else FARTHEST
    near = []
    for other, count in candidates:
        if other != token and abs(len(other) - len(token)) <= reach and other.isalpha() and not is_han(other):
            away = distance(token, other, reach)
            if away <= reach:
                near.append((away, -count, other))
    return [other for _, _, other in sorted(near)[:limit]]


def distance(one: str, other: str, reach: int) -> int:
    """Letters put in, left out, replaced or swapped with their neighbour; anything above `reach` is far."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, opposite in enumerate(other, 1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != opposite))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == opposite:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > reach:
            return reach + 1
        before, last = last, current
    return last[-1]


def han_spellings(word: str, pairs: Mapping[str, int], *, limit: int) -> list[str]:
    """One character replaced, put in, or swapped with its neighbour, so that every pair of the result exists."""
    if not 2 <= len(word) <= 12:  # noqa: PLR2004 - one character is no word, more are a sentence
        return []
    after: dict[str, set[str]] = {}
    before: dict[str, set[str]] = {}
    for pair in pairs:
        after.setdefault(pair[0], set()).add(pair[1])
        before.setdefault(pair[1], set()).add(pair[0])
    tried: set[str] = set()
    for at in range(len(word)):
        head, tail = word[:at], word[at + 1 :]
        tried |= {head + between + tail for between in _between(head, tail, after, before)}
        if at:
            head, tail = word[:at], word[at:]
            tried |= {head + between + tail for between in _between(head, tail, after, before)}
        if at + 1 < len(word):
            tried.add(word[:at] + word[at + 1] + word[at] + word[at + 2 :])
    tried.discard(word)
    worth = [(min(pairs.get(a + b, 0) for a, b in itertools.pairwise(found)), found) for found in tried]
    return [found for count, found in sorted(worth, key=lambda pair: (-pair[0], pair[1])) if count][:limit]


def _between(head: str, tail: str, after: Mapping[str, set[str]], before: Mapping[str, set[str]]) -> set[str]:
    """The characters that can stand between these two ends."""
    if head and tail:
        return after.get(head[-1], set()) & before.get(tail[0], set())
    return after.get(head[-1], set()) if head else before.get(tail[0], set())

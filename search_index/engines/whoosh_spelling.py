"""The part of a dictionary in which the neighbours of a token must be; found without looking at each term alone."""

from collections.abc import Sequence

import numpy as np

from search_index.analysis import is_han
from search_index.engines.nearness import FARTHEST, MOST_TRIED, han_spellings, latin_spellings
from search_index.engines.whoosh_file import Array
from search_index.engines.whoosh_leaf import Leaf
from search_index.engines.whoosh_segment import Terms, encoded

_POPULATION = np.array([number.bit_count() for number in range(1 << 16)], np.uint8)


def spellings_in(leaves: Sequence[Leaf], token: str, limit: int) -> list[str]:
    """See `Engine.spellings`: a rough sieve over whole dictionaries, then a close look at what remains."""
    if not token:
        return []
    if is_han(token):
        return han_spellings(token, pairs_around(leaves, token), limit=limit)
    return latin_spellings(token, candidates(leaves, token).items(), limit=limit)


def candidates(leaves: Sequence[Leaf], token: str) -> dict[str, int]:
    """Terms of about this length with nearly these letters, with the number of documents; the commonest of them."""
    wanted = _letters(np.frombuffer(token.encode("utf-8", "replace"), np.uint8), np.array([0]))[0]
    counts: dict[str, int] = {}
    for leaf in leaves:
        terms = leaf.segment.terms["text"]
        lengths = np.diff(terms.offs_array.astype(np.int64))
        fitting = np.abs(lengths - len(token.encode("utf-8", "replace"))) <= FARTHEST
        other = signatures(terms) ^ wanted
        fitting &= _POPULATION[other & 0xFFFF] + _POPULATION[other >> 16] <= 2 * FARTHEST
        found = np.flatnonzero(fitting)
        holding = np.diff(terms.starts_array.astype(np.int64))[found]
        for index in np.argsort(-holding, kind="stable")[:MOST_TRIED].tolist():
            word = terms.key(int(found[index])).decode("utf-8", "surrogatepass")
            counts[word] = counts.get(word, 0) + int(holding[index])
    return counts


def signatures(terms: Terms) -> Array:
    """Which letters each term has, a bit each; terms with other characters have a bit for all of these."""
    if terms.letters is None:
        terms.letters = _letters(terms.blob_array(), terms.offs_array[:-1].astype(np.int64))
    return terms.letters


def _letters(blob: Array, starts: Array) -> Array:
    if not len(starts):
        return np.empty(0, np.uint32)
    letter = blob - np.uint8(ord("a"))
    bits = np.where(letter < 26, np.uint32(1) << (letter & np.uint8(31)).astype(np.uint32), np.uint32(1 << 26))  # noqa: PLR2004 - a to z
    return np.bitwise_or.reduceat(bits, starts)


def pairs_around(leaves: Sequence[Leaf], word: str) -> dict[str, int]:
    """The pairs of Han that share a character with this word, with the number of documents."""
    characters = {encoded(char) for char in word}
    counts: dict[str, int] = {}
    for leaf in leaves:
        terms = leaf.segment.terms["text"]
        found: set[int] = set()
        for char in characters:
            found.update(range(*terms.beginning_with(char)))
        found.update(terms.pairs_ending_in(characters))
        for index in found:
            start, stop = terms.extent(index)
            pair = terms.key(index).decode("utf-8", "surrogatepass")
            if len(pair) == 2:  # noqa: PLR2004 - a pair
                counts[pair] = counts.get(pair, 0) + stop - start
    return counts

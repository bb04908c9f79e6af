"""Spellings out of tantivy's dictionary, which can be walked by the beginnings of words and asked for single ones."""

from tantivy import Searcher

from search_index.analysis import is_han
from search_index.engines.beginnings import one_slip_at_the_front
from search_index.engines.nearness import han_spellings, latin_spellings
from search_index.engines.tantivy_query import storable

MOST_LISTED = 20_000  # tokens with the same first letter, the commonest
FIRST_IDEOGRAPH, LAST_IDEOGRAPH = 0x4E00, 0x9FFF


def spellings(searcher: Searcher, token: str, *, limit: int) -> list[str]:
    """The nearest tokens. Of Latin words all with one slip, and with two those whose first letter is right."""
    token = storable(token)
    if not token:
        return []
    if is_han(token):
        return han_spellings(token, _pairs_around(searcher, token), limit=limit)
    counts = dict(searcher.terms_with_prefix("text", token[0], limit=MOST_LISTED))
    for other in one_slip_at_the_front(token):
        if count := searcher.doc_freq("text", other):
            counts[other] = count
    return latin_spellings(token, counts.items(), limit=limit)


def _pairs_around(searcher: Searcher, word: str) -> dict[str, int]:
    """The pairs of the index that begin or end with a character of this word."""
    pairs: dict[str, int] = {}
    for char in set(word):
        pairs |= {pair: count for pair, count in searcher.terms_with_prefix("text", char) if len(pair) == 2}  # noqa: PLR2004 - a pair
    before = {pair[1] for pair in pairs} | set(map(chr, range(FIRST_IDEOGRAPH, LAST_IDEOGRAPH + 1)))
    single = [char for char in before if searcher.doc_freq("text", char)]
    for char in set(word):
        for other in single:
            if count := searcher.doc_freq("text", other + char):
                pairs[other + char] = count
    return pairs

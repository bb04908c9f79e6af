"""Where in documents tokens stand side by side: exact, from the places in the postings, all candidates at once."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from search_index.analysis import is_han
from search_index.engines.whoosh_file import Array
from search_index.engines.whoosh_leaf import located, located_sorted
from search_index.engines.whoosh_segment import Segment

_BITS = 17  # a place needs sixteen; one more keeps places before the beginning apart
_ROOM = 1 << 10  # no phrase is longer


class Postings(Protocol):
    """What must be known of the tokens of one field in one segment."""

    segment: Segment
    field: str

    def term(self, token: str) -> int:
        """Where the token stands in the dictionary."""

    def ids(self, token: str) -> Array:
        """The documents that hold it."""


def standing_together(postings: Postings, places: Sequence[tuple[int, str]], candidates: Array) -> Array:
    """Those of the candidates, which hold all tokens, where each stands at its place from one common beginning."""
    begins: Array | None = None
    for offset, token in sorted(places, key=lambda place: len(postings.ids(place[1]))):
        own = _beginnings(postings, token, candidates) - offset
        begins = own if begins is None else begins[located_sorted(own, begins)]
        if not len(begins):
            return candidates[:0]
    hit = np.zeros(len(candidates), bool)
    if begins is not None:
        hit[(begins + _ROOM) >> _BITS] = True
    return candidates[hit]


def _beginnings(postings: Postings, token: str, candidates: Array) -> Array:
    """Where the token stands in the candidates, as (number of the candidate, place) in one ascending number."""
    term = postings.term(token)
    times = postings.segment.times(postings.field, term).astype(np.int64)
    starts = np.cumsum(times) - times
    which, _ = located(postings.ids(token), candidates, postings.segment.count)
    often = times[which]
    ends = np.cumsum(often)
    index = np.arange(int(ends[-1])) + np.repeat(starts[which] - (ends - often), often)
    where = postings.segment.places(postings.field, term)[index].astype(np.int64)
    numbered: Array = (np.repeat(np.arange(len(candidates)), often) << _BITS) + where
    return numbered


def telling(tokens: Sequence[str]) -> list[tuple[int, str]]:
    """The tokens of a phrase with their places, without the characters that a pair beside them implies."""
    places = []
    for at, token in enumerate(tokens):
        implied = (
            len(token) == 1
            and is_han(token)
            and (
                (at + 1 < len(tokens) and len(tokens[at + 1]) == 2 and tokens[at + 1][0] == token)  # noqa: PLR2004 - a pair
                or (at > 0 and len(tokens[at - 1]) == 2 and tokens[at - 1][1] == token)  # noqa: PLR2004 - a pair
            )
        )
        if not implied:
            places.append((at, token))
    return places

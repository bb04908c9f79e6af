"""One segment as it stands in a commit, and how lists of documents are laid upon each other."""

from collections.abc import Iterable

import numpy as np

from search_index.engines.whoosh_file import Array
from search_index.engines.whoosh_segment import Segment
from search_index.ranking import K1, B

SPARSE = 16  # a list this many times longer than another is searched rather than walked


class Leaf:
    """One segment as it stands in a commit: who lives, and how long documents are in comparison."""

    def __init__(self, segment: Segment, deleted: Iterable[int]) -> None:
        self.segment = segment
        self.living: Array | None = None
        gone = np.fromiter(deleted, np.int64)
        self.count = segment.count - len(gone)
        if len(gone):
            self.living = np.ones(segment.count, bool)
            self.living[gone] = False
        self._norms: dict[str, Array] = {}

    def mask(self) -> Array:
        """Who lives, said of everybody."""
        return np.ones(self.segment.count, bool) if self.living is None else self.living

    def total_length(self, field: str) -> int:
        """Of all living documents."""
        lengths = self.segment.lengths(field)
        return int((lengths if self.living is None else lengths[self.living]).sum(dtype=np.int64))

    def norms(self, field: str, average: float) -> Array:
        """What BM25 adds to the number of times a token is held."""
        if field not in self._norms:
            self._norms[field] = K1 * (1 - B + B * self.segment.lengths(field) / average)
        return self._norms[field]


def located(ids: Array, wanted: Array, documents: int) -> tuple[Array, Array]:
    """Which of `wanted` are in `ids` (a mask), and where in `ids` those stand. Both are ascending."""
    if not len(ids) or not len(wanted):
        return np.empty(0, np.int64), np.zeros(len(wanted), bool)
    if len(ids) > SPARSE * len(wanted):
        where = np.searchsorted(ids, wanted)
        where[where == len(ids)] = 0
        common = ids[where] == wanted
        return where[common], common
    slots = np.zeros(documents, np.int32)
    slots[ids] = np.arange(1, len(ids) + 1, dtype=np.int32)
    slot = slots[wanted]
    common = slot > 0
    return slot[common] - 1, common


def located_sorted(values: Array, wanted: Array) -> Array:
    """A mask of those of `wanted` that are among `values`; both are ascending."""
    where = np.searchsorted(values, wanted)
    where[where == len(values)] = 0
    among: Array = values[where] == wanted
    return among

"""One commit as readers see it: its segments, and what is worked out once for all searches of it."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from search_index.documents import fold_label
from search_index.engines.whoosh_file import Array
from search_index.engines.whoosh_leaf import Leaf
from search_index.engines.whoosh_segment import encoded
from search_index.ranking import MOST_BEGINNINGS

MOST_AUDIENCES = 64  # masks of who may see what, kept in each snapshot


class Snapshot:
    """Never changes; many threads search it at once. `facets` of all segments share one numbering."""

    def __init__(self, generation: int, position: int, leaves: Sequence[Leaf]) -> None:
        self.generation = generation
        self.position = position
        self.leaves = leaves
        self.documents = sum(leaf.count for leaf in leaves)
        self._averages: dict[str, float] = {}
        self._audiences: OrderedDict[frozenset[str], list[Array | None]] = OrderedDict()
        self._shared: dict[tuple[int, frozenset[str]], Array | None] = {}
        self._facets: dict[str, tuple[list[str], list[Array]]] = {}
        self._lock = threading.Lock()

    def average(self, field: str) -> float:
        """The mean length of this field."""
        if field not in self._averages:
            total = sum(leaf.total_length(field) for leaf in self.leaves)
            self._averages[field] = max(total / max(self.documents, 1), 1.0)
        return self._averages[field]

    def masks(self, audience: frozenset[str]) -> list[Array | None]:
        """For each segment a mask of the living documents that these tokens open; None when that is all of them."""
        with self._lock:
            if audience in self._audiences:
                self._audiences.move_to_end(audience)
                return self._audiences[audience]
        labels = [f"audience={fold_label(token)}" for token in audience]
        masks = [self._mask(number, leaf, leaf.segment.known(labels)) for number, leaf in enumerate(self.leaves)]
        with self._lock:
            self._audiences[audience] = masks
            if len(self._audiences) > MOST_AUDIENCES:
                self._audiences.popitem(last=False)
                in_use = {id(mask) for each in self._audiences.values() for mask in each}
                self._shared = {which: mask for which, mask in self._shared.items() if id(mask) in in_use}
        return masks

    def _mask(self, number: int, leaf: Leaf, labels: frozenset[str]) -> Array | None:
        """The same for one segment, shared by all whose tokens mean the same there."""
        if (number, labels) not in self._shared:
            mask = leaf.segment.bearing(labels)
            if leaf.living is not None:
                mask = mask & leaf.living
            self._shared[number, labels] = None if mask.all() else mask
        return self._shared[number, labels]

    def facet(self, name: str) -> tuple[list[str], list[Array]]:
        """The values of a facet in the whole index, and each segment's own numbers turned into these."""
        if name not in self._facets:
            each = [leaf.segment.facet(name)[0] for leaf in self.leaves]
            values = sorted(set().union(*each))
            number = {value: index for index, value in enumerate(values)}
            turned = [np.array([0, *(number[value] + 1 for value in own)], np.int64) for own in each]
            self._facets[name] = values, turned
        return self._facets[name]

    def beginnings(self, field: str, stem: str) -> list[str]:
        """The commonest tokens that begin so."""
        counts: dict[bytes, int] = {}
        for leaf in self.leaves:
            terms = leaf.segment.terms[field]
            start, stop = terms.beginning_with(encoded(stem))
            holding = np.diff(terms.starts_array[start : stop + 1].astype(np.int64))
            for index in np.argsort(-holding, kind="stable")[: 4 * MOST_BEGINNINGS].tolist():
                key = terms.key(start + index)
                counts[key] = counts.get(key, 0) + int(holding[index])
        commonest = sorted(counts, key=lambda key: (-counts[key], key))
        return [key.decode("utf-8", "surrogatepass") for key in commonest[:MOST_BEGINNINGS]]

"""A segment that is open: its terms, its postings, its documents, and what filters and facets need of its labels."""

import itertools
import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from search_index.engines.whoosh_file import Array, FileReader

FIELDS = ("text", "title", "label")
SCORED = ("text", "title")
MOST_MASKS = 48  # of filters, kept for each segment: a byte for each document


def encoded(text: str) -> bytes:
    """As keys and terms are stored and compared."""
    return text.encode("utf-8", "surrogatepass")


def _view(values: Array) -> memoryview:
    """The same numbers, faster to take one by one."""
    buffer: Any = values
    return memoryview(buffer)


class Terms:
    """The terms of a field in order of their bytes; in memory as two pieces, without an object for each."""

    def __init__(self, file: FileReader, field: str) -> None:
        self._blob = file.read(f"{field}.keys").tobytes()
        self.offs_array = file.read(f"{field}.offs")
        self.starts_array = file.read(f"{field}.starts")
        self._offs = _view(self.offs_array)
        self._starts = _view(self.starts_array)
        self.letters: Array | None = None  # see whoosh_spelling

    def __len__(self) -> int:
        return len(self._offs) - 1

    def key(self, index: int) -> bytes:
        """The term at this place."""
        return self._blob[self._offs[index] : self._offs[index + 1]]

    def keys(self, start: int, stop: int) -> list[bytes]:
        """The terms between two places."""
        edges = self._offs[start : stop + 1].tolist()
        return [self._blob[left:right] for left, right in itertools.pairwise(edges)]

    def position(self, key: bytes) -> int:
        """Where this term stands, or would stand."""
        blob, offs = self._blob, self._offs
        low, high = 0, len(offs) - 1
        while low < high:
            middle = (low + high) >> 1
            if blob[offs[middle] : offs[middle + 1]] < key:
                low = middle + 1
            else:
                high = middle
        return low

    def find(self, key: bytes) -> int:
        """Where this term stands, or -1."""
        found = self.position(key)
        return found if found < len(self) and self.key(found) == key else -1

    def blob_array(self) -> Array:
        """All terms, one after the other."""
        return np.frombuffer(self._blob, np.uint8)

    def pairs_ending_in(self, characters: Iterable[bytes]) -> Iterator[int]:
        """The terms of two three-byte characters, the second of which is one of these."""
        pairs = np.flatnonzero(np.diff(self.offs_array.astype(np.int64)) == 6)  # noqa: PLR2004 - bytes of such a pair
        blob, second = self.blob_array(), self.offs_array[pairs].astype(np.int64) + 3
        for char in characters:
            if len(char) == 3 and len(pairs):  # noqa: PLR2004 - the others are rare
                same = (blob[second] == char[0]) & (blob[second + 1] == char[1]) & (blob[second + 2] == char[2])
                yield from pairs[same].tolist()

    def extent(self, index: int) -> tuple[int, int]:
        """Where its postings begin and end."""
        return self._starts[index], self._starts[index + 1]

    def beginning_with(self, prefix: bytes) -> tuple[int, int]:
        """The range of the terms that begin so."""
        return self.position(prefix), self.position(prefix + b"\xff")


class Segment:
    """What never changes of a segment; who is deleted stands in the commit."""

    def __init__(self, path: Path) -> None:
        self.file = FileReader.opened(path)
        self.terms = {field: Terms(self.file, field) for field in FIELDS}
        self.at = self.file.read("d.at")
        self.weight = self.file.read("d.weight")
        self.count = len(self.at)
        self._key_blob = self.file.read("d.keys").tobytes()
        self._key_offs = _view(self.file.read("d.offs"))
        order = self.file.read("d.order")
        self._order = _view(order)
        self.key_rank: Array = np.empty(self.count, np.uint32)
        self.key_rank[order] = np.arange(self.count, dtype=np.uint32)
        self._lengths: dict[str, Array] = {}
        self._masks: OrderedDict[frozenset[str], Array] = OrderedDict()
        self._facets: dict[str, tuple[list[str], Array]] = {}
        self._lock = threading.Lock()

    def key(self, number: int) -> bytes:
        """The key of a document."""
        return self._key_blob[self._key_offs[number] : self._key_offs[number + 1]]

    def rank_of(self, key: bytes) -> int:
        """Among the keys of this segment in order, where this one stands or would stand."""
        return bisect_left(self._order, key, key=self.key)

    def number_of(self, key: bytes) -> int:
        """The document of this key, or -1."""
        rank = self.rank_of(key)
        if rank < self.count and self.key(self._order[rank]) == key:
            return self._order[rank]
        return -1

    def lengths(self, field: str) -> Array:
        """How many tokens each document has."""
        if field not in self._lengths:
            self._lengths[field] = self.file.read(f"d.{field}")
        return self._lengths[field]

    def ids(self, field: str, term: int) -> Array:
        """The documents that hold this term."""
        return self.file.read(f"{field}.ids", *self.terms[field].extent(term))

    def times(self, field: str, term: int) -> Array:
        """How often each of them holds it."""
        return self.file.read(f"{field}.times", *self.terms[field].extent(term))

    def places(self, field: str, term: int) -> Array:
        """Where, document after document."""
        begin, end = self.file.read(f"{field}.pstarts", term, term + 2).tolist()
        return self.file.read(f"{field}.places", begin, end)

    def bearing(self, labels: frozenset[str]) -> Array:
        """A mask of the documents that bear one of these labels; kept, for the same is soon asked again."""
        with self._lock:
            if labels in self._masks:
                self._masks.move_to_end(labels)
                return self._masks[labels]
        mask = np.zeros(self.count, bool)
        for label in self.known(labels):
            mask[self.ids("label", self.terms["label"].find(encoded(label)))] = True
        with self._lock:
            self._masks[labels] = mask
            if len(self._masks) > MOST_MASKS:
                self._masks.popitem(last=False)
        return mask

    def known(self, labels: Iterable[str]) -> frozenset[str]:
        """Those that some document bears."""
        find = self.terms["label"].find
        return frozenset(label for label in labels if find(encoded(label)) >= 0)

    def facet(self, name: str) -> tuple[list[str], Array]:
        """The values of a facet, and for each document the numbers of its values from 1 (one column each, 0: none)."""
        found = self._facets.get(name)
        if found is None:
            found = self._facets[name] = self._facet(name)
        return found

    def _facet(self, name: str) -> tuple[list[str], Array]:
        terms = self.terms["label"]
        start, stop = terms.beginning_with(f"{name}=".encode())
        values = [key.decode("utf-8", "surrogatepass").partition("=")[2] for key in terms.keys(start, stop)]
        used = np.zeros(self.count, np.int64)
        for term in range(start, stop):
            used[self.ids("label", term)] += 1
        columns = np.zeros((int(used.max(initial=0)), self.count), np.uint16 if len(values) < 1 << 16 else np.uint32)
        used[:] = 0
        for number, term in enumerate(range(start, stop), 1):
            ids = self.ids("label", term)
            columns[used[ids], ids] = number
            used[ids] += 1
        return values, columns

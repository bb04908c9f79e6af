"""How a segment is made from documents, whole arrays at a time.

Each field (`text`, `title`, `label`) has its tokens in order of their bytes (`keys`, cut at `offs`), where the postings
of each begin (`starts`), the documents (`ids`), how often each holds it (`times`) and where (`places`, which begin at
`pstarts`). Of each document there are its key, its fingerprint, its time, its weight and its lengths.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from search_index.analysis import BOUNDARY
from search_index.documents import Document
from search_index.engines.whoosh_file import Array, FileWriter
from search_index.engines.whoosh_segment import FIELDS, SCORED
from search_index.ranking import spaced_text, spaced_title, stream


class Gathering:
    """The streams of one field, document after document."""

    def __init__(self) -> None:
        self.vocabulary: dict[str, int] = defaultdict(lambda: len(self.vocabulary))
        self.tokens = array("I")
        self.lengths: list[int] = []

    def add(self, stream: Sequence[str]) -> None:
        """The next document."""
        self.tokens.extend(map(self.vocabulary.__getitem__, stream))
        self.lengths.append(len(stream))

    def write(self, out: FileWriter, field: str) -> Array:
        """Turn them over into postings; answers the lengths of the documents without the boundaries."""
        words = sorted(self.vocabulary, key=lambda word: word.encode("utf-8", "surrogatepass"))
        rank = np.empty(len(words), np.int32)
        rank[np.fromiter(map(self.vocabulary.__getitem__, words), np.int64, len(words))] = np.arange(len(words))
        lengths = np.array(self.lengths, np.int64)
        documents = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        begins = (np.cumsum(lengths) - lengths).astype(np.int32)
        places = np.arange(len(self.tokens), dtype=np.int32) - np.repeat(begins, lengths)
        terms = rank[np.frombuffer(self.tokens, np.uint32)] if len(self.tokens) else np.empty(0, np.int32)
        if BOUNDARY in self.vocabulary:
            inside = terms != rank[self.vocabulary[BOUNDARY]]
            terms, documents, places = terms[inside], documents[inside], places[inside]
        order = np.argsort(terms, kind="stable")
        terms, documents, places = terms[order], documents[order], places[order]
        first = np.ones(len(terms), bool)
        first[1:] = (terms[1:] != terms[:-1]) | (documents[1:] != documents[:-1])
        heads = np.flatnonzero(first)
        times = np.diff(np.append(heads, len(terms)))
        holding = np.bincount(terms[heads], minlength=len(words))
        writing = FieldWriter(out, field, id_type(len(lengths)), _times_type(times))
        keys = [word.encode("utf-8", "surrogatepass") for word in words]
        writing.add(keys, holding, documents[heads], times, places)
        return np.bincount(documents, minlength=len(lengths)).astype(np.uint16)


class FieldWriter:
    """Writes the arrays of a field while terms come in order; terms that nobody holds are left out."""

    def __init__(self, out: FileWriter, field: str, ids: np.dtype[np.generic], times: np.dtype[np.generic]) -> None:
        self.out, self.field, self.ids, self.times = out, field, ids, times
        self.ends = {"offs": 0, "starts": 0, "pstarts": 0}
        for name in self.ends:
            out.add(f"{field}.{name}", np.zeros(1, np.uint32))
        for name, dtype in (("keys", np.dtype("u1")), ("ids", ids)):
            out.add(f"{field}.{name}", np.empty(0, dtype))
        if field in SCORED:
            out.add(f"{field}.times", np.empty(0, times))
            out.add(f"{field}.places", np.empty(0, np.uint16))

    def add(self, keys: Sequence[bytes], holding: Array, ids: Array, times: Array, places: Array) -> None:
        """Some terms: how many documents hold each, these documents, how often and where."""
        held = np.flatnonzero(holding)
        kept = [keys[index] for index in held.tolist()] if len(held) < len(keys) else keys
        self.out.add(f"{self.field}.keys", np.frombuffer(b"".join(kept), np.uint8))
        self._ends("offs", np.fromiter(map(len, kept), np.int64, len(kept)))
        self._ends("starts", holding[held])
        self.out.add(f"{self.field}.ids", ids.astype(self.ids))
        if self.field in SCORED:
            before = np.concatenate(([0], np.cumsum(times)))
            ends = np.cumsum(holding[held])
            self._ends("pstarts", before[ends] - before[ends - holding[held]])
            self.out.add(f"{self.field}.times", times.astype(self.times))
            self.out.add(f"{self.field}.places", places.astype(np.uint16))

    def _ends(self, name: str, lengths: Array) -> None:
        if len(lengths):
            ends = np.cumsum(lengths) + self.ends[name]
            self.ends[name] = int(ends[-1])
            self.out.add(f"{self.field}.{name}", ends.astype(np.uint32))


def id_type(documents: int) -> np.dtype[np.generic]:
    """What is wide enough for their numbers."""
    return np.dtype("<u2") if documents <= 1 << 16 else np.dtype("<u4")


def _times_type(times: Array) -> np.dtype[np.generic]:
    return np.dtype("u1") if not len(times) or times.max() < 1 << 8 else np.dtype("<u2")


def write_documents(path: Path, documents: Iterable[Document]) -> int:
    """A segment of these documents, each key once; how many there are."""
    gatherings = {field: Gathering() for field in FIELDS}
    keys: list[bytes] = []
    prints: list[bytes] = []
    at: list[float] = []
    weight: list[float] = []
    for document in documents:
        title = spaced_title(document)
        gatherings["title"].add(stream(title))
        gatherings["text"].add(stream(spaced_text(document, title)))
        gatherings["label"].add(sorted(document.labels))
        keys.append(document.key.encode("utf-8", "surrogatepass"))
        prints.append(document.fingerprint.encode())
        at.append(document.at.timestamp())
        weight.append(document.weight)
    out = FileWriter(path)
    try:
        for field, gathering in gatherings.items():
            lengths = gathering.write(out, field)
            if field in SCORED:
                out.add(f"d.{field}", lengths)
        write_columns(out, keys, b"".join(prints), np.array(at), np.array(weight))
        out.finish()
    finally:
        out.discard()
    return len(keys)


def write_columns(out: FileWriter, keys: Sequence[bytes], prints: bytes, at: Array, weight: Array) -> None:
    """What is known of each document beside its tokens."""
    order = sorted(range(len(keys)), key=keys.__getitem__)
    out.add("d.order", np.array(order, np.uint32))
    out.add("d.keys", np.frombuffer(b"".join(keys), np.uint8))
    out.add("d.offs", np.concatenate(([0], np.cumsum([len(key) for key in keys]))).astype(np.uint32))
    out.add("d.prints", np.frombuffer(prints, np.uint8))
    out.add("d.at", at.astype(np.float64))
    out.add("d.weight", weight.astype(np.float64))

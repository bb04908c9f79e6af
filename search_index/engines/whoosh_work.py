"""A commit in the making: new segments, who is deleted in the old ones, and when segments become one."""

import contextlib
import math
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from whoosh.codec.whoosh3 import W3Codec, W3Segment

from search_index.documents import Document
from search_index.engines import whoosh_commit as commits
from search_index.engines.whoosh_build import write_documents
from search_index.engines.whoosh_leaf import Leaf
from search_index.engines.whoosh_merge import write_merged
from search_index.engines.whoosh_segment import Segment, encoded
from search_index.engines.whoosh_snapshot import Snapshot

SMALLEST = 512  # documents up to which segments are of the lowest tier
FAMILY = 8  # so many segments of one tier become one of the next
WORN = 0.25  # a segment in which more than this is deleted is written anew


class Work:
    """The segments of the commit that is being made; nobody sees them before it is written."""

    def __init__(self, directory: Path, snapshot: Snapshot) -> None:
        self.directory = directory
        self.made: list[Path] = []
        current = commits.read(directory)
        self.parts: list[tuple[W3Segment, Segment]] = [
            (described, leaf.segment) for described, leaf in zip(current.segments, snapshot.leaves, strict=True)
        ]

    @contextmanager
    def abandoned_on_failure(self) -> Iterator[None]:
        """Remove the files of a commit that did not come to be; the one before it stands."""
        try:
            yield
        except BaseException:
            for path in self.made:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
            raise

    def delete(self, keys: Iterable[str]) -> None:
        """Mark what the segments hold of these keys."""
        for key in map(encoded, keys):
            for described, segment in self.parts:
                number = segment.number_of(key)
                if number >= 0:
                    described.delete_document(number)

    def add(self, documents: dict[str, Document]) -> None:
        """Replace these."""
        self.delete(documents)
        described, path = self._new()
        described.set_doc_count(write_documents(path, documents.values()))
        self.parts.append((described, Segment(path)))

    def merge_tiers(self) -> None:
        """Keep segments few and mostly alive, without writing large ones often."""
        self.parts = [part for part in self.parts if _living(part)]
        for part in list(self.parts):
            described = part[0]
            if described.deleted_count() > WORN * described.doc_count_all():
                self.merge([part])
        while True:
            tiers: dict[int, list[tuple[W3Segment, Segment]]] = {}
            for part in self.parts:
                tiers.setdefault(_tier(_living(part)), []).append(part)
            family = next((tiers[tier] for tier in sorted(tiers) if len(tiers[tier]) >= FAMILY), None)
            if family is None:
                return
            self.merge(family)

    def merge(self, family: list[tuple[W3Segment, Segment]]) -> None:
        """Make one of these."""
        described, path = self._new()
        described.set_doc_count(
            write_merged(path, [(segment, Leaf(segment, old.deleted_docs()).mask()) for old, segment in family])
        )
        merged = [part for part in self.parts if part not in family]
        if described.doc_count_all():
            merged.append((described, Segment(path)))
        self.parts = merged

    def _new(self) -> tuple[W3Segment, Path]:
        described = W3Codec().new_segment(commits.storage_of(self.directory), commits.NAME)
        described.segid = secrets.token_hex(8)  # Whoosh's own are of `random`, which somebody may have seeded
        path = commits.segment_path(self.directory, described)
        self.made.append(path)
        return described, path


def _living(part: tuple[W3Segment, Segment]) -> int:
    return int(part[0].doc_count_all() - part[0].deleted_count())


def _tier(documents: int) -> int:
    return 0 if documents <= SMALLEST else math.ceil(math.log(documents / SMALLEST, FAMILY))

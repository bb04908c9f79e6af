"""What a site starts with: Whoosh's commits, segments and lock, with postings of our own that numpy reads whole.

Whoosh's own matchers call several Python methods for each posting, and its own segment writer sorts them one by one;
both are too slow by a factor of ten. So the index is Whoosh's as far as directories, locks, segments and generations
go; the files beside this one do the rest: `whoosh_build` and `whoosh_merge` make segments, `whoosh_match` and
`whoosh_search` answer from them.
"""

import itertools
import struct
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from whoosh.index import EmptyIndexError

from search_index.documents import Document
from search_index.engine import BusyError, EngineError, Query, Results, Stats
from search_index.engines import whoosh_commit as commits
from search_index.engines.whoosh_commit import Commit
from search_index.engines.whoosh_leaf import Leaf
from search_index.engines.whoosh_search import search_in
from search_index.engines.whoosh_segment import Segment
from search_index.engines.whoosh_snapshot import Snapshot
from search_index.engines.whoosh_spelling import spellings_in
from search_index.engines.whoosh_work import Work

FORMAT = commits.VERSION
AT_ONCE = 2_000  # documents of one new segment
TRIES = 20  # a commit may remove what we are about to open; then there is a newer one


def open_index(place: Path) -> "WhooshEngine":
    """The index in this directory; an empty one where there is none yet."""
    return WhooshEngine(place)


class WhooshEngine:
    """See `Engine`."""

    name: ClassVar[str] = "whoosh"
    at_once: ClassVar[int] = 1_000  # with five times as many it holds 60 % more, and is no quicker

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._write_lock: Any = None
        self._writing = threading.Lock()
        self._opening = threading.Lock()
        with _as_engine_errors():
            directory.mkdir(parents=True, exist_ok=True)
            self._segments: dict[str, Segment] = {}
            self._snapshot = self._opened()

    def _opened(self) -> Snapshot:
        """The newest commit."""
        for attempt in itertools.count(1):
            try:
                return self._snapshot_of(commits.read(self.directory))
            except (FileNotFoundError, EmptyIndexError) as trouble:
                if attempt == TRIES:
                    raise EngineError(f"a part of the index is missing: {trouble}") from trouble
        raise AssertionError

    def _snapshot_of(self, commit: Commit) -> Snapshot:
        segments: dict[str, Segment] = {}
        leaves = []
        for described in commit.segments:
            name = str(described.segid)
            path = commits.segment_path(self.directory, described)
            segment = segments[name] = self._segments.get(name) or Segment(path)
            if segment.count != described.doc_count_all():
                raise EngineError(f"{path.name} is not what the commit says")
            leaves.append(Leaf(segment, described.deleted_docs()))
        self._segments = segments
        return Snapshot(commit.generation, commit.position, leaves)

    def refresh(self) -> None:
        """See `Engine`: one look at the names in the directory when nothing changed."""
        with _as_engine_errors(), self._opening:
            latest = commits.latest_generation(commits.storage_of(self.directory))
            if latest < 0 <= self._snapshot.generation:
                raise EngineError("the index is gone")
            if latest != self._snapshot.generation:
                self._snapshot = self._opened()

    def search(
        self,
        query: Query,
        *,
        audience: Collection[str],
        limit: int = 20,
        cursor: tuple[float, str] | None = None,
        facets: Sequence[str] = (),
        hidden: Collection[str] = (),
    ) -> Results:
        """See `Engine`."""
        with _as_engine_errors():
            return search_in(self._snapshot, query, audience, limit, cursor, facets, hidden)

    def spellings(self, token: str, *, limit: int = 5) -> list[str]:
        """See `Engine`."""
        with _as_engine_errors():
            return spellings_in(self._snapshot.leaves, token, limit)

    def fingerprints(self) -> Iterator[tuple[str, str]]:
        """See `Engine`."""
        with _as_engine_errors():
            for leaf in self._snapshot.leaves:
                prints = leaf.segment.file.read("d.prints").tobytes()
                for number in range(leaf.segment.count):
                    if leaf.living is None or leaf.living[number]:
                        key = leaf.segment.key(number).decode("utf-8", "surrogatepass")
                        yield key, prints[16 * number : 16 * number + 16].decode()

    def stats(self) -> Stats:
        """See `Engine`."""
        snapshot = self._snapshot
        return Stats(snapshot.documents, sum(leaf.segment.file.bytes for leaf in snapshot.leaves), snapshot.position)

    def apply(self, documents: Iterable[Document], deleted: Collection[str], *, position: int) -> None:
        """See `Engine`: new segments, deletions in the old ones, and sometimes a merge, in one commit."""
        with self._as_writer():
            work = Work(self.directory, self._snapshot)
            with work.abandoned_on_failure():
                work.delete(deleted)
                waiting = iter(documents)
                while batch := list(itertools.islice(waiting, AT_ONCE)):
                    work.add({document.key: document for document in batch})
                work.merge_tiers()
                self._commit(work, position)

    def finish(self) -> None:
        """See `Engine`: one segment is read the fastest."""
        with self._as_writer():
            work = Work(self.directory, self._snapshot)
            if len(work.parts) > 1 or any(described.has_deletions() for described, _ in work.parts):
                with work.abandoned_on_failure():
                    work.merge(list(work.parts))
                    self._commit(work, self._snapshot.position)

    def _commit(self, work: Work, position: int) -> None:
        described = [part for part, _ in work.parts]
        commit = Commit(self._snapshot.generation + 1, described, position)
        commits.write(self.directory, commit)
        with self._opening:
            self._segments = {str(part.segid): segment for part, segment in work.parts}
            self._snapshot = self._snapshot_of(commit)
        commits.clean(self.directory, commit)

    @contextmanager
    def _as_writer(self) -> Iterator[None]:
        """Hold Whoosh's lock, from the first write until `close`: one writer for each directory."""
        with self._writing, _as_engine_errors():
            if self._write_lock is None:
                lock = commits.storage_of(self.directory).lock(f"{commits.NAME}_WRITELOCK")
                if not lock.acquire():
                    raise BusyError("another process writes this index")
                self._write_lock = lock
            self.refresh()
            yield

    def close(self) -> None:
        """See `Engine`. Files close when the last search that reads them ends."""
        with self._writing:
            if self._write_lock is not None:
                self._write_lock.release()
                self._write_lock = None
            self._segments = {}
            self._snapshot = Snapshot(self._snapshot.generation, self._snapshot.position, [])


@contextmanager
def _as_engine_errors() -> Iterator[None]:
    """Whatever a broken file or a full disk may raise becomes the one error that callers know."""
    try:
        yield
    except (OSError, ValueError, IndexError, KeyError, OverflowError, struct.error) as trouble:
        raise EngineError(f"{type(trouble).__name__}: {trouble}") from trouble

"""The engine of a site that has outgrown Whoosh: tantivy, written in Rust, whose searches run beside Python.

Documents come as `ranking.spaced_text`, one value of the field a piece between boundaries, so that the library only has
to cut at spaces. It multiplies the score of a hit by log2(2 + `weight`) of the document: the weight is kept
as what makes this `SCALE` times `Document.weight`, and so the best hits of all are exact, not the best of some.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, NamedTuple, TypeVar

from tantivy import Document as Row
from tantivy import Index, IndexWriter, Schema, SchemaBuilder, Searcher, TextAnalyzerBuilder, Tokenizer
from tantivy import Query as Asked

from search_index.documents import Document
from search_index.engine import BusyError, EngineError, Query, Results, Stats
from search_index.engines import tantivy_files as files
from search_index.engines.tantivy_paging import SCALE, Ranked
from search_index.engines.tantivy_query import Asking, micros, storable
from search_index.engines.tantivy_spelling import spellings
from search_index.ranking import BETWEEN, spaced_text, spaced_title

FORMAT = 1
HEAP = 24_000_000  # bytes the writer gathers at most before it writes a segment
MOST_VALUES = 10_000  # of one facet
TRIES = 50

T = TypeVar("T")


class _Commit(NamedTuple):
    """What readers answer from, in one piece."""

    stamp: tuple[int, int]
    searcher: Searcher
    files: files.Seen
    position: int


class TantivyEngine:
    """See `Engine`."""

    name: ClassVar[str] = "tantivy"
    at_once: ClassVar[int] = 1_800  # a segment each: of fewer, too many are merged; of more, more waits in memory

    def __init__(self, place: Path) -> None:
        self._place = place
        self._lock = Lock()
        self._writer: IndexWriter | None = None
        with _in_our_words():
            place.mkdir(parents=True, exist_ok=True)
            if files.is_begun(place):
                self._settled(lambda: files.check(place))
            self._schema = _schema()
            self._index = Index(self._schema, path=str(place))
            self._index.config_reader("manual", 0)
            self._index.register_tokenizer("spaces", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
            self._commit = self._read()

    def apply(self, documents: Iterable[Document], deleted: Collection[str], *, position: int) -> None:
        """See `Engine.apply`."""
        try:
            with _in_our_words():
                writer = self._writer = self._writer or self._index.writer(heap_size=HEAP, num_threads=1)
                for key in deleted:
                    writer.delete_documents_by_term("key", storable(key))
            for document in documents:
                row = _row(document)
                with _in_our_words():
                    writer.delete_documents_by_term("key", storable(document.key))
                    writer.add_document(row)
            with _in_our_words():
                writer.commit()
                files.write_position(self._place, position)
        except BaseException:
            self._give_up()
            raise
        self.refresh()

    def finish(self) -> None:
        """Wait for the merges that go on."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with _in_our_words():
                writer.wait_merging_threads()
        self.refresh()

    def refresh(self) -> None:
        """See `Engine.refresh`."""
        with _in_our_words():
            if self._commit.stamp != self._stamp():
                with self._lock:
                    if self._commit.stamp != self._stamp():
                        self._commit = self._read()

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
        """See `Engine.search`."""
        with _in_our_words():
            searcher = self._searcher()
            asking = Asking(self._schema, searcher, query, audience)
            whole = asking.whole(hidden)
            ranked = Ranked(searcher, whole, by_time=query.order == "newest" or not query.clauses)
            hits, following = ranked.page(limit, cursor)
            return Results(hits, ranked.total, _facets(searcher, asking, whole, query, facets, hidden), following)

    def spellings(self, token: str, *, limit: int = 5) -> list[str]:
        """See `Engine.spellings`."""
        with _in_our_words():
            return spellings(self._searcher(), token, limit=limit)

    def fingerprints(self) -> Iterator[tuple[str, str]]:
        """See `Engine.fingerprints`."""
        with _in_our_words():
            searcher = self._searcher()
            hits = searcher.search(Asked.all_query(), max(searcher.num_docs, 1), count=False).hits
            addresses = [address for _score, address in hits]
            prints = searcher.fast_field_values("print", addresses)
            for address, print_ in zip(addresses, prints, strict=True):
                yield str(searcher.doc(address).get_first("key")), f"{print_:016x}"

    def stats(self) -> Stats:
        """See `Engine.stats`."""
        commit = self._commit
        with _in_our_words():
            return Stats(commit.searcher.num_docs, files.size(commit.files), commit.position)

    def close(self) -> None:
        """See `Engine.close`."""
        self._give_up()

    def _give_up(self) -> None:
        """Forget what was not committed, and let another writer in."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with _in_our_words():
                writer.rollback()

    def _searcher(self) -> Searcher:
        """What to ask, its files being as they were."""
        if not files.is_untouched(self._commit.files):
            raise EngineError(f"somebody wrote into {self._place.name}")
        return self._commit.searcher

    def _stamp(self) -> tuple[int, int]:
        state = (self._place / files.META).stat()
        return state.st_ino, state.st_mtime_ns

    def _read(self) -> _Commit:
        """The last commit. The position is read first: what is found is then at least as new as it says."""

        def read() -> _Commit:
            stamp, position = self._stamp(), files.read_position(self._place)
            self._index.reload()
            return _Commit(stamp, self._index.searcher(), files.seen(self._place), position)

        return self._settled(read)

    def _settled(self, read: Callable[[], T]) -> T:
        """What is read while nobody commits: a commit or merge in between may remove a file that is being opened."""
        for _attempt in range(TRIES):
            stamp = self._stamp()
            try:
                return read()
            except (EngineError, OSError, ValueError):
                if self._stamp() == stamp:
                    raise
        raise BusyError(f"{self._place.name} is written without a pause")


def open_index(place: Path) -> TantivyEngine:
    """The index at `place`, an empty one where there is none."""
    return TantivyEngine(place)


def _schema() -> Schema:
    builder = SchemaBuilder()
    builder.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("print", fast=True)
    builder.add_text_field("text", tokenizer_name="spaces")
    builder.add_text_field("title", tokenizer_name="spaces")
    builder.add_text_field("label", tokenizer_name="raw", index_option="basic")
    builder.add_json_field("facet", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("at", fast=True)
    builder.add_float_field("weight", fast=True)
    return builder.build()


def _row(document: Document) -> Row:
    title = spaced_title(document)
    row = Row()
    row.add_text("key", storable(document.key))
    row.add_unsigned("print", int(document.fingerprint, 16))
    for piece in spaced_text(document, title).split(BETWEEN):
        row.add_text("text", piece)
    row.add_text("title", title)
    facets: dict[str, list[str]] = {}
    for label in map(storable, document.labels):
        row.add_text("label", label)
        name, _equals, _value = label.partition("=")
        facets.setdefault(name, []).append(label[len(name) :])  # with its "=": what looks like a date is taken for one
    row.add_json("facet", facets)
    row.add_integer("at", micros(document.at))
    row.add_float("weight", max(2.0 ** (SCALE * min(document.weight, 60.0)) - 2.0, 0.0))
    return row


def _facets(
    searcher: Searcher, asking: Asking, whole: Any, query: Query, facets: Sequence[str], hidden: Collection[str]
) -> dict[str, list[tuple[str, int]]]:
    """Counts of each, under its own query: all facets without a filter of their own are counted in one go."""
    filtered = {which.field for which in query.filters}
    groups: dict[str, list[str]] = {}
    for name in facets:
        groups.setdefault(name if name in filtered else "", []).append(name)
    counts = {}
    for lifted, names in groups.items():
        asked = asking.whole(hidden, without_filter_on=lifted) if lifted else whole
        found = searcher.aggregate(asked, {name: {"terms": _terms(name)} for name in names})
        for name in names:
            buckets = [(bucket["key"][1:], bucket["doc_count"]) for bucket in found[name]["buckets"]]
            counts[name] = sorted(buckets, key=lambda pair: (-pair[1], pair[0]))
    return {name: counts[name] for name in facets}


def _terms(name: str) -> dict[str, Any]:
    path = name.replace(".", "\\.")
    return {"field": f"facet.{path}", "size": MOST_VALUES, "segment_size": MOST_VALUES}


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Whatever the library says is wrong becomes an `EngineError`; a panic in it is not even an Exception."""
    try:
        yield
    except EngineError:
        raise
    except (ValueError, OSError, RuntimeError, OverflowError, LookupError) as error:
        raise (BusyError if "LockBusy" in str(error) else EngineError)(str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise EngineError(str(error)) from error

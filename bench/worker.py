"""One engine in a process of its own, that does what it is told line by line.

So its memory is its own, and rounds of several engines can take turns.
"""

import gc
import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from bench import corpus
from bench.yardstick import Yardstick
from search_index.documents import Document
from search_index.engine import FACETS, Engine
from search_index.excerpts import excerpt
from search_index.indexing.building import fill
from search_index.indexing.choosing import open_engine
from search_index.query import parse

Answer = dict[str, Any]


class Bench:
    """An engine under the hand of the bench."""

    def __init__(self, name: str, place: Path, path: Path) -> None:
        self.name, self.place, self.path = name, place, path
        self.texts = sqlite3.connect(path)
        self.engine: Engine | None = None
        self.opened: Engine | None = None
        self.before, self.own_before = _rss(), _own()
        self.most, self.most_own = self.before, self.own_before

    def build(self) -> Answer:
        """The whole corpus into an empty index."""
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        started, processor = time.perf_counter(), time.process_time()
        self.engine = open_engine(self.name, self.place)
        for _commit in fill(self.engine, corpus.documents(self.path), position=1):
            self.most, self.most_own = max(self.most, _rss()), max(self.most_own, _own())
        seconds = time.perf_counter() - started
        number = self.engine.stats().documents
        return {
            "documents": number,
            "per_second": round(number / seconds),
            "processor_seconds": round(time.process_time() - processor, 1),
            "mb_more_while_building": round((self.most - self.before) / 1e6, 1),
            "mb_own_while_building": round((self.most_own - self.own_before) / 1e6, 1),
            "index_mb": round(self.engine.stats().bytes / 1e6, 1),
        }

    def build_opened(self) -> Answer:
        """The same documents, all of them for everybody: what a search costs where no audience narrows it."""
        place = self.place.with_name(f"{self.place.name}-opened")
        place.mkdir(parents=True)
        self.opened = open_engine(self.name, place)
        public = (replace(document, audience="public") for document in corpus.documents(self.path))
        for _commit in fill(self.opened, public, position=1):
            pass
        return {}

    def open(self) -> Answer:
        """An index that an earlier process built."""
        started = time.perf_counter()
        self.engine = open_engine(self.name, self.place)
        self.engine.refresh()
        stats = self.engine.stats()
        return {
            "documents": stats.documents,
            "open_ms": round((time.perf_counter() - started) * 1e3, 1),
            "index_mb": round(stats.bytes / 1e6, 1),
        }

    def round(self, *, questions: list[str], page: bool = True, opened: bool = False) -> Answer:
        """Ask each once; `page`: with facets and excerpts, as the search page does, else only the twenty best."""
        milliseconds: list[float] = []
        empty = 0
        self.excerpts = 0.0
        gc.collect()
        for text in questions:
            started = time.perf_counter()
            empty += not self._ask(text, page=page, opened=opened)
            milliseconds.append((time.perf_counter() - started) * 1e3)
        return {"ms": milliseconds, "empty": empty, "excerpts_ms": self.excerpts * 1e3}

    def memory(self) -> Answer:
        """What searching holds, beyond the bare process."""
        return {"mb_more": round((_rss() - self.before) / 1e6, 1), "mb": round(_rss() / 1e6, 1)}

    def _ask(self, text: str, *, page: bool, opened: bool) -> int:
        engine = self.opened if opened else self.engine
        assert engine is not None  # noqa: S101 - built or opened before
        parsed = parse(text)
        results = engine.search(parsed.query, audience=corpus.MEMBER, limit=20, facets=FACETS if page else ())
        if page:
            loaded = corpus.texts(self.texts, [hit.key for hit in results.hits])
            started = time.perf_counter()
            for _title, body in loaded:
                excerpt(body, parsed.words)
            self.excerpts += time.perf_counter() - started
        return results.total


class Bare:
    """The yardstick, with the same commands."""

    def __init__(self, place: Path, path: Path) -> None:
        self.place, self.path = place, path
        self.before = _rss()

    def build(self) -> Answer:
        """The whole corpus into one table."""
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        started = time.perf_counter()
        index = Yardstick(self.place)
        number = 0
        for batch in _batches(corpus.documents(self.path), 1_000):
            number += len(batch)
            index.apply(batch)
        seconds = time.perf_counter() - started
        return {
            "documents": number,
            "per_second": round(number / seconds),
            "mb_more_while_building": round((_rss() - self.before) / 1e6, 1),
            "index_mb": round(index.bytes() / 1e6, 1),
        }

    def open(self) -> Answer:
        """Again."""
        self.index = Yardstick(self.place)
        return {"index_mb": round(self.index.bytes() / 1e6, 1)}

    def round(self, *, questions: list[str]) -> Answer:
        """Only the twenty best."""
        milliseconds, empty = [], 0
        for text in questions:
            started = time.perf_counter()
            empty += not self.index.search(text, audience=corpus.MEMBER)
            milliseconds.append((time.perf_counter() - started) * 1e3)
        return {"ms": milliseconds, "empty": empty}

    def memory(self) -> Answer:
        """Beyond the bare process."""
        return {"mb_more": round((_rss() - self.before) / 1e6, 1), "mb": round(_rss() / 1e6, 1)}


@contextmanager
def house(name: str) -> Iterator[None]:
    """PostgreSQL is reached through the application's own connection; the others need no application."""
    if name != "postgres":
        yield
        return
    from guildhall.app import create_app

    with create_app().app_context():
        yield


def _batches(documents: Iterator[Document], size: int) -> Iterator[list[Document]]:
    while batch := list(islice(documents, size)):
        yield batch


def _rss() -> int:
    rss: int = psutil.Process(os.getpid()).memory_info().rss
    return rss


def _own() -> int:
    """Without the pages of files, which the system takes back when it needs them."""
    held = psutil.Process(os.getpid()).memory_info()
    own: int = held.rss - held.shared
    return own


def main() -> None:
    """Read commands, write answers, one line of JSON each."""
    name, place, path = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    parse("warm up 预热")
    with house(name):
        bench: Bench | Bare = Bare(place, path) if name == "fts5" else Bench(name, place, path)
        for line in sys.stdin:
            order = json.loads(line)
            deed: Callable[..., Answer] = getattr(bench, order.pop("do"))
            print(json.dumps(deed(**order)), flush=True)


if __name__ == "__main__":
    main()

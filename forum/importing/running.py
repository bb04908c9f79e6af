"""The import as a whole: processes cook ahead, batches are written in the order of the file."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy.exc import DataError, IntegrityError

from forum.importing.preparing import PreparedThread, Refused, parse, prepare, start_process
from forum.importing.reading import LineFile, RawLine, RejectsFile
from forum.importing.rows import source_id_of
from forum.importing.writing import known_sources, write_threads
from kernel.work import unit_of_work

CHUNK_BYTES = 160_000
CHUNK_LINES = 60
BATCH_THREADS = 200
BATCH_POSTS = 2_000

Results = list[PreparedThread | Refused]
Prepare = Callable[[list[RawLine]], "Future[Results]"]


@dataclass(slots=True)
class Progress:
    """Where an import is; handed to its caller after every batch."""

    threads: int = 0
    posts: int = 0
    already_in: int = 0
    rejected: int = 0
    position: int = 0
    size: int = 0


def import_threads(
    path: Path,
    *,
    board_id: int,
    processes: int | None = None,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    on_reject: Callable[[int, str], None] = lambda _number, _reason: None,
) -> tuple[Progress, Path | None]:
    """Import a file into a board; returns the totals, and where the refused lines lie, if there were any.

    What a batch has committed stays whatever happens afterwards; importing the file again goes on from there.
    With `processes=0` everything is done in this process.
    """
    lines, rejects = LineFile(path), RejectsFile(path)
    progress = Progress(size=lines.size)

    def refuse(refused: Refused) -> None:
        progress.rejected += 1
        rejects.add(refused.line.text)
        on_reject(refused.line.number, refused.reason)

    def write(batch: list[PreparedThread]) -> None:
        for added in _write(batch, board_id=board_id, refuse=refuse):
            progress.threads += len(added)
            progress.posts += sum(len(thread.posts) for thread in added)
        progress.already_in = seen - progress.threads - progress.rejected
        progress.position = lines.position
        on_progress(progress)

    seen = 0
    batch: list[PreparedThread] = []
    try:
        with _cooks(processes) as start:
            for known, results in _ahead(_unknown(lines), start, depth=2 * (processes or os.cpu_count() or 1) + 2):
                seen += known + len(results)
                for result in results:
                    if isinstance(result, Refused):
                        refuse(result)
                    else:
                        batch.append(result)
                if len(batch) >= BATCH_THREADS or sum(len(thread.posts) for thread in batch) >= BATCH_POSTS:
                    write(batch)
                    batch = []
            write(batch)
    finally:
        rejects.close()
        lines.close()
    progress.position = progress.size
    on_progress(progress)
    return progress, rejects.path


def _unknown(lines: LineFile) -> Iterator[tuple[int, list[RawLine]]]:
    """Chunks of lines that are not in yet, each with how many were left out because they are."""
    for chunk in _chunks(lines):
        ids: dict[int, str] = {}
        for line in chunk:
            try:
                source_id = None if line.fault else source_id_of(parse(line))
            except (ValueError, RecursionError):
                source_id = None  # whoever prepares it will say what is wrong
            if source_id is not None:
                ids[line.number] = source_id
        with unit_of_work():
            known = known_sources(sorted(set(ids.values())))
        fresh = [line for line in chunk if ids.get(line.number) not in known]
        yield len(chunk) - len(fresh), fresh


def _chunks(lines: LineFile) -> Iterator[list[RawLine]]:
    chunk: list[RawLine] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line.text)
        if size >= CHUNK_BYTES or len(chunk) >= CHUNK_LINES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _ahead(chunks: Iterator[tuple[int, list[RawLine]]], start: Prepare, *, depth: int) -> Iterator[tuple[int, Results]]:
    """Results in the order of the chunks, with at most `depth` in the making: memory stays flat."""
    waiting: deque[tuple[int, Future[Results]]] = deque()
    for known, lines in chunks:
        waiting.append((known, start(lines)))
        if len(waiting) >= depth:
            count, future = waiting.popleft()
            yield count, future.result()
    while waiting:
        count, future = waiting.popleft()
        yield count, future.result()


@contextmanager
def _cooks(processes: int | None) -> Iterator[Prepare]:
    if processes == 0:
        yield _prepare_here
        return
    pool = ProcessPoolExecutor(
        processes or os.cpu_count() or 1, mp_context=get_context("spawn"), initializer=start_process
    )
    try:
        yield lambda lines: pool.submit(prepare, lines)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _prepare_here(lines: list[RawLine]) -> "Future[Results]":
    done: Future[Results] = Future()
    done.set_result(prepare(lines))
    return done


def _write(
    batch: list[PreparedThread], *, board_id: int, refuse: Callable[[Refused], None]
) -> Iterator[list[PreparedThread]]:
    """Write a batch; when the database refuses it, halve it until the thread at fault stands alone."""
    try:
        yield write_threads(batch, board_id=board_id)
    except (DataError, IntegrityError) as error:
        if len(batch) == 1:
            refuse(Refused(batch[0].line, f"the database refuses it: {str(error.orig).splitlines()[0]}"))
            return
        middle = len(batch) // 2
        yield from _write(batch[:middle], board_id=board_id, refuse=refuse)
        yield from _write(batch[middle:], board_id=board_id, refuse=refuse)

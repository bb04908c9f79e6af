"""Whoosh: killed while it commits, with damaged files, on a full disk, with two who would write."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from search_index.engine import EngineError, Query, Stats, Word
from search_index.engines import whoosh, whoosh_commit, whoosh_file
from search_index.query import parse
from tests.search.conftest import a_document, fill

PUBLIC = ("public",)
ROOT = Path(__file__).resolve().parent.parent.parent

# Commits one document after the other for ever; says each position when its commit has returned.
WRITER = """
import sys
from pathlib import Path
from search_index.engines import whoosh
from tests.search.conftest import a_document
engine = whoosh.open_index(Path(sys.argv[1]))
position = engine.stats().position
while True:
    position += 1
    last = a_document(1_000_000, body=f"last{position}")
    engine.apply([a_document(position, body="graphene"), last], (), position=position)
    print(position, flush=True)
"""


def test_killed_at_any_moment_it_keeps_what_it_committed(tmp_path: Path) -> None:
    place = tmp_path / "index"
    told = 0
    for kills in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(place)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as writer:
            assert writer.stdout is not None
            for _ in range(7 + 5 * kills):
                told = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            for line in writer.stdout:
                told = int(line)
        engine = whoosh.open_index(place)
        position = engine.stats().position
        assert position in (told, told + 1)
        assert engine.search(parse("graphene").query, audience=PUBLIC).total == position
        assert engine.search(parse(f"last{position}").query, audience=PUBLIC).total == 1
        assert dict(engine.fingerprints()).keys() == {
            f"forum.thread:{number}" for number in [*range(1, position + 1), 1_000_000]
        }
        engine.close()


def filled(place: Path) -> None:
    engine = whoosh.open_index(place)
    for position in range(1, 4):
        fill(
            engine,
            *(a_document(10 * position + number, body="graphene 中文") for number in range(5)),
            position=position,
        )
    engine.close()


def garbled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40
    path.write_bytes(content)


def shortened(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize("harm", [garbled, shortened, emptied])
@pytest.mark.parametrize("what", ["*.gh", "*.toc"])
def test_a_damaged_index_is_refused_and_never_half_read(
    tmp_path: Path, harm: Callable[[Path], None], what: str
) -> None:
    place = tmp_path / "index"
    filled(place)
    harm(min(place.glob(what)))
    with pytest.raises(EngineError):
        whoosh.open_index(place)


def test_an_index_without_one_of_its_segments_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "index"
    filled(place)
    min(place.glob("*.gh")).unlink()
    with pytest.raises(EngineError):
        whoosh.open_index(place)


def test_an_index_without_any_commit_is_empty_and_at_its_beginning(tmp_path: Path) -> None:
    place = tmp_path / "index"
    filled(place)
    for path in place.glob("*.toc"):
        path.unlink()
    assert whoosh.open_index(place).stats() == Stats(0, 0, 0)


def test_every_single_byte_is_covered_by_a_checksum(tmp_path: Path) -> None:
    place = tmp_path / "index"
    filled(place)
    for path in [*place.glob("*.gh"), *place.glob("*.toc")]:
        content = path.read_bytes()
        for at in range(0, len(content), max(1, len(content) // 97)):
            harmed = bytearray(content)
            harmed[at] ^= 0x01
            path.write_bytes(harmed)
            with pytest.raises(EngineError):
                whoosh.open_index(place)
        path.write_bytes(content)
    assert whoosh.open_index(place).stats().documents == 15


def test_a_file_cut_short_under_a_reader_is_an_error_and_not_an_answer(tmp_path: Path) -> None:
    place = tmp_path / "index"
    filled(place)
    engine = whoosh.open_index(place)
    for path in place.glob("*.gh"):
        emptied(path)
    with pytest.raises(EngineError):
        engine.search(Query(clauses=(Word(("graphen",)),)), audience=PUBLIC)


def test_an_index_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "index")
    monkeypatch.setattr(whoosh_commit, "VERSION", whoosh_commit.VERSION + 1)
    with pytest.raises(EngineError, match="version"):
        whoosh.open_index(tmp_path / "index")


@pytest.mark.parametrize("step", [1, 2])
def test_a_full_disk_leaves_the_commit_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    place = tmp_path / "index"
    engine = whoosh.open_index(place)
    fill(engine, a_document(1, body="graphene"), position=1)
    syncs = iter(range(1, 100))
    real = os.fsync

    def full(handle: int) -> None:
        if next(syncs) == step:
            raise OSError(28, "No space left on device")
        real(handle)

    with monkeypatch.context() as patched:
        patched.setattr(whoosh_file.os, "fsync", full)
        with pytest.raises(EngineError, match="No space"):
            engine.apply([a_document(2, body="graphene")], ["forum.thread:1"], position=2)
    assert engine.search(parse("graphene").query, audience=PUBLIC).total == 1
    engine.apply([a_document(2, body="graphene")], ["forum.thread:1"], position=2)
    assert [hit.key for hit in engine.search(parse("graphene").query, audience=PUBLIC).hits] == ["forum.thread:2"]
    engine.close()
    assert whoosh.open_index(place).stats().position == 2


def test_what_commits_leave_behind_is_cleared_away(tmp_path: Path) -> None:
    place = tmp_path / "index"
    engine = whoosh.open_index(place)
    for position in range(1, 60):
        fill(engine, a_document(position % 7, body="graphene"), position=position)
    names = sorted(path.name for path in place.iterdir())
    assert len([name for name in names if name.endswith(".toc")]) == 1
    assert len(names) <= 12
    handles = Path("/proc/self/fd")
    before = len(list(handles.iterdir()))
    engine.close()
    assert len(list(handles.iterdir())) < before


def test_many_threads_search_while_one_commits(tmp_path: Path) -> None:
    engine = whoosh.open_index(tmp_path / "index")
    fill(engine, *(a_document(number, body=f"graphene 中文 {number}") for number in range(300)))
    trouble: list[BaseException] = []
    done = threading.Event()

    def search() -> None:
        try:
            while not done.is_set():
                engine.refresh()
                results = engine.search(parse('graphene "中文"').query, audience=PUBLIC, facets=("kind", "year"))
                assert results.total == 300
                assert results.facets["kind"] == [("thread", 300)]
        except BaseException as error:  # noqa: BLE001 - it is told by the test's own thread
            trouble.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for position in range(2, 40):
        fill(
            engine,
            *(a_document(number, body=f"graphene 中文 {position}") for number in range(position, position + 5)),
            position=position,
        )
    done.set()
    for thread in threads:
        thread.join()
    assert trouble == []
    engine.close()

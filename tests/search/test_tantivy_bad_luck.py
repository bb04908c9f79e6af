"""tantivy: killed while it commits, with damaged files, on a disk that takes no more, with many who ask."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from search_index.engine import EngineError
from search_index.engines import tantivy, tantivy_files
from search_index.query import parse
from tests.search.conftest import a_document, fill

PUBLIC = ("public",)
ROOT = Path(__file__).resolve().parent.parent.parent

# Commits one document after the other for ever; says each position when its commit has returned.
WRITER = """
import sys
from pathlib import Path
from search_index.engines import tantivy
from tests.search.conftest import a_document
engine = tantivy.open_index(Path(sys.argv[1]))
position = engine.stats().position
while True:
    position += 1
    last = a_document(1_000_000, body=f"last{position}")
    engine.apply([a_document(position, body="graphene"), last], (), position=position)
    print(position, flush=True)
"""

# May write no file longer than this many bytes.
ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from search_index.engine import EngineError
from search_index.engines import tantivy
from tests.search.conftest import a_document
engine = tantivy.open_index(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    engine.apply([a_document(2, body=" ".join(f"w{n}" for n in range(9_000)))], ["forum.thread:1"], position=2)
except EngineError as error:
    print("refused", error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(engine.stats().position, engine.stats().documents)
engine.apply([a_document(2, body="graphene")], ["forum.thread:1"], position=2)
print(engine.stats().position, engine.stats().documents)
"""


def test_killed_at_any_moment_it_keeps_what_it_committed(tmp_path: Path) -> None:
    place = tmp_path / "index"
    for kills in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(place)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as writer:
            assert writer.stdout is not None
            for _ in range(3 + 4 * kills):
                told = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            for line in writer.stdout:
                told = int(line)
        engine = tantivy.open_index(place)
        position = engine.stats().position
        assert position in (told, told + 1)
        # The position is written after the commit: what is there may be one further, which is applied again.
        there = engine.search(parse("graphene").query, audience=PUBLIC).total
        assert there in (position, position + 1)
        assert engine.search(parse(f"last{there}").query, audience=PUBLIC).total == 1
        assert dict(engine.fingerprints()).keys() == {
            f"forum.thread:{number}" for number in [*range(1, there + 1), 1_000_000]
        }
        fill(engine, a_document(position, body="graphene"), position=position)
        assert engine.stats().position == position
        engine.close()


def filled(place: Path) -> None:
    engine = tantivy.open_index(place)
    for position in range(1, 4):
        fill(
            engine,
            *(a_document(10 * position + number, body="graphene 中文", community="bio") for number in range(5)),
            position=position,
        )
    engine.apply([], ["forum.thread:11"], position=4)
    engine.finish()  # nobody merges, or reads, what is harmed next: a mapped file that shrinks kills its reader
    engine.close()


def garbled(path: Path) -> None:
    middle = path.stat().st_size // 2
    with path.open("r+b") as file:
        file.seek(middle)
        byte = file.read(1)[0]
        file.seek(middle)
        file.write(bytes([byte ^ 0x40]))


def shortened(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize("harm", [garbled, shortened, emptied, Path.unlink])
@pytest.mark.parametrize("end", [*tantivy_files.ENDS, "del"])
def test_a_damaged_index_is_refused(tmp_path: Path, harm: Callable[[Path], None], end: str) -> None:
    place = tmp_path / "index"
    filled(place)
    harm(min(place.glob(f"*.{end}")))
    with pytest.raises(EngineError):
        tantivy.open_index(place)


@pytest.mark.parametrize("harm", [shortened, emptied])
@pytest.mark.parametrize("name", [tantivy_files.META, tantivy_files.POSITION])
def test_a_damaged_list_or_position_is_refused(tmp_path: Path, harm: Callable[[Path], None], name: str) -> None:
    place = tmp_path / "index"
    filled(place)
    harm(place / name)
    with pytest.raises(EngineError):
        tantivy.open_index(place)


def test_a_position_in_which_a_bit_fell_over_is_not_believed(tmp_path: Path) -> None:
    filled(tmp_path / "index")
    position = tmp_path / "index" / tantivy_files.POSITION
    position.write_text(position.read_text().replace("4", "5", 1))
    with pytest.raises(EngineError):
        tantivy.open_index(tmp_path / "index")


def test_segments_without_their_list_are_no_empty_index(tmp_path: Path) -> None:
    filled(tmp_path / "index")
    (tmp_path / "index" / tantivy_files.META).unlink()
    with pytest.raises(EngineError):
        tantivy.open_index(tmp_path / "index")


@pytest.mark.parametrize("end", tantivy_files.ENDS)
def test_every_part_of_a_file_is_covered(tmp_path: Path, end: str) -> None:
    place = tmp_path / "index"
    filled(place)
    path = min(place.glob(f"*.{end}"))
    content = path.read_bytes()
    covered = content.rindex(b'{"version"')
    for at in range(0, covered, max(1, covered // 23)):
        harmed = bytearray(content)
        harmed[at] ^= 0x01
        path.write_bytes(harmed)
        with pytest.raises(EngineError):
            tantivy.open_index(place)


@pytest.mark.parametrize("harm", [garbled, emptied])
def test_a_file_that_changes_under_a_reader_is_an_error_and_not_an_answer(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    filled(tmp_path / "index")
    engine = tantivy.open_index(tmp_path / "index")
    assert engine.search(parse("graphene").query, audience=PUBLIC).total == 14
    for path in (tmp_path / "index").glob("*.idx"):
        harm(path)
    with pytest.raises(EngineError):
        engine.search(parse("graphene").query, audience=PUBLIC)
    with pytest.raises(EngineError):
        engine.spellings("graphane")
    with pytest.raises(EngineError):
        list(engine.fingerprints())


def test_a_reader_goes_on_while_segments_are_merged_away(tmp_path: Path) -> None:
    writer, reader = tantivy.open_index(tmp_path / "index"), tantivy.open_index(tmp_path / "index")
    fill(writer, a_document(1, body="graphene"))
    reader.refresh()
    for number in range(2, 20):
        fill(writer, a_document(number, body="graphene"), position=number)
    writer.finish()
    assert reader.search(parse("graphene").query, audience=PUBLIC).total == 1
    reader.refresh()
    assert reader.search(parse("graphene").query, audience=PUBLIC).total == 19
    assert len(list((tmp_path / "index").glob("*.store"))) < 19


@pytest.mark.parametrize("room", [0, 4_000])
def test_a_full_disk_leaves_the_commit_before(tmp_path: Path, room: int) -> None:
    engine = tantivy.open_index(tmp_path / "index")
    fill(engine, a_document(1, body="graphene"))
    engine.close()
    told = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path / "index"), str(room)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    ).stdout.splitlines()
    assert told[0].startswith("refused")
    assert told[1:] == ["1 1", "2 1"]
    again = tantivy.open_index(tmp_path / "index")
    assert [hit.key for hit in again.search(parse("graphene").query, audience=PUBLIC).hits] == ["forum.thread:2"]


def test_what_cannot_be_read_leaves_nothing_half_applied(tmp_path: Path) -> None:
    engine = tantivy.open_index(tmp_path / "index")
    fill(engine, a_document(1, body="graphene"))

    def breaking():
        yield a_document(2, body="graphene")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        engine.apply(breaking(), ["forum.thread:1"], position=2)
    fill(engine, a_document(3, body="graphene"), position=3)
    hits = engine.search(parse("graphene").query, audience=PUBLIC).hits
    assert sorted(hit.key for hit in hits) == ["forum.thread:1", "forum.thread:3"]
    engine.close()


def test_many_threads_search_while_one_commits(tmp_path: Path) -> None:
    engine = tantivy.open_index(tmp_path / "index")
    fill(engine, *(a_document(number, body=f"graphene 中文 {number}") for number in range(200)))
    trouble: list[BaseException] = []
    done = threading.Event()

    def search() -> None:
        try:
            while not done.is_set():
                engine.refresh()
                results = engine.search(parse('graphene "中文"').query, audience=PUBLIC, facets=("kind", "year"))
                assert results.total == 200
                assert results.facets["kind"] == [("thread", 200)]
        except BaseException as error:  # noqa: BLE001 - it is told by the test's own thread
            trouble.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for position in range(2, 20):
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

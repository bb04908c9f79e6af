"""Published files: what was signed, whole, in order, and never anything else."""

from pathlib import Path

import pytest

from ledger.checkpoints import read_checkpoint
from ledger.cosignatures import add_signatures, cosign
from ledger.errors import MissingTileError, PublishingError
from ledger.keys import Kind
from ledger.log import Entry, Log
from ledger.memory import MemoryStorage
from ledger.merkle import leaf_hash
from ledger.publishing import CHECKPOINT, publish, published_checkpoint, rebuild
from ledger.tiles import ENTRIES, tile_path, unpack_entries
from ledger.tree import root_at
from tests.ledger.logs import LOG, NOW, ORIGIN, WITNESS, TilesOnDisk, leaves, log_of, sequence, signer


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(directory)): file.read_bytes()
        for file in directory.rglob("*")
        if file.is_file() and file.name != ".lock"
    }


def written(directory: Path) -> dict[Path, tuple[int, int]]:
    """Which file it is, and when its bytes were last written."""
    found = {file: file.stat() for file in directory.rglob("*") if file.is_file() and file.name != ".lock"}
    return {file: (stat.st_ino, stat.st_mtime_ns) for file, stat in found.items()}


def test_a_log_that_was_never_signed_has_no_files(tmp_path: Path) -> None:
    assert publish(MemoryStorage(), tmp_path) is None
    assert files(tmp_path) == {}


def test_the_empty_log_is_one_file(tmp_path: Path) -> None:
    storage = log_of()
    publish(storage, tmp_path)
    assert files(tmp_path) == {CHECKPOINT: storage.checkpoints(-1, 1)[0].note.encode()}


def test_every_width_that_was_signed_is_there_until_the_tile_is_whole(tmp_path: Path) -> None:
    storage = log_of(3, 250)
    publish(storage, tmp_path)
    partial = {f"tile/{kind}/000.p/{width}" for kind in ("0", "entries") for width in (3, 253)}
    assert set(files(tmp_path)) == {CHECKPOINT, *partial}
    for count in (3, 500, 4):
        sequence(storage, leaves(count, storage.state().size))
    head = publish(storage, tmp_path)
    assert head is not None
    assert head.size == 760
    names = ("000", "001", "002.p/244", "002.p/248")
    expected = {CHECKPOINT, "tile/1/000.p/1", "tile/1/000.p/2"}
    assert set(files(tmp_path)) == expected | {f"tile/{kind}/{name}" for kind in ("0", "entries") for name in names}


def test_every_file_holds_what_it_says(tmp_path: Path) -> None:
    storage = log_of(253, 3, 500)
    publish(storage, tmp_path)
    for size in (256, 756):
        assert root_at(TilesOnDisk(tmp_path), size) == storage.checkpoints(size - 1, 1)[0].root
    for n, width in ((0, 256), (1, 256), (2, 244)):
        bundle = unpack_entries((tmp_path / tile_path(ENTRIES, n, width)).read_bytes())
        assert bundle == leaves(width, n * 256)
        assert (tmp_path / tile_path(0, n, width)).read_bytes() == b"".join(map(leaf_hash, bundle))


def test_publishing_step_by_step_at_once_and_anew_gives_the_same_files(tmp_path: Path) -> None:
    storage = log_of()
    for count in (1, 1, 253, 2, 600, 40):
        sequence(storage, leaves(count, storage.state().size))
        publish(storage, tmp_path / "steps")
    publish(storage, tmp_path / "once")
    rebuild(storage, tmp_path / "anew")
    assert files(tmp_path / "steps") == files(tmp_path / "once") == files(tmp_path / "anew")


def test_publishing_again_touches_nothing(tmp_path: Path) -> None:
    storage = log_of(300)
    publish(storage, tmp_path)
    before = written(tmp_path)
    publish(storage, tmp_path)
    rebuild(storage, tmp_path)
    assert written(tmp_path) == before


def test_whatever_a_crash_left_out_is_written(tmp_path: Path) -> None:
    storage = log_of(200, 100)
    publish(storage, tmp_path)
    whole = files(tmp_path)
    (tmp_path / CHECKPOINT).unlink()
    (tmp_path / "tile" / "entries" / "000").unlink()
    publish(storage, tmp_path)
    assert files(tmp_path) == whole
    (tmp_path / "tile" / "0" / "000").unlink()
    rebuild(storage, tmp_path)
    assert files(tmp_path) == whole


@pytest.mark.parametrize("name", ["tile/0/000", "tile/entries/000", "tile/entries/001.p/44", "tile/1/000.p/1"])
def test_a_file_with_other_bytes_stops_everything(tmp_path: Path, name: str) -> None:
    storage = log_of(300)
    publish(storage, tmp_path)
    (tmp_path / CHECKPOINT).unlink()
    damaged = (tmp_path / name).read_bytes()[:-1] + b"?"
    (tmp_path / name).write_bytes(damaged)
    with pytest.raises(PublishingError, match=name):
        publish(storage, tmp_path)
    assert (tmp_path / name).read_bytes() == damaged
    assert published_checkpoint(tmp_path) is None


def test_a_log_that_is_older_than_its_files_publishes_nothing(tmp_path: Path) -> None:
    publish(log_of(200, 100), tmp_path)
    before = files(tmp_path)
    restored = log_of(200)
    with pytest.raises(PublishingError, match="checkpoint of size 300"):
        publish(restored, tmp_path)
    sequence(restored, [b"another history %d" % number for number in range(100)])
    with pytest.raises(PublishingError, match="checkpoint of size 300"):
        publish(restored, tmp_path)
    assert files(tmp_path) == before


def test_another_log_is_not_published_over_it(tmp_path: Path) -> None:
    publish(log_of(3), tmp_path)
    other = MemoryStorage()
    sequence(other, leaves(3), log=Log("another.example", (signer("another.example", Kind.ED25519),)))
    with pytest.raises(PublishingError):
        publish(other, tmp_path)
    assert published_checkpoint(tmp_path) == read_checkpoint(log_of(3).checkpoints(2, 1)[0].note)


def test_a_damaged_checkpoint_is_not_overlooked(tmp_path: Path) -> None:
    publish(log_of(3), tmp_path)
    (tmp_path / CHECKPOINT).write_text("rubbish")
    with pytest.raises(PublishingError, match="damaged"):
        publish(log_of(3), tmp_path)


def test_cosignatures_are_published_for_the_newest_checkpoint_and_stay(tmp_path: Path) -> None:
    storage = log_of(3)
    publish(storage, tmp_path)
    note = storage.checkpoints(2, 1)[0].note
    cosigned = add_signatures(note, [cosign(note, WITNESS, time=NOW)])
    publish(storage, tmp_path, note=cosigned)
    assert (tmp_path / CHECKPOINT).read_text() == cosigned
    publish(storage, tmp_path)
    assert (tmp_path / CHECKPOINT).read_text() == cosigned
    sequence(storage, leaves(2, 3))
    publish(storage, tmp_path, note=cosigned)
    assert (tmp_path / CHECKPOINT).read_text() == storage.checkpoints(4, 1)[0].note


def test_entries_that_are_missing_are_not_published_around(tmp_path: Path) -> None:
    class Holed(MemoryStorage):
        def entries(self, start: int, end: int) -> list[Entry]:
            return list(super().entries(start, end))[:-1]

    storage = Holed()
    storage.submit_many(leaves(3))
    LOG.sequence(storage)
    with pytest.raises(MissingTileError, match=r"tile/entries/000\.p/3 is missing: 2 entries"):
        publish(storage, tmp_path)
    assert files(tmp_path).get(CHECKPOINT) is None


def test_files_can_be_read_by_whoever_serves_them(tmp_path: Path) -> None:
    publish(log_of(300), tmp_path)
    modes = {file.stat().st_mode & 0o777 for file in tmp_path.rglob("*") if file.is_file() and file.name != ".lock"}
    assert modes == {0o644}
    assert ORIGIN in (tmp_path / CHECKPOINT).read_text()

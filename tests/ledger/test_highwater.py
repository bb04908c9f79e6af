"""What keeps a log from being forked by an old copy of its database."""

from pathlib import Path

import pytest

from ledger import highwater
from ledger.errors import FormatError, RefusesToSignError
from ledger.log import EMPTY, LogState
from ledger.startup import check_before_signing
from ledger.tiles import Tile
from tests.ledger.logs import log_of


def states(count: int) -> list[LogState]:
    return [LogState(size, bytes([size % 256]) * 32) for size in range(1, count + 1)]


def test_the_last_state_on_record_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "high-water"
    assert highwater.read(path) is None
    for state in states(200):
        highwater.record(path, state)
        assert highwater.read(path) == state
    assert path.read_text().count("\n") == 200


def test_the_same_state_twice_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "high-water"
    for _ in range(2):
        highwater.record(path, states(1)[0])
    assert path.read_text().count("\n") == 1


@pytest.mark.parametrize("state", [states(4)[3], LogState(5, b"x" * 32), EMPTY])
def test_a_smaller_size_or_another_root_is_refused(tmp_path: Path, state: LogState) -> None:
    path = tmp_path / "high-water"
    highwater.record(path, states(5)[4])
    with pytest.raises(RefusesToSignError):
        highwater.record(path, state)
    assert highwater.read(path) == states(5)[4]


def test_who_was_gone_past_records_nothing_and_a_fork_is_still_refused(tmp_path: Path) -> None:
    path = tmp_path / "high-water"
    highwater.record(path, states(5)[4])
    highwater.record(path, states(4)[3], unless_later=True)
    with pytest.raises(RefusesToSignError):
        highwater.record(path, LogState(5, b"x" * 32), unless_later=True)
    assert highwater.read(path) == states(5)[4]
    assert path.read_text().count("\n") == 1


@pytest.mark.parametrize("torn", ["7", "7 BwcH", "\0" * 4, "\0" * 200])
def test_a_line_that_a_crash_cut_off_is_as_if_never_written(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "high-water"
    for state in states(6):
        highwater.record(path, state)
    whole = path.read_text()
    path.write_text(whole + torn)
    assert highwater.read(path) == states(6)[5]
    highwater.record(path, states(7)[6])
    assert path.read_text().startswith(whole)
    assert path.read_bytes().endswith(b"=\n")
    assert highwater.read(path) == states(7)[6]
    assert path.read_text().count("\n") == 7


def test_a_damaged_record_is_not_taken_for_none(tmp_path: Path) -> None:
    path = tmp_path / "high-water"
    for damage in ("7\n", "7 AAAA\n", "x " + "A" * 43 + "=\n", "\n"):
        path.write_text(damage)
        with pytest.raises(FormatError):
            highwater.read(path)


def test_the_newest_database_may_sign() -> None:
    storage = log_of(200, 100)
    old, new = LogState(200, storage.checkpoints(199, 1)[0].root), storage.state()
    for high_water in (old, new):
        check_before_signing(storage, new, high_water=high_water, witnesses={"w1": old, "w2": new, "w3": EMPTY})
    with pytest.raises(RefusesToSignError, match="missing"):  # entries may have followed the backup
        check_before_signing(log_of(), EMPTY, high_water=None)
    check_before_signing(log_of(), EMPTY, high_water=EMPTY)


def test_a_restored_database_refuses_and_says_what_to_do() -> None:
    restored = log_of(200)
    newest = log_of(200, 100).state()
    with pytest.raises(RefusesToSignError, match=r"high-water file knows 300 entries.*only 200.*Nothing was signed"):
        check_before_signing(restored, restored.state(), high_water=newest)
    with pytest.raises(RefusesToSignError, match="witness w1 knows 300"):
        check_before_signing(restored, restored.state(), high_water=restored.state(), witnesses={"w1": newest})
    with pytest.raises(RefusesToSignError, match="high-water file is missing"):
        check_before_signing(restored, restored.state(), high_water=None)


def test_another_history_of_the_same_length_refuses() -> None:
    storage = log_of(300)
    other = LogState(200, b"x" * 32)
    with pytest.raises(RefusesToSignError, match="another root than the high-water file"):
        check_before_signing(storage, storage.state(), high_water=other)
    with pytest.raises(RefusesToSignError, match="another root than witness w1"):
        check_before_signing(storage, storage.state(), high_water=storage.state(), witnesses={"w1": other})


def test_tiles_that_do_not_lead_to_the_stored_root_refuse() -> None:
    storage = log_of(300)
    tile = storage.tile(0, 0)
    storage.save_tiles([Tile(1, 0, bytes(32))])
    with pytest.raises(RefusesToSignError, match="another root than the stored root"):
        check_before_signing(storage, storage.state(), high_water=storage.state())
    storage.save_tiles([Tile(1, 0, b""), Tile(0, 0, tile)])
    with pytest.raises(RefusesToSignError, match="Tiles of the log are missing"):
        check_before_signing(storage, storage.state(), high_water=storage.state())

"""A full disk, a damaged or forged high-water file: nothing that was signed leaves, nothing accepted is lost."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ip_registry.highwater import high_water_path
from ip_registry.models import LedgerEntry, PendingLeaf
from ledger import highwater
from ledger.log import LogState
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.people import person

ONE, TWO = LogState(1, b"1" * 32), LogState(2, b"2" * 32)
SHOWN = [
    "/ledger/checkpoint",
    "/ledger/proof/0",
    "/ledger/tile/0/000.p/1",
    "/ledger/tile/entries/000.p/2",
    "/registry/log",
    "/api/v1/registrations/{number}",
]


def full(_handle: int, _data: bytes, _at: int) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def nearly_full(handle: int, data: bytes, at: int, _write: Any = os.pwrite) -> int:
    written: int = _write(handle, data[:7], at)
    return written


@pytest.mark.parametrize("disk", [full, nearly_full])
def test_a_line_that_did_not_fit_is_not_taken_for_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: Any
) -> None:
    path = tmp_path / "high-water"
    highwater.record(path, ONE)
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", disk)
        with pytest.raises(OSError, match="No space left"):
            highwater.record(path, TWO)
    assert highwater.read(path) == ONE
    highwater.record(path, TWO)
    assert highwater.read(path) == TWO
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize("disk", [full, nearly_full])
def test_on_a_full_disk_nothing_leaves_and_nothing_is_lost(
    client: FlaskClient, database: Session, monkeypatch: pytest.MonkeyPatch, disk: Any
) -> None:
    owner = person()
    made = make.record(owner)
    path = high_water_path(made.number.split("-")[0])
    one = make.sealed(owner)
    body, program = {"leaf": one.leaf.data.decode()}, Program(client, owner)
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", disk)
        for _again in range(2):
            refused = program.post("/registrations", body)
            assert (refused.status_code, refused.json["type"]) == (503, "about:blank#not-signing")
        for address in SHOWN:
            answer = client.get(address.format(number=made.number))
            assert answer.status_code == 503, address
            assert "Traceback" not in answer.text
    known = highwater.read(path)
    assert known is not None
    assert known.size == 1
    answer = program.post("/registrations", body)
    assert (answer.status_code, answer.json["index"]) == (201, 1)
    assert not database.scalars(select(PendingLeaf)).all()
    assert len(database.scalars(select(LedgerEntry)).all()) == 2


@pytest.mark.parametrize("damage", ["what\n", "9 no-hash\n", "99999999999999999999 x\n", "\x00" * 60 + "\n"])
def test_a_damaged_file_keeps_everything_in_and_says_so(client: FlaskClient, database: Session, damage: str) -> None:
    owner = person()
    made = make.record(owner)
    path = high_water_path(made.number.split("-")[0])
    before = path.read_text()
    path.write_text(before + damage)
    body, program = {"leaf": make.sealed(owner).leaf.data.decode()}, Program(client, owner)
    assert program.post("/registrations", body).status_code == 503
    assert client.get("/ledger/checkpoint").status_code == 503
    assert client.get("/healthz").json["ledger"]["state"] == "stale"
    path.write_text(before)
    assert program.post("/registrations", body).status_code == 201


def test_a_forged_line_stops_the_log_and_frees_nothing(client: FlaskClient, database: Session) -> None:
    """Whoever can write the file can stop the log, and cannot make it sign a second history."""
    owner = person()
    made = make.record(owner)
    path = high_water_path(made.number.split("-")[0])
    highwater.record(path, LogState(7, b"f" * 32))
    program = Program(client, owner)
    assert program.post("/registrations", {"leaf": make.sealed(owner).leaf.data.decode()}).status_code == 503
    path.unlink()
    assert program.post("/registrations", {"leaf": make.sealed(owner).leaf.data.decode()}).status_code == 201

"""A snapshot of SQLite is of one moment, whoever else is at the file."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from guildhall.backup import snapshots
from guildhall.backup.errors import BackupError
from guildhall.backup.snapshots import frozen

# As a connection of another process holds it while it writes the log into the file: SQLite's lock of checkpoints.
HOLD = """
import fcntl, sys
with open(sys.argv[1], "r+b") as shared:
    fcntl.lockf(shared, fcntl.LOCK_EX, 1, 121)
    print("held", flush=True)
    sys.stdin.read()
"""


def test_it_waits_for_who_is_at_a_checkpoint_and_then_holds_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "site.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as site:
        site.execute("PRAGMA journal_mode = WAL")
        site.execute("CREATE TABLE post (id INTEGER PRIMARY KEY)")
        site.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        site.execute("INSERT INTO post VALUES (1)")  # in the log, and not in the file
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, f"{path}-shm"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with holder:
            assert holder.stdout is not None
            assert holder.stdin is not None
            assert holder.stdout.readline() == "held\n"
            monkeypatch.setattr(snapshots, "PATIENCE", 0.3)
            with pytest.raises(BackupError, match="busy with the database"), frozen(f"sqlite:///{path}"):
                pytest.fail("the log was not in the file yet")
            holder.stdin.close()
        with frozen(f"sqlite:///{path}") as snapshot:
            copy = tmp_path / "copy.sqlite"
            copy.write_bytes(b"".join(snapshot.pieces))
            site.execute("INSERT INTO post VALUES (2)")
    with closing(sqlite3.connect(copy)) as restored:
        assert restored.execute("SELECT id FROM post").fetchall() == [(1,)]

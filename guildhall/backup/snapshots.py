"""A database as it is at one moment, read while others write."""

import os
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import URL, Connection, NullPool, create_engine, make_url, text

from guildhall.backup.errors import BackupError
from guildhall.backup.streams import PIECE

PATIENCE = 300.0  # seconds, for whoever reads an older state to finish
NAP = 0.25


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A connection that sees the frozen state, and the bytes that bring it back."""

    connection: Connection
    unforeseen: int  # bytes to come, about, where nobody could know before
    pieces: Iterator[bytes]


@contextmanager
def frozen(url: str) -> Iterator[Snapshot]:
    """The database as it is now, until the block ends. May be used from another thread, by one at a time."""
    made = _sqlite if url.startswith("sqlite") else _postgres
    with made(make_url(url)) as snapshot:
        yield snapshot


def libpq(url: URL) -> tuple[str, Mapping[str, str]]:
    """The database as PostgreSQL's own programs are told of it: no password among the arguments, where all see it."""
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    return address, {**os.environ, **password}


def said_by(command: Sequence[str], errors: IO[bytes]) -> str:
    """What a program said that failed."""
    errors.seek(0)
    words = errors.read().decode("utf-8", "replace").strip().splitlines()
    return f"{command[0]}: {words[-1] if words else 'failed without a word'}"


@contextmanager
def _sqlite(url: URL) -> Iterator[Snapshot]:
    """The file itself, which nobody writes to meanwhile.

    In WAL mode writers append to the log beside the file, and only checkpoints write to the file. A reader that began
    when all of the log was in the file keeps every checkpoint off it, and holds up nobody. So for a moment nobody may
    commit; what the log has goes into the file; the reader begins; and all go on. The file is read by another process:
    if this one closed it, SQLite's locks on it would be lost.
    """
    path = Path(url.database or "")
    engine = create_engine(
        url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"check_same_thread": False, "timeout": 15}
    )
    with engine.connect() as reader:
        _begin_in_front(path, reader)
        before = path.stat()
        yield Snapshot(reader, 0, _file(path, before))
        reader.exec_driver_sql("ROLLBACK")


def _begin_in_front(path: Path, reader: Connection) -> None:
    deadline = time.monotonic() + PATIENCE
    with (
        closing(sqlite3.connect(path, timeout=15, isolation_level=None)) as writer,
        closing(sqlite3.connect(path, timeout=15, isolation_level=None)) as filer,
    ):
        while True:
            writer.execute("BEGIN IMMEDIATE")
            try:
                # Where another connection is at a checkpoint, it says that it is busy, and of neither how much it is.
                is_busy, waiting, filed = filer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if not is_busy and waiting == filed:
                    reader.exec_driver_sql("BEGIN")
                    reader.exec_driver_sql("SELECT count(*) FROM sqlite_master")
                    return
            finally:
                writer.execute("ROLLBACK")
            if time.monotonic() > deadline:
                raise BackupError("Somebody has been busy with the database for minutes; try again later.")
            time.sleep(NAP)


def _file(path: Path, before: os.stat_result) -> Iterator[bytes]:
    yield from _output(["cat", str(path)], os.environ)
    if path.stat().st_mtime_ns != before.st_mtime_ns:
        raise BackupError("Somebody wrote to the database's file past its log while it was read; try again.")


@contextmanager
def _postgres(url: URL) -> Iterator[Snapshot]:
    """What pg_dump makes of the state that this connection sees."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="REPEATABLE READ")
    with engine.connect() as reader:
        name = reader.scalar(text("SELECT pg_export_snapshot()"))
        reader.execute(text("SET TIME ZONE 'UTC'"))
        size = reader.scalar(text("SELECT pg_database_size(current_database())")) or 0
        address, environment = libpq(url)
        options = ["--format=custom", "--compress=0", "--no-owner", "--no-privileges"]
        yield Snapshot(
            reader, size, _output(["pg_dump", *options, f"--snapshot={name}", f"--dbname={address}"], environment)
        )


def _output(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as errors:
        try:
            program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment, bufsize=PIECE)  # noqa: S603 - our own command
        except FileNotFoundError as fault:
            raise BackupError(f"{command[0]} is not installed here; it comes with PostgreSQL's client.") from fault
        with program, program.stdout or closing(tempfile.TemporaryFile()) as stream:
            try:
                while piece := stream.read(PIECE):
                    yield piece
            except GeneratorExit:
                program.kill()
                raise
        if program.returncode:
            raise BackupError(said_by(command, errors) + ".")

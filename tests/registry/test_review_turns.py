"""Turns at SQLite's lock, under everything that can go wrong with a thread, a connection or another process."""

import gc
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from kernel import turns
from kernel.db import BUSY_TIMEOUT, prepare_engine
from kernel.turns import Turns

SOON = 10.0  # seconds: long past what it takes, on a busy machine too


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path / 'turns.db'}")
    prepare_engine(made)
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    yield made
    made.dispose()


def add_one(engine: Engine) -> None:
    with engine.begin() as connection:
        n = connection.execute(text("SELECT n FROM counter")).scalar_one()
        connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})


def count(engine: Engine) -> int:
    with engine.begin() as connection:
        return int(connection.execute(text("SELECT n FROM counter")).scalar_one())


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def works(engine: Engine) -> bool:
    """Whether another thread gets its turn."""
    thread = in_thread(lambda: add_one(engine))
    thread.join(SOON)
    return not thread.is_alive()


def test_many_threads_lose_nothing(engine: Engine) -> None:
    threads = [in_thread(lambda: [add_one(engine) for _ in range(20)]) for _ in range(12)]
    for thread in threads:
        thread.join(60)
    assert count(engine) == 240


def test_a_connection_that_breaks_gives_its_turn_back(engine: Engine) -> None:
    connection = engine.connect()
    connection.execute(text("UPDATE counter SET n = 5"))
    connection.invalidate()
    assert works(engine)
    connection.close()
    assert count(engine) == 1


def test_a_thread_that_dies_over_its_work_gives_its_turn_back(engine: Engine) -> None:
    def die() -> None:
        left = engine.connect()
        left.execute(text("UPDATE counter SET n = 5"))  # and nobody closes it

    in_thread(die).join(SOON)
    gc.collect()
    assert works(engine)
    assert count(engine) == 1


def test_who_fails_to_begin_gives_the_turn_back(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(tmp_path / "turns.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # as another process holds it
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    with engine.connect() as connection, pytest.raises(OperationalError, match="locked"):
        connection.execute(text("SELECT 1"))
    other.execute("COMMIT")
    other.close()
    assert works(engine)


def test_who_waits_for_another_process_begins_once_it_lets_go(engine: Engine, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "turns.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.1, other.execute, ["COMMIT"])
    timer.start()
    add_one(engine)
    timer.join()
    other.close()
    assert count(engine) == 1
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == BUSY_TIMEOUT


def test_a_second_connection_of_one_thread_does_not_wait_for_itself(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    with engine.connect() as one:
        one.execute(text("SELECT 1"))
        with engine.connect() as two, pytest.raises(OperationalError, match="locked"):
            two.execute(text("SELECT 1"))
        assert one.execute(text("SELECT n FROM counter")).scalar_one() == 0
    assert works(engine)


def test_a_lost_turn_blocks_nobody_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    line = Turns()
    in_thread(line.take).join(SOON)  # taken, and never given back
    mine = line.take()
    assert mine is not None
    line.give(mine)
    assert _is_free(line)


def test_who_was_gone_past_calls_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the one after would be called while the one that went ahead still works."""
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    line, slow = Turns(), []
    in_thread(lambda: slow.append(line.take())).join(SOON)
    ahead = line.take()
    assert ahead is not None
    line.give(slow[0])
    assert not _is_free(line)
    line.give(ahead)
    line.give(ahead)
    assert _is_free(line)


def test_who_is_interrupted_while_waiting_passes_the_turn_on(monkeypatch: pytest.MonkeyPatch) -> None:
    line, holders = Turns(), []
    in_thread(lambda: holders.append(line.take())).join(SOON)

    def interrupt(_self: Any, _seconds: float) -> bool:
        line.give(holders[0])  # it is called, and at that moment it is stopped
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(threading.Event, "wait", interrupt)
        with pytest.raises(SystemExit):
            line.take()
    assert _is_free(line)


def _is_free(line: Turns) -> bool:
    return line._holder is None

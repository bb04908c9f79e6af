"""The log signs one history only, whatever is restored, lost or sent twice."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from ip_registry import sequencing, storage
from ip_registry.actions.registering import register
from ip_registry.cli import COMMANDS
from ip_registry.highwater import high_water_path
from ip_registry.jobs.sequencing import place_what_waits
from ip_registry.logs import current_log, open_log
from ip_registry.models import LedgerCheckpoint, LedgerEntry, PendingLeaf
from ip_registry.sequencing import NotSigningError, sequence, sequenced
from kernel.db import db, session
from kernel.work import reading, unit_of_work
from ledger import highwater
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.people import person

registry = next(command for command in COMMANDS if command.name == "registry")


def accept(owner: User, count: int = 1) -> list[bytes]:
    """Leaves that wait: their web process died before it placed them."""
    hashes = []
    with unit_of_work():
        for _ in range(count):
            one = make.sealed(owner)
            hashes.append(register(viewer_for(owner.id), leaf=one.leaf.data, deposit=make.deposit(one)).leaf_hash)
    return hashes


def test_one_signature_places_all_that_waits(client: FlaskClient, database: Session) -> None:
    hashes = accept(person(), 5)
    assert sequenced(hashes[2]) == 2
    assert [sequenced(one) for one in hashes] == [0, 1, 2, 3, 4]
    assert list(database.scalars(select(LedgerCheckpoint.size).order_by(LedgerCheckpoint.size))) == [0, 5]
    assert not database.scalars(select(PendingLeaf)).all()


def test_the_worker_places_what_a_dead_web_process_accepted(client: FlaskClient, database: Session) -> None:
    hashes = accept(person(), 3)
    with unit_of_work():
        place_what_waits()
    assert list(database.scalars(select(LedgerEntry.leaf_hash).order_by(LedgerEntry.index))) == hashes


def test_nothing_is_shown_that_the_high_water_file_does_not_know(client: FlaskClient, database: Session) -> None:
    first = make.record()
    path = high_water_path(first.number.split("-")[0])
    before = path.read_bytes()
    make.record()
    path.write_bytes(before)  # as on another machine, which did not sign the second
    assert client.get("/ledger/checkpoint").status_code == 200
    known = highwater.read(path)
    assert known is not None
    assert known.size == 2


@pytest.mark.parametrize(
    "shown", ["/ledger/checkpoint", "/ledger/tile/0/000.p/1", "/registry/log", "/registry/{number}"]
)
def test_where_nobody_knows_how_far_was_signed_showing_the_log_vouches_for_nothing(
    client: FlaskClient, database: Session, shown: str
) -> None:
    made = make.record()
    path = high_water_path(made.number.split("-")[0])
    path.unlink()  # a backup was restored on a new machine
    sequencing._started.clear()
    assert client.get(shown.format(number=made.number)).status_code == 200
    assert not path.exists()
    accept(person())
    with pytest.raises(NotSigningError):
        sequence()
    assert client.get("/healthz").json["ledger"]["state"] == "stale"


def test_health_tells_the_size_of_the_log(client: FlaskClient, database: Session) -> None:
    make.record()
    accept(person())
    said = client.get("/healthz").json["ledger"]
    assert (said["state"], said["size"], said["waiting"]) == ("ok", 1, 1)


@pytest.mark.parametrize("base", ["sqlite", "postgres"])
def test_a_restored_database_refuses_to_sign_and_says_what_to_do(lasting: Callable[[str], Flask], base: str) -> None:
    app = lasting(base)
    with app.app_context():
        with unit_of_work() as work:
            open_log(work)
        owner = person()
        make.record(owner)
        kept = kept_state()
        make.record(owner)
        make.record(owner)
        session().rollback()
        forget_last(kept)
        client = app.test_client()
        for is_new_process in (False, True):
            if is_new_process:
                sequencing._started.clear()
                storage._caches.clear()
            waiting, program = make.sealed(owner), Program(client, owner)
            session().rollback()
            refused = program.post("/registrations", {"leaf": waiting.leaf.data.decode()})
            assert refused.status_code == 503
            assert refused.json["type"].endswith("not-signing")
            with reading() as work:
                assert waiting.leaf.data not in work.scalars(select(LedgerEntry.leaf)).all()
            with pytest.raises(NotSigningError) as told:
                sequence()
            assert "Bring back the newest database" in str(told.value.__cause__)
        assert client.get("/healthz").json["ledger"]["state"] == "stale"
        # The way out that is always there: close it, open a new one; what waited is placed there.
        done = app.test_cli_runner().invoke(registry, ["freeze", "--yes"])
        assert done.exit_code == 0, done.output
        assert "is frozen at 1 entries" in done.output
        assert sequence() is not None
        audited = app.test_cli_runner().invoke(registry, ["audit"])
        assert audited.exit_code == 0, audited.output
        with reading() as work:
            assert work.scalar(select(func.count()).select_from(PendingLeaf)) == 0


def kept_state() -> tuple[int, int, bytes]:
    """What a backup of this moment would hold of the log."""
    with reading() as work:
        here = current_log(work)
        assert here is not None
        return here.id, here.size, here.root


def forget_last(kept: tuple[int, int, bytes]) -> None:
    """Bring the database back to the backup: what came after is gone, behind the triggers' back."""
    log_id, size, root = kept
    entries, checkpoints, logs = (db.metadata.tables[f"ledger_{name}"] for name in ("entry", "checkpoint", "log"))
    triggers = []
    with db.engine.begin() as connection:
        if db.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        else:
            found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'ledger_%'"
            triggers = connection.exec_driver_sql(found).all()
            for name, _sql in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.execute(entries.delete().where(entries.c.log_id == log_id, entries.c.index >= size))
        connection.execute(checkpoints.delete().where(checkpoints.c.log_id == log_id, checkpoints.c.size > size))
        connection.execute(logs.update().where(logs.c.id == log_id).values(size=size, root=root))
        for _name, sql in triggers:
            connection.exec_driver_sql(sql)

"""Four submitters that are killed at random moments, in a process of its own: `python -m tests.registry.kills`.

Each registers leaves and publishes what it was answered. Whoever dies is replaced at once. In the end the log has to
know everything that anybody ever published. `--wrong` publishes before the commit, to see that this is noticed.
"""

import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy import select

from accounts.viewers import viewer_for
from guildhall.app import create_app
from guildhall.settings import Settings
from ip_registry import sequencing
from ip_registry.actions.registering import check, register
from ip_registry.checks.ledger import audit_of
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.leaves import Leaf, make_leaf
from ip_registry.keys import log_of
from ip_registry.logs import current_log, open_log
from ip_registry.models import LedgerCheckpoint, LedgerEntry, LedgerLog
from ip_registry.queries.log import latest_checkpoint
from ip_registry.storage import SqlArchive
from ip_registry.together import register_together
from kernel.db import db, session
from kernel.viewer import Viewer
from kernel.work import reading, unit_of_work
from ledger.log import Batch, Log
from ledger.merkle import EMPTY_ROOT
from ledger.tree import root_at
from tests.makers.people import person

SUBMITTERS = 4
TOGETHER = 0.5  # how many are accepted and placed in one transaction
LONGEST_LIFE = 0.2  # seconds, beyond which nobody waits to kill
SUICIDE = 0.25  # how often a submitter dies exactly between commit and publication, where it would matter
LONGEST_RUN = 240.0


class Hasty(Log):
    """A log that publishes what it has signed before anybody has committed it."""

    def sequence(self, *args: Any, **kwargs: Any) -> Batch | None:
        batch = super().sequence(*args, **kwargs)
        if batch is not None:
            _publish(batch.new.size, batch.new.root)
            _maybe_die()
        return batch


_told: list[int] = []  # the file of this submitter
_luck = random.Random()  # noqa: S311 - a die, and no secret


def _publish(size: int, root: bytes) -> None:
    os.write(_told[0], json.dumps({"size": size, "root": root.hex()}).encode() + b"\n")


def _maybe_die() -> None:
    if _luck.random() < SUICIDE:
        os.kill(os.getpid(), signal.SIGKILL)


def _register(owner: Viewer, key: OwnerKey, *, is_together: bool) -> tuple[Leaf, int]:
    """In one transaction with its place, or accepted first and placed by whoever lives."""
    leaf = make_leaf(key=key, type="register", c=os.urandom(32).hex(), after=(0, EMPTY_ROOT))
    if is_together:
        return leaf, register_together(owner, check(leaf.data, None)).index
    with unit_of_work():
        register(owner, leaf=leaf.data)
    return leaf, sequencing.sequenced(bytes.fromhex(leaf.hash))


def warm_up(owner: Viewer) -> None:
    """Make what a process makes once, such as the text of statements: those that are forked live too short for it."""
    key = OwnerKey.generate()
    session().commit()
    for is_together in (True, False):
        _register(owner, key, is_together=is_together)
    with reading():
        latest_checkpoint()
    sequencing._started.clear()  # each looks the log over before it signs for the first time


def submit(app: Flask, owner_id: int, out: Path, seed: int, *, is_wrong: bool) -> None:
    """Register until killed."""
    _told[:] = [os.open(out, os.O_WRONLY | os.O_APPEND | os.O_CREAT)]
    _luck.seed(seed)
    if is_wrong:
        sequencing.log_of = lambda origin: Hasty(origin, log_of(origin).signers)
    key = OwnerKey.generate()
    with app.app_context():
        db.engine.dispose(close=False)
        with reading():
            owner = viewer_for(owner_id)
        while True:
            leaf, index = _register(owner, key, is_together=_luck.random() < TOGETHER)
            if not is_wrong:
                _maybe_die()
            with reading():
                newest = latest_checkpoint()
            _publish(newest.size, newest.root)
            os.write(_told[0], json.dumps({"hash": leaf.hash, "index": index}).encode() + b"\n")


def spawn(app: Flask, owner_id: int, out: Path, seed: int, *, is_wrong: bool) -> int:
    """A submitter in a process of its own."""
    child = os.fork()
    if child:
        return child
    try:
        submit(app, owner_id, out, seed, is_wrong=is_wrong)
    except BaseException:  # noqa: BLE001 - a fork never returns to its parent's story
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)


def acknowledged(out: Path) -> int:
    """How many leaves were acknowledged by now."""
    return out.read_bytes().count(b'"hash"')


def faults_of(told: list[dict[str, Any]]) -> list[str]:
    """What was published or acknowledged and is not what the log says in the end."""
    faults = []
    with reading() as work:
        here = current_log(work)
        assert here is not None
        archive = SqlArchive(work, here.id)
        signed = dict(work.execute(select(LedgerCheckpoint.size, LedgerCheckpoint.root)).all())
        placed = dict(work.execute(select(LedgerEntry.leaf_hash, LedgerEntry.index)).all())
        for line in told:
            if "hash" in line and placed.get(bytes.fromhex(line["hash"])) != line["index"]:
                faults.append(f"acknowledged and lost: {line}")
            if "size" in line:
                root = bytes.fromhex(line["root"])
                if line["size"] > here.size or root_at(archive, line["size"]) != root:
                    faults.append(f"published and not a part of this history: {line}")
                elif signed.get(line["size"]) != root:
                    faults.append(f"published and never committed: {line}")
        if sorted(placed.values()) != list(range(here.size)):
            faults.append("there is a gap")
        faults += audit_of(here).faults
    return faults


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--database", default="")
@click.option("--kills", type=int, required=True)
@click.option("--wrong", is_flag=True)
def main(data: Path, database: str, kills: int, *, wrong: bool) -> None:
    """Print what came of it as JSON."""
    app = create_app(
        Settings(data=data, database_url=database, rate_limits=False, log_requests=False, secret_key="k" * 12)
    )
    with app.app_context():
        db.create_all()
        with unit_of_work() as work:
            open_log(work)
        owner_id = person().id
        warm_up(viewer_for(owner_id))
        db.session.remove()
        db.engine.dispose()
    luck, started, killed = _luck, time.monotonic(), 0
    out = data / "told"
    alive = [spawn(app, owner_id, out, luck.getrandbits(32), is_wrong=wrong) for _ in range(SUBMITTERS)]
    while (killed < kills or acknowledged(out) <= kills // 3) and time.monotonic() - started < LONGEST_RUN:
        time.sleep(luck.random() * LONGEST_LIFE)  # the random moment itself
        place = luck.randrange(SUBMITTERS)
        os.kill(alive[place], signal.SIGKILL)
        for at, child in enumerate(alive):  # those that died by themselves, too
            done, _status = os.waitpid(child, 0 if at == place else os.WNOHANG)
            if done:
                killed += 1
                alive[at] = spawn(app, owner_id, out, luck.getrandbits(32), is_wrong=wrong)
    for child in alive:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    told = [json.loads(line) for line in out.read_text().splitlines() if line.endswith("}")]
    with app.app_context():
        sequencing._started.clear()
        while sequencing.is_waiting():  # what was accepted and not placed is placed now
            sequencing.sequence()
        with reading() as work:
            size = work.scalar(select(LedgerLog.size))
        result = {
            "kills": killed,
            "entries": size,
            "acknowledged": sum("hash" in line for line in told),
            "published": len({line["size"] for line in told if "size" in line}),
            "faults": faults_of(told),
        }
        db.session.remove()
        db.engine.dispose()
    click.echo(json.dumps(result))


if __name__ == "__main__":
    main()

"""Accepting leaves: from here on they wait for their place in the log."""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ip_registry.envelopes.leaves import Leaf
from ip_registry.logs import LogHead, newest_log, open_log
from ip_registry.models import LedgerEntry, LedgerLog, PendingLeaf, Record
from ip_registry.storage import SqlStorage
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError
from kernel.words import gettext as _

IN_A_STATEMENT = 1_000

_pending = cast("Table", PendingLeaf.__table__)
_entry = cast("Table", LedgerEntry.__table__)
_record = cast("Table", Record.__table__)
PLACED = select(_entry.c.leaf_hash).where(_entry.c.leaf_hash.in_(bindparam("hashes", expanding=True)))
REGISTERED = select(_record.c.commitment).where(_record.c.commitment.in_(bindparam("commitments", expanding=True)))
REFUSE = delete(_pending).where(_pending.c.leaf_hash.in_(bindparam("hashes", expanding=True)))


def accept_leaf(leaf: Leaf) -> bool:
    """Let a leaf wait for its place, in this unit of work; False when it waits or stands in the log already."""
    return leaf.hash in accept_leaves([leaf], log_id=writable_log())


def accept_leaves(leaves: Sequence[Leaf], *, log_id: int) -> set[str]:
    """The same for many, in the log that is written; returns the hashes of those that were new.

    No leaf stands in a log twice: it is let in first and looked for afterwards, so that one that gets its place in
    this very moment is found in one table or in the other.
    """
    here, moment = session().connection(), now()
    new: set[str] = set()
    for at in range(0, len(leaves), IN_A_STATEMENT):
        rows = [
            {"log_id": log_id, "leaf_hash": bytes.fromhex(one.hash), "leaf": one.data, "received_at": moment}
            for one in leaves[at : at + IN_A_STATEMENT]
        ]
        let_in = set(here.scalars(_let_in(here.dialect.name), rows))
        placed = set(here.scalars(PLACED, {"hashes": list(let_in)})) if let_in else set()
        if placed:
            here.execute(REFUSE, {"hashes": list(placed)})
        new |= {one.hex() for one in let_in - placed}
    return new


def let_wait(leaves: Sequence[Leaf]) -> tuple[int, set[str]]:
    """Let leaves wait in the log that is written: its id, and the hashes of those that were new."""
    log_id = writable_log()
    return log_id, accept_leaves(leaves, log_id=log_id)


def admit_leaves(leaves: Sequence[Leaf], *, here: LogHead, storage: SqlStorage) -> tuple[int, set[str]]:
    """The same for leaves that begin records, under the log's lock: they get their places now and need not wait.

    Whatever of them stands in the log or waits has a record. One that another transaction is making at this moment,
    the unique commitment of records stops.
    """
    log_id = _open(here)
    commitments = [bytes.fromhex(one.c) for one in leaves]
    known = set(session().connection().scalars(REGISTERED, {"commitments": commitments}))
    new = {one.hash: one.data for one, commitment in zip(leaves, commitments, strict=True) if commitment not in known}
    storage.admit(new.values())
    return log_id, set(new)


def writable_log() -> int:
    """The log that takes leaves; a frozen one does not."""
    return _open(newest_log(session()) or open_log(session()))


def _open(here: LogHead | LedgerLog) -> int:
    if here.is_frozen:
        raise ConflictError(_("This log was closed and takes nothing new. The operator has to open another one."))
    return here.id


@cache
def _let_in(dialect: str) -> Any:
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(PendingLeaf)
    return statement.on_conflict_do_nothing().returning(_pending.c.leaf_hash)

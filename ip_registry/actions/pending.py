"""Accepting leaves: from here on they wait for their place in the log."""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ip_registry.envelopes.leaves import Leaf
from ip_registry.logs import LogHead, newest_log, open_log
from ip_registry.models import LedgerEntry, PendingLeaf
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError
from kernel.words import gettext as _

IN_A_STATEMENT = 1_000

_pending = cast("Table", PendingLeaf.__table__)
_entry = cast("Table", LedgerEntry.__table__)
PLACED = select(_entry.c.leaf_hash).where(_entry.c.leaf_hash.in_(bindparam("hashes", expanding=True)))
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


def writable_log(here: LogHead | None = None) -> int:
    """The log that takes leaves, or this one if it does; a frozen one does not."""
    found = here or newest_log(session()) or open_log(session())
    if found.is_frozen:
        raise ConflictError(_("This log was closed and takes nothing new. The operator has to open another one."))
    return found.id


@cache
def _let_in(dialect: str) -> Any:
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(PendingLeaf)
    return statement.on_conflict_do_nothing().returning(_pending.c.leaf_hash)

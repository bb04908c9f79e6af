"""Writing into the log what later stamps of it shall vouch for too: the tokens that came, and logs that were closed."""

import hashlib

from sqlalchemy import select

from ip_registry.actions.pending import accept_leaf
from ip_registry.envelopes.leaves import EMPTY_ROOT, make_leaf
from ip_registry.keys import registry_key
from ip_registry.logs import current_log
from ip_registry.models import EventType, LedgerLog, TimeToken
from ip_registry.queries.log import checkpoint_at
from kernel.db import session


def anchor(row: TimeToken) -> None:
    """Let the token's hash wait for its place in the log that is written now; a frozen log takes nothing more."""
    here = current_log(session())
    if here is None or here.is_frozen or row.token is None:
        return
    leaf = make_leaf(
        key=registry_key(here.origin),
        type=EventType.ANCHOR if row.renews_id is None else EventType.RENEW,
        c=hashlib.sha256(row.token).hexdigest(),
        after=(here.size, here.root),
    )
    accept_leaf(leaf)
    row.anchor_hash = bytes.fromhex(leaf.hash)


def anchor_closed_logs() -> None:
    """Let the last checkpoint of every closed log wait for its place in the log that is written now.

    A closed log takes no anchors, so that its own last tokens grow old; those of the log that follows do not. The leaf
    is the same every time, and stands there once.
    """
    here = current_log(session())
    if here is None or here.is_frozen:
        return
    closed = select(LedgerLog).where(LedgerLog.is_frozen, LedgerLog.size > 0).order_by(LedgerLog.id)
    for old in session().scalars(closed):
        leaf = make_leaf(
            key=registry_key(here.origin),
            type=EventType.ANCHOR,
            c=hashlib.sha256(checkpoint_at(old, old.size).body.encode()).hexdigest(),
            after=(0, EMPTY_ROOT),
        )
        accept_leaf(leaf)

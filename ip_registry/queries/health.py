"""How the log is doing, for the health page."""

from sqlalchemy import func, select

from ip_registry.highwater import high_water_path
from ip_registry.logs import current_log
from ip_registry.models import PendingLeaf
from kernel.clock import now
from kernel.db import session
from ledger import highwater
from ledger.errors import LedgerError

LONGEST_WAIT = 60.0  # seconds


def ledger_health() -> dict[str, object]:
    """Its size, how many leaves wait and for how long; `state` is `ok`, `empty`, `behind`, `frozen` or `stale`.

    A stale log knows less than this machine has signed, or this machine does not know how far it has: its database was
    restored from a backup, and nothing is signed.
    """
    here = current_log(session())
    if here is None:
        return {"state": "empty", "size": 0, "waiting": 0, "waiting_seconds": 0.0}
    waiting, since = session().execute(select(func.count(), func.min(PendingLeaf.received_at))).one()
    seconds = max((now() - since).total_seconds(), 0.0) if since else 0.0
    state = "behind" if seconds > LONGEST_WAIT else "ok"
    if here.is_frozen:
        state = "frozen"
    try:
        seen = highwater.read(high_water_path(here.label))
        if seen is None or seen.size > here.size:
            state = "stale"
    except (LedgerError, OSError):
        state = "stale"
    facts = {"state": state, "origin": here.origin, "size": here.size}
    return {**facts, "waiting": waiting, "waiting_seconds": round(seconds, 1)}

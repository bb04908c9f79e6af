"""Keeping old tokens believable: a new one vouches for them before their certificates end, or their hash grows old.

A token that stands in the log as an anchor is covered by every later token over a checkpoint that contains the anchor.
So a log in use renews itself; only a quiet one has to be stamped again although nothing happened.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, or_, select

from ip_registry.actions.stamping import ask_anew
from ip_registry.logs import current_log
from ip_registry.models import LedgerEntry, TimeToken, TokenState
from ip_registry.time.authorities import Authority
from kernel.clock import now
from kernel.db import session

BEFORE_THE_END = timedelta(days=90)
A_YEAR = timedelta(days=365)


def renew(authorities: Sequence[Authority]) -> bool:
    """Ask for new tokens if an old one needs it; whether one does. Running it again asks nothing twice."""
    here = current_log(session())
    if here is None or here.is_frozen or not authorities:
        return False
    oldest = uncovered(here.id)
    if oldest is None:
        return False
    ask_anew(here, authorities, renews=oldest)
    return True


def uncovered(log_id: int) -> TimeToken | None:
    """The first token that ages, and that no fresh token over a later checkpoint vouches for."""
    soon, long_ago = now() + BEFORE_THE_END, now() - A_YEAR
    stated = (TimeToken.log_id == log_id, TimeToken.state == TokenState.GOOD)
    fresh = select(func.max(TimeToken.size)).where(*stated, TimeToken.expires_at > soon, TimeToken.stated_at > long_ago)
    covered = session().scalar(fresh) or 0
    query = (
        select(TimeToken)
        .join(LedgerEntry, LedgerEntry.leaf_hash == TimeToken.anchor_hash)
        .where(*stated, LedgerEntry.log_id == log_id, LedgerEntry.index >= covered)
        .where(or_(TimeToken.expires_at <= soon, TimeToken.stated_at <= long_ago))
        .order_by(TimeToken.expires_at, TimeToken.id)
        .limit(1)
    )
    return session().scalars(query).first()

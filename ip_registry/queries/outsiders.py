"""Who vouched for the log from outside, and when each last answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from ip_registry.models import Cosignature, TimeToken, TokenState
from kernel.db import session

MOST = 60


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """A witness, and the newest checkpoint that it cosigned."""

    name: str
    vkey: str
    size: int
    stated_at: datetime


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    """A time authority: the newest token that was verified, and what came of the newest asking."""

    name: str
    url: str
    is_demo: bool
    state: str
    asked_at: datetime
    last_error: str
    good_at: datetime | None
    good_size: int | None


def witnesses(log_id: int) -> Sequence[WitnessRow]:
    """Everybody who ever cosigned a checkpoint of this log."""
    newest = (
        select(Cosignature.vkey, func.max(Cosignature.size).label("size"))
        .where(Cosignature.log_id == log_id)
        .group_by(Cosignature.vkey)
        .subquery()
    )
    rows = session().execute(
        select(Cosignature.name, Cosignature.vkey, Cosignature.size, Cosignature.stated_at)
        .join(newest, (newest.c.vkey == Cosignature.vkey) & (newest.c.size == Cosignature.size))
        .where(Cosignature.log_id == log_id)
        .order_by(Cosignature.name, Cosignature.vkey)
        .limit(MOST)
    )
    return [WitnessRow(*row) for row in rows]


def authorities(log_id: int) -> Sequence[AuthorityRow]:
    """Every authority that was ever asked for a token over a checkpoint of this log."""
    of_log = (TimeToken.log_id == log_id, TimeToken.size.is_not(None))
    newest = select(func.max(TimeToken.id)).where(*of_log).group_by(TimeToken.url)
    good = (
        select(TimeToken.url, func.max(TimeToken.id).label("id"))
        .where(*of_log, TimeToken.state == TokenState.GOOD)
        .group_by(TimeToken.url)
        .subquery()
    )
    kept = select(TimeToken.url, TimeToken.authority, TimeToken.stated_at, TimeToken.size).join(
        good, good.c.id == TimeToken.id
    )
    last = {row.url: row for row in session().execute(kept)}
    rows = session().scalars(select(TimeToken).where(TimeToken.id.in_(newest)).order_by(TimeToken.url).limit(MOST))
    return [
        AuthorityRow(
            name=(last[row.url].authority if row.url in last else row.authority) or row.url,
            url=row.url,
            is_demo=row.is_demo,
            state=row.state,
            asked_at=row.asked_at,
            last_error=row.last_error,
            good_at=last[row.url].stated_at if row.url in last else None,
            good_size=last[row.url].size if row.url in last else None,
        )
        for row in rows
    ]

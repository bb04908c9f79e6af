"""Giving checkpoints to OpenTimestamps calendars, and keeping what they say; no word of theirs counts as a proven time.

The network is never inside a unit of work: `open_wishes` notes in one what is asked now, `keep_progress` or
`note_refusal` in another what came of it.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite

from ip_registry.actions.stamping import has_news
from ip_registry.models import BitcoinStamp, LedgerLog
from ip_registry.queries.log import CheckpointRow, checkpoint_at
from ip_registry.time.errors import printable
from kernel.clock import now
from kernel.db import db, session

SPACING = timedelta(minutes=10)  # a block comes as often
FIRST_WAIT = timedelta(seconds=30)
FIRST_WAIT_FOR_A_BLOCK = timedelta(minutes=20)
LONGEST_WAIT = timedelta(hours=6)
MOST_DOUBLINGS = 12
MOST_ATTEMPTS = 200  # for a block: some seven weeks
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Wish:
    """A checkpoint that calendars are given, or asked about once more when they have given a `proof`."""

    log_id: int
    size: int
    imprint: bytes
    proof: bytes | None


def open_wishes() -> list[Wish]:
    """What is asked now; each is noted as asked, so that another worker does not ask it too."""
    logs = {one.id: one for one in session().scalars(select(LedgerLog).order_by(LedgerLog.id))}
    for here in logs.values():
        if here.size:
            _aim(here.id, checkpoint_at(here, here.size))
    session().flush()
    due = (
        select(BitcoinStamp)
        .where(BitcoinStamp.block.is_(None))
        .where(or_(BitcoinStamp.ask_at <= now(), BitcoinStamp.ask_at > now() + LONGEST_WAIT))  # of a wrong clock
        .where(or_(BitcoinStamp.proof.is_(None), BitcoinStamp.attempts < MOST_ATTEMPTS))
        .order_by(BitcoinStamp.ask_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return [_note_asked(row, checkpoint_at(logs[row.log_id], row.size)) for row in session().scalars(due)]


def keep_progress(wish: Wish, *, proof: bytes, block: int | None) -> None:
    """Keep the proof as far as it has come."""
    row = _still_open(wish)
    if row is None:
        return
    if row.proof is None:
        row.attempts, row.ask_at = 0, now() + FIRST_WAIT_FOR_A_BLOCK
    row.proof, row.block, row.last_error = proof, block, ""


def note_refusal(wish: Wish, reason: str) -> None:
    """No calendar answered, or none with something of use: they are asked again, ever more rarely."""
    row = _still_open(wish)
    if row is not None:
        row.last_error = printable(reason)[:500]


def _aim(log_id: int, newest: CheckpointRow) -> None:
    """Let the newest checkpoint wait for calendars, where something besides anchors has come."""
    query = select(BitcoinStamp).where(BitcoinStamp.log_id == log_id).order_by(BitcoinStamp.size.desc()).limit(1)
    last = session().scalars(query.with_for_update()).first()
    if last is not None and last.proof is None:
        if last.size != newest.size and last.ask_at <= now():  # else it is being asked at this moment
            last.size = newest.size
        return
    if last is not None and timedelta() <= now() - last.created_at < SPACING:
        return
    since = last.size if last is not None else 0
    if since < newest.size and has_news(log_id, since, newest.size):
        insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(BitcoinStamp)
        session().execute(insert.values(log_id=log_id, size=newest.size).on_conflict_do_nothing())


def _note_asked(row: BitcoinStamp, checkpoint: CheckpointRow) -> Wish:
    first = FIRST_WAIT if row.proof is None else FIRST_WAIT_FOR_A_BLOCK
    pause: timedelta = min(first * 2 ** min(row.attempts, MOST_DOUBLINGS), LONGEST_WAIT)
    row.attempts += 1
    row.ask_at = now() + pause
    return Wish(row.log_id, row.size, hashlib.sha256(checkpoint.body.encode()).digest(), row.proof)


def _still_open(wish: Wish) -> BitcoinStamp | None:
    """The row, held; None when it was pointed elsewhere, or when somebody else got further in the meantime."""
    key = (wish.log_id, wish.size)
    row = session().get(BitcoinStamp, key, with_for_update=True, populate_existing=True)
    return row if row is not None and row.block is None and row.proof == wish.proof else None

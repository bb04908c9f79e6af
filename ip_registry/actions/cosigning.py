"""Keeping what witnesses sign: that they saw a checkpoint, when, and that it continues all they saw before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from ip_registry.actions.contesting import judge
from ip_registry.events import TimeStated
from ip_registry.logs import current_log
from ip_registry.models import Cosignature
from ip_registry.queries.log import checkpoint_at
from ip_registry.queries.times import first_unstated
from kernel.db import db, session
from kernel.events import emit
from ledger.keys import Verifier
from ledger.notes import Verified
from ledger.policies import KnownWitness


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint that a witness has not cosigned yet; `old` is the newest that it has. It may have two keys."""

    url: str
    verifiers: tuple[Verifier, ...]
    log_id: int
    size: int
    note: str
    old: int


def missing_cosignatures(witnesses: Iterable[KnownWitness]) -> list[Submission]:
    """Who has not cosigned the newest checkpoint yet. Only reads."""
    here = current_log(session())
    watching = sorted((one for one in witnesses if one.url), key=lambda one: one.url)
    if here is None or not here.size or not watching:
        return []
    newest = checkpoint_at(here, here.size)
    known = {
        row.vkey: row.size
        for row in session().execute(
            select(Cosignature.vkey, func.max(Cosignature.size).label("size"))
            .where(Cosignature.log_id == here.id)
            .group_by(Cosignature.vkey)
        )
    }
    found = []
    for url, some in groupby(watching, key=lambda one: one.url):
        verifiers = tuple(one.verifier for one in some)
        sizes = [known.get(str(verifier), 0) for verifier in verifiers]
        if min(sizes) < newest.size:
            found.append(Submission(url.rstrip("/"), verifiers, here.id, newest.size, newest.own_note, max(sizes)))
    return found


def keep_cosignatures(submission: Submission, verified: Sequence[Verified], *, asked_at: datetime) -> int:
    """Keep the lines that were verified, and compare their times with those of other outsiders; returns how many.

    A line of the time 0 says that its witness vouches for no time; it is not kept, nor is one of a time that no
    calendar has.
    """
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(Cosignature)
    kept = 0
    for one in verified:
        stated_at = _moment(one.time)
        if stated_at is None:
            continue
        facts = {
            "log_id": submission.log_id,
            "size": submission.size,
            "vkey": str(one.verifier),
            "name": one.verifier.name,
            "line": one.signature.line,
            "stated_at": stated_at,
            "asked_at": asked_at,
        }
        new = insert.values(**facts).on_conflict_do_nothing().returning(Cosignature.size)
        kept += session().scalar(new) is not None
    if kept:
        judge(submission.log_id, submission.size)
        first = first_unstated(submission.log_id, submission.size, is_demo=False)
        emit(TimeStated(submission.log_id, first=first, size=submission.size))
    return kept


def _moment(seconds: int | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None

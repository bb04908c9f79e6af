"""Asking authorities for the time of a checkpoint, or of one file, and keeping what they say.

An authority has at most one open question about a log, and it is always about the newest checkpoint: who did not answer
for an hour is not asked about an hour ago. The network is never inside a unit of work: `open_questions` notes in one
what is asked now, `keep_token` or `note_failure` in another what came of it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ip_registry.actions.anchoring import anchor
from ip_registry.actions.contesting import judge
from ip_registry.envelopes.leaves import OF_THE_LOG
from ip_registry.events import TimeStated
from ip_registry.models import LedgerEntry, LedgerLog, TimeToken, TokenState
from ip_registry.queries.log import CheckpointRow, checkpoint_at
from ip_registry.queries.times import first_unstated
from ip_registry.time.asking import Stamp
from ip_registry.time.authorities import Authority
from ip_registry.time.errors import printable
from kernel.clock import now
from kernel.db import db, session
from kernel.events import emit

SPACING = timedelta(seconds=30)
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
MOST_ATTEMPTS = 30  # for a file; a checkpoint is followed by another
MOST_DOUBLINGS = 12
AT_ONCE = 200
CLOCKS_DIFFER = timedelta(minutes=1)  # of two workers


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of whom, outside of any unit of work."""

    token_id: int
    authority: Authority
    imprint: bytes


def open_questions(authorities: Sequence[Authority]) -> list[Question]:
    """What has to be asked now; each is noted as asked, so that another worker does not ask it too."""
    by_url = {authority.url: authority for authority in authorities}
    _forget_others(list(by_url))
    logs = select(LedgerLog).order_by(LedgerLog.id).execution_options(populate_existing=True)
    for here in session().scalars(logs):
        if here.size:
            newest = checkpoint_at(here, here.size)
            for url in by_url:
                _aim(here, newest, url)
    session().flush()
    # Checkpoints first: however many files wait, the log is not kept waiting.
    order = (TimeToken.record_id.is_not(None), TimeToken.asked_at)
    waiting = select(TimeToken).where(TimeToken.state == TokenState.WAITING).order_by(*order).limit(AT_ONCE)
    questions = []
    for row in session().scalars(waiting.with_for_update(skip_locked=True)):
        if not _is_due(row):
            continue
        row.attempts += 1
        row.asked_at = now()
        questions.append(Question(row.id, by_url[row.url], bytes.fromhex(row.imprint)))
    return questions


def keep_token(question: Question, stamp: Stamp) -> None:
    """Keep a verified token, compare it with what other outsiders state, and let its hash into the log."""
    row = _still_asked(question)
    if row is None:
        return
    row.token, row.chain_pem, row.is_pinned = stamp.token, stamp.chain_pem, question.authority.chain is not None
    row.stated_at, row.expires_at = stamp.verified.gen_time, stamp.verified.expires_at
    row.authority, row.is_demo = stamp.verified.authority[:200], stamp.verified.is_demo
    row.state, row.last_error = TokenState.GOOD, ""
    session().flush()
    if row.size is not None:
        judge(row.log_id, row.size)
        first = first_unstated(row.log_id, row.size, is_demo=row.is_demo)
        emit(TimeStated(row.log_id, first=first, size=row.size))
    anchor(row)


def note_failure(question: Question, reason: str) -> None:
    """Nobody answered, or with something that proves nothing: it is asked again, ever more rarely."""
    row = _still_asked(question)
    if row is None:
        return
    row.last_error = printable(reason)[:500]
    if row.record_id is not None and row.attempts >= MOST_ATTEMPTS:
        row.state = TokenState.REFUSED


def ask_about_file(*, log_id: int, record_id: int, sha256: str, authorities: Sequence[Authority]) -> int:
    """Have the hash of one file of a record stamped by itself, which shows that bare hash to the authorities.

    Returns how many of them will be asked: those that have not been asked before.
    """
    asked = set(
        session().scalars(select(TimeToken.url).where(TimeToken.record_id == record_id, TimeToken.imprint == sha256))
    )
    fresh = [authority.url for authority in authorities if authority.url not in asked]
    session().add_all(TimeToken(log_id=log_id, record_id=record_id, imprint=sha256, url=url) for url in fresh)
    return len(fresh)


def ask_anew(here: LedgerLog, authorities: Sequence[Authority], *, renews: TimeToken) -> None:
    """Have the newest checkpoint stamped, although nothing but anchors came, so that it vouches for an old token."""
    newest = checkpoint_at(here, here.size)
    for authority in authorities:
        row = _waiting(here.id, authority.url) or _ask(newest, authority.url)
        if row is not None:
            row.renews_id = renews.id


def _forget_others(urls: Sequence[str]) -> None:
    """Who is not configured any more is not asked any more."""
    session().execute(
        delete(TimeToken)
        .where(TimeToken.state == TokenState.WAITING, TimeToken.url.not_in(urls))
        .execution_options(synchronize_session=False)
    )


def _aim(here: LedgerLog, newest: CheckpointRow, url: str) -> None:
    """Point the open question to the newest checkpoint, or open one where something besides anchors has come."""
    row = _waiting(here.id, url)
    if row is not None:
        if row.size != newest.size and _is_due(row):  # else it is being asked at this moment
            row.size, row.imprint = newest.size, _imprint(newest)
        return
    last = (
        session()
        .scalars(
            select(TimeToken)
            .where(TimeToken.log_id == here.id, TimeToken.url == url, TimeToken.size.is_not(None))
            .order_by(TimeToken.size.desc())
            .limit(1)
        )
        .first()
    )
    if last is not None and not _has_passed(SPACING, since=last.asked_at):
        return
    since = last.size if last is not None and last.size is not None else 0
    if since < newest.size and has_news(here.id, since, newest.size):
        _ask(newest, url)


def _waiting(log_id: int, url: str) -> TimeToken | None:
    query = select(TimeToken).where(
        TimeToken.log_id == log_id,
        TimeToken.url == url,
        TimeToken.state == TokenState.WAITING,
        TimeToken.size.is_not(None),
    )
    return session().scalars(query).first()


def _ask(newest: CheckpointRow, url: str) -> TimeToken | None:
    """A new open question; None where the authority has stamped this very checkpoint, or another worker asks it."""
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(TimeToken)
    facts = {"log_id": newest.log_id, "size": newest.size, "imprint": _imprint(newest), "url": url}
    made = session().scalar(insert.values(**facts).on_conflict_do_nothing().returning(TimeToken.id))
    return None if made is None else session().get_one(TimeToken, made)


def _imprint(checkpoint: CheckpointRow) -> str:
    """What is stamped: the three lines that the log signs, which anybody can hash again."""
    return hashlib.sha256(checkpoint.body.encode()).hexdigest()


def has_news(log_id: int, start: int, end: int) -> bool:
    """Whether anything but anchors stands there: else every token would ask for the next one, for ever."""
    while start < end:
        leaves = session().scalars(
            select(LedgerEntry.leaf)
            .where(LedgerEntry.log_id == log_id, LedgerEntry.index >= start, LedgerEntry.index < end)
            .order_by(LedgerEntry.index)
            .limit(AT_ONCE)
        )
        if any(json.loads(leaf)["t"] not in OF_THE_LOG for leaf in leaves):
            return True
        start += AT_ONCE
    return False


def _is_due(row: TimeToken) -> bool:
    if row.attempts == 0:
        return True
    pause: timedelta = min(FIRST_WAIT * 2 ** min(row.attempts - 1, MOST_DOUBLINGS), LONGEST_WAIT)
    return _has_passed(pause, since=row.asked_at)


def _has_passed(pause: timedelta, *, since: datetime) -> bool:
    """Whether a pause is over. A clock that was wrong and is set back must not stop the asking until it catches up."""
    passed = now() - since
    return passed >= pause or passed < -CLOCKS_DIFFER


def _still_asked(question: Question) -> TimeToken | None:
    """The open question, held; None when it was answered, pointed elsewhere or dropped in the meantime."""
    row = session().get(TimeToken, question.token_id, with_for_update=True, populate_existing=True)
    if row is None or row.state != TokenState.WAITING or row.imprint != question.imprint.hex():
        return None
    return row

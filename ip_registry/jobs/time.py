"""Asking outsiders, over the network and therefore never inside a unit of work."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import structlog

from ip_registry.actions.anchoring import anchor_closed_logs
from ip_registry.actions.cosigning import Submission, keep_cosignatures, missing_cosignatures
from ip_registry.actions.renewing import renew
from ip_registry.actions.stamping import Question, keep_token, note_failure, open_questions
from ip_registry.queries.proofs import consistency
from ip_registry.time.asking import Stamp, ask
from ip_registry.time.configured import configured_authorities
from ip_registry.time.errors import AskingError, TokenError
from ip_registry.time.watching import poster
from ip_registry.witnesses import configured_witnesses
from kernel.clock import now
from kernel.jobs import job
from kernel.work import after_commit, reading, unit_of_work
from ledger.errors import LedgerError
from ledger.witnesses import ask_witness

log = structlog.get_logger("guildhall.registry")

AT_ONCE = 8
SILENCE = timedelta(seconds=30)  # doubled every time
LONGEST_SILENCE = timedelta(minutes=10)

_silences: dict[str, tuple[datetime, timedelta]] = {}  # until when, and for how long


@job("registry.stamp", every=timedelta(seconds=5))
def stamp() -> None:
    """Have the newest checkpoint stamped, where something came that was not stamped yet."""
    if configured_authorities():
        after_commit(ask_authorities)


@job("registry.cosign", every=timedelta(seconds=2))
def cosign() -> None:
    """Have the newest checkpoint cosigned by the witnesses that have not seen it."""
    if configured_witnesses():
        after_commit(ask_witnesses)


@job("registry.renew", every=timedelta(hours=12))
def renew_old_tokens() -> None:
    """Have old tokens covered by new ones, and closed logs by the one that follows."""
    anchor_closed_logs()
    renew(configured_authorities())


def ask_authorities() -> None:
    """Ask what has to be asked now, everybody at once, and keep what they say. Never inside a unit of work."""
    with unit_of_work():
        questions = open_questions(configured_authorities())
    for question, outcome in zip(questions, _outcomes(questions), strict=True):
        with unit_of_work():
            if isinstance(outcome, Stamp):
                keep_token(question, outcome)
            else:
                log.warning("no time stamp", authority=question.authority.url, reason=outcome)
                note_failure(question, outcome)


def ask_witnesses() -> None:
    """Show the newest checkpoint to every witness that has not cosigned it. Never inside a unit of work.

    One that does not answer is left alone for a while; the others do not wait for it.
    """
    with reading():
        submissions = missing_cosignatures(configured_witnesses())
    for submission in submissions:
        if _is_silent(submission.url):
            continue
        asked_at = now()
        try:
            verified = ask_witness(
                poster(submission.url),
                note=submission.note,
                old=submission.old,
                prove=partial(_proof, submission),
                verifiers=submission.verifiers,
            )
        except (AskingError, LedgerError) as error:
            log.warning("no cosignature", witness=submission.url, reason=str(error))
            _leave_alone(submission.url)
            continue
        with unit_of_work():
            kept = keep_cosignatures(submission, verified, asked_at=asked_at)
        if kept:
            _silences.pop(submission.url, None)
        else:  # it has one key of two, or says no time: asking again at once brings nothing new
            _leave_alone(submission.url)


def _is_silent(url: str) -> bool:
    return url in _silences and now() < _silences[url][0] <= now() + LONGEST_SILENCE  # a clock may have been wrong


def _leave_alone(url: str) -> None:
    """Ask it again later: a worker that waits for a silent witness does nothing else meanwhile."""
    before = _silences[url][1] if url in _silences else SILENCE / 2
    silence = min(before * 2, LONGEST_SILENCE)
    _silences[url] = (now() + silence, silence)


def _proof(submission: Submission, old: int) -> Sequence[bytes]:
    with reading():
        return consistency(submission.log_id, old, submission.size)


def _outcomes(questions: Sequence[Question]) -> list[Stamp | str]:
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(_outcome, questions))


def _outcome(question: Question) -> Stamp | str:
    try:
        return ask(question.authority, question.imprint)
    except (AskingError, TokenError, OSError) as error:
        return str(error)

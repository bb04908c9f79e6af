"""Delivery: the worker takes one mail after the other, hands it to the SMTP server, and notes what became of it.

Nobody waits while the server is spoken to: a mail is claimed in one transaction, handed over in none, and noted in the
next, which claims the following one. So at most one mail is in the hands of a worker that dies. Nobody can know whether
it was sent. After `LEASE` it is sent again under the same Message-ID, so that at most one copy is too many and mail
programs show it once; a digest is not, and lies among the dead until the staff decide.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from kernel.clock import now
from kernel.db import session
from kernel.jobs import job
from kernel.mail.letters import envelope_sender, letter
from kernel.mail.line import Letter, Line, Outcome
from kernel.mail.outbox import Mail, one_line
from kernel.mail.suppression import note_bounce
from kernel.work import step_aside, unit_of_work

log = structlog.get_logger("guildhall.mail")

KINDS = ("account", "notice", "digest")  # whose turn comes first
RUN = 5.0  # seconds, before other work of this worker gets its turn
LEASE = timedelta(minutes=10)
MAX_ATTEMPTS = 24  # about five days
KEPT_FOR = timedelta(days=30)
UNSURE = "unsure"

NOTHING_LEFT = "nothing-left"

Check = Callable[[Mail], str]
_checks: list[Check] = []


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says."""

    subject: str
    body: str
    html: str


Renewal = Callable[[int, Any], Words | None]
_renewals: dict[str, Renewal] = {}


def before_delivery(check: Check) -> Check:
    """Have this asked of every notice and digest when it is about to go: why it may not, in a word, or nothing."""
    _checks.append(check)
    return check


def renewed_by(name: str) -> Callable[[Renewal], Renewal]:
    """Have mails whose `made_of` has this name say what is so when they leave, not what was so when they were written.

    A mail may have waited for days: what was taken out of sight since must not go out with it. The function is given
    the reader and what stands under the name, and answers None where nothing is left to say.
    """

    def register(renewal: Renewal) -> Renewal:
        _renewals[name] = renewal
        return renewal

    return register


@job("mail.deliver", every=timedelta(seconds=1))
def deliver_due() -> None:
    """Hand over what is due, for a few seconds and over one connection."""
    line = _line()
    if line is None or line.rests():
        return
    step_aside()
    with unit_of_work():
        _take_back_abandoned()
    started = time.monotonic()
    outcome: Outcome | None = None
    with line:
        while True:
            with unit_of_work():
                if outcome is not None:
                    _note(outcome)
                goes_on = not line.rests() and time.monotonic() - started < RUN
                following = _claim() if goes_on else None
            if following is None:
                return
            outcome = line.hand_over(following)


@job("mail.forget", every=timedelta(hours=6))
def forget_old_mail() -> None:
    """What was sent or dropped a month ago."""
    session().execute(delete(Mail).where(Mail.state.in_(("sent", "dropped")), Mail.created_at < now() - KEPT_FOR))


def send_again(mail: Mail) -> None:
    """Give a mail that was given up, or kept while no server was named, another life."""
    mail.state, mail.due_at, mail.attempts, mail.reason = "waiting", now(), 0, ""


def drop(mail: Mail, reason: str) -> None:
    """Do not send it; what it said is forgotten."""
    mail.state, mail.reason, mail.due_at, mail.claimed_at = "dropped", reason, None, None
    _forget_words(mail)


def _line() -> Line | None:
    """This process's way to the mail server; None where no server is named."""
    url = current_app.config["MAIL_URL"]
    line: Line | None = current_app.extensions.get("mail_line")
    if line is None or line.url != url:
        line = current_app.extensions["mail_line"] = Line(url)
    return line if url else None


def _claim() -> Letter | None:
    """The next mail that is due and may still go, in this worker's hands; those that may not are dropped."""
    for kind in KINDS:
        due = (
            select(Mail)
            .where(Mail.state == "waiting", Mail.kind == kind, Mail.due_at <= now())
            .order_by(Mail.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        while (mail := session().scalars(due).first()) is not None:
            if (ready := _in_hand(mail)) is not None:
                return ready
            session().flush()
    return None


def _in_hand(mail: Mail) -> Letter | None:
    """The letter, claimed; None where it may not go, or none can be made of it, as when the site's secret changed."""
    try:
        if reason := _refusal(mail) or ("" if _renew(mail) else NOTHING_LEFT):
            drop(mail, reason)
            return None
        message = letter(mail)
        ready = Letter(mail.id, message, envelope_sender(mail, message), mail.recipient)
    except SQLAlchemyError:
        raise
    except Exception as error:  # what is wrong with one mail, whatever it is, does not hold up all others
        log.exception("no letter can be made", mail=mail.id)
        mail.state, mail.reason = "dead", f"{type(error).__name__} {error}".strip()
        return None
    mail.state, mail.claimed_at, mail.attempts = "sending", now(), mail.attempts + 1
    return ready


def _renew(mail: Mail) -> bool:
    """Write it anew where it can be; whether anything is left to say."""
    for name, of in mail.made_of.items():
        words = _renewals[name](mail.user_id or 0, of)
        if words is None:
            return False
        mail.subject, mail.body, mail.html = one_line(words.subject), words.body, words.html
    return True


def _refusal(mail: Mail) -> str:
    return "" if mail.kind == "account" else next(filter(None, (check(mail) for check in _checks)), "")


def _take_back_abandoned() -> None:
    """Mails whose worker died while it had them."""
    gone = (Mail.state == "sending", Mail.claimed_at < now() - LEASE)
    session().execute(update(Mail).where(*gone, Mail.kind == "digest").values(state="dead", reason=UNSURE))
    session().execute(update(Mail).where(*gone).values(state="waiting", due_at=now()))
    ahead = (Mail.created_at > now(), Mail.state == "waiting", Mail.due_at > now())  # the clock was set back since
    session().execute(update(Mail).where(*ahead).values(due_at=now()))


def _note(outcome: Outcome) -> None:
    mail = session().get(Mail, outcome.mail_id, with_for_update=True, populate_existing=True)
    if mail is None or mail.state == "dropped":
        return
    mail.claimed_at, mail.reason = None, outcome.words
    if outcome.became == "sent":
        mail.state, mail.sent_at, mail.due_at = "sent", now(), None
        _forget_words(mail)
    elif outcome.became == "line down":
        mail.state, mail.attempts = "waiting", mail.attempts - 1
    elif outcome.became == "unsure" and mail.kind == "digest":
        mail.state, mail.reason = "dead", UNSURE
    elif outcome.became == "refused" or mail.attempts >= MAX_ATTEMPTS:
        mail.state = "dead"
        log.warning("mail given up", mail=mail.id, words=outcome.words)
        if outcome.became == "refused" and outcome.concerns_address:
            note_bounce(mail.recipient, words=outcome.words, is_hard=True)
    else:
        mail.state = "waiting"
        mail.due_at = now() + min(timedelta(minutes=3**mail.attempts), timedelta(hours=6))


def _forget_words(mail: Mail) -> None:
    """Secrets have done their work, and what a notice said is between the site and its reader."""
    mail.sealed = None
    if mail.kind != "account":
        mail.body, mail.html = "", ""

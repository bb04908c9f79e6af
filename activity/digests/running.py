"""Everybody's digests, in the morning of their own day, a portion of people at a time.

What is done stands in rows: a run for each period, day and time zone with the person it has come to, and a digest for
each person, written in one transaction with the mail. So a worker may be killed at any instant: the next begins where
the last portion was committed, and nobody gets a second mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import Row, select, update

from accounts.models import User
from accounts.viewers import viewer_for
from activity.digests.composing import Content, Sheet, content_for, sheet_of
from activity.letters import written
from activity.models import Digest, DigestRun, Notice
from activity.topics import Cadence
from activity.unsubscribing import rule_of_digest
from activity.upsert import insert_into
from kernel.clock import now
from kernel.db import changed, session
from kernel.i18n import LANG_TAGS, speaking, zone
from kernel.i18n import when as local_time
from kernel.mail import send_mail
from kernel.mail.delivery import Words, renewed_by
from kernel.viewer import Viewer
from kernel.words import gettext as _
from kernel.work import reading, unit_apart

MORNING = 7
DIGEST = "digest"
MONDAY, LATEST_WEEKDAY = 0, 2  # a Monday that nobody worked on is made up for until Wednesday
LOOKS_BACK = {Cadence.DAILY: timedelta(days=2), Cadence.WEEKLY: timedelta(days=8)}
PORTION = 50
PORTIONS = 10  # of one call, so that other work of the worker has its turn


@dataclass(frozen=True, slots=True)
class Letter:
    """One person's digest, composed."""

    user_id: int
    email: str
    content: Content
    words: Words


def plan(moment: datetime) -> None:
    """Begin the runs of all zones in which a morning has come."""
    zones = session().scalars(select(User.timezone).where(User.suspended_at.is_(None)).distinct()).all()
    for name in zones:
        local = moment.astimezone(zone(name))
        if local.hour < MORNING:
            continue
        days = {Cadence.DAILY: local}
        if local.weekday() <= LATEST_WEEKDAY:
            days[Cadence.WEEKLY] = local - timedelta(days=local.weekday() - MONDAY)
        for period, day in days.items():
            run = {"period": period.value, "day": day.date().isoformat(), "timezone": name}
            values = run | {"after_id": 0, "sent": 0, "created_at": now()}
            session().execute(insert_into(DigestRun).values(values).on_conflict_do_nothing())


def go_on() -> int:
    """Some portions of the runs that are not finished; says how many digests were sent."""
    sent = 0
    with reading():
        for _portion in range(PORTIONS):
            run = _open_run()
            if run is None:
                break
            people = _next_people(run)
            letters = [letter for person in people if (letter := _letter(run, person)) is not None]
            with unit_apart():
                sent += _send(run, people, letters)
    return sent


def since_of(period: Cadence) -> datetime:
    """Since when something is new to a digest; what was in an earlier one is not told again."""
    return now() - LOOKS_BACK[period]


def _open_run() -> Row[int, str, str, str, int] | None:
    columns = (DigestRun.id, DigestRun.period, DigestRun.day, DigestRun.timezone, DigestRun.after_id)
    query = select(*columns).where(DigestRun.finished_at.is_(None)).order_by(DigestRun.id).limit(1)
    return session().execute(query).one_or_none()


def _next_people(run: Row[int, str, str, str, int]) -> Sequence[Row[int, str]]:
    query = select(User.id, User.email).where(
        User.id > run.after_id,
        User.timezone == run.timezone,
        User.suspended_at.is_(None),
        User.email_confirmed_at.is_not(None),
    )
    return session().execute(query.order_by(User.id).limit(PORTION)).all()


def _letter(run: Row[int, str, str, str, int], person: Row[int, str]) -> Letter | None:
    """None for whoever missed nothing, or wants to hear nothing at this pace."""
    viewer, period = viewer_for(person.id), Cadence(run.period)
    if not viewer.signed_in:
        return None
    with speaking(viewer.locale):
        content, sheet = content_for(viewer, period=period, since=since_of(period))
        if not sheet:
            return None
        words = _words(viewer, sheet, period=period, day=run.day)
    return Letter(person.id, person.email, content, words)


@renewed_by(DIGEST)
def digest_of_now(user_id: int, digest_id: int) -> Words | None:
    """What a digest holds when its mail goes out: the same as its page at that moment."""
    viewer, digest = viewer_for(user_id), session().get(Digest, digest_id)
    if digest is None or digest.user_id != user_id:
        return None
    with speaking(viewer.locale):
        sheet = sheet_of(viewer, digest.content)
        return _words(viewer, sheet, period=Cadence(digest.period), day=digest.day) if sheet else None


def _words(viewer: Viewer, sheet: Sheet, *, period: Cadence, day: str) -> Words:
    subject = _("Your week at the Guildhall") if period is Cadence.WEEKLY else _("Your day at the Guildhall")
    base_url: str = current_app.config["BASE_URL"]
    facts = {
        "sheet": sheet,
        "subject": subject,
        "period": period.value,
        "page_url": f"{base_url}/digests/{period.value}-{day}",
        "unsubscribe_url": rule_of_digest(viewer.me, period).url,
        "html_lang": LANG_TAGS[viewer.locale],
        "base_url": base_url,
        "local_time": lambda moment: local_time(moment, viewer.timezone),
    }
    return Words(subject, *written("digest", facts))


def _send(run: Row[int, str, str, str, int], people: Sequence[Row[int, str]], letters: Sequence[Letter]) -> int:
    """Claim the portion and send its letters: of two workers that composed it, one finds the run further on."""
    last = people[-1].id if people else run.after_id
    claim = (
        update(DigestRun)
        .where(DigestRun.id == run.id, DigestRun.after_id == run.after_id, DigestRun.finished_at.is_(None))
        .values(after_id=last, finished_at=None if people else now(), sent=DigestRun.sent + len(letters))
        .execution_options(synchronize_session=False)
    )
    if not changed(claim):
        return 0
    return sum(_send_one(run, letter) for letter in letters)


def _send_one(run: Row[int, str, str, str, int], letter: Letter) -> bool:
    insert = insert_into(Digest).values(
        user_id=letter.user_id, period=run.period, day=run.day, content=letter.content.packed(), created_at=now()
    )
    digest_id = session().scalar(insert.on_conflict_do_nothing().returning(Digest.id))
    if digest_id is None:
        return False
    send_mail(
        to=letter.email,
        subject=letter.words.subject,
        body=letter.words.body,
        html=letter.words.html,
        kind="digest",
        user_id=letter.user_id,
        audience=" ".join(sorted(letter.content.audiences)),
        unsubscribe_url=rule_of_digest(letter.user_id, Cadence(run.period)).url,
        made_of={DIGEST: digest_id},
    )
    noted = update(Notice).where(Notice.id.in_(letter.content.notices)).values(mailed_at=now())
    session().execute(noted.execution_options(synchronize_session=False))
    return True

"""Pushing: a notice goes to each browser of its owner as a job of its own, which asks anew what may be said.

Nobody waits while the push service is spoken to. A worker that dies in between, or two at once, say the same twice, and
the browser shows it once: what is told of one thing replaces what was told of it before.
"""

import json
from collections.abc import Sequence
from datetime import timedelta

import structlog
from cryptography.fernet import InvalidToken
from sqlalchemy import ColumnElement, delete, exists, select, update

from accounts.models import UserSession
from accounts.viewers import viewer_for
from activity.channels import Handover, Person, channel
from activity.gathering import Group, gathered
from activity.models import Follow, Notice, NoticeSetting, PushSubscription
from activity.push.sealing import Browser, browser_of, sealed, sender
from activity.push.subscribing import reach_of
from activity.wishes import RULE_OF_NOTICE, SETTING_OF_NOTICE, push_wanted
from kernel.clock import now
from kernel.db import session
from kernel.http import ExchangeError, ForbiddenAddressError, exchange
from kernel.i18n import LANG_TAGS, speaking
from kernel.ids import hash_token
from kernel.jobs import enqueue
from kernel.viewer import Viewer
from kernel.words import gettext as _
from kernel.work import step_aside, unit_of_work

log = structlog.get_logger("guildhall.push")

PUSH = "activity.push"
A_MOMENT = timedelta(seconds=10)
KEPT_FOR = timedelta(days=1)  # by the push service, for a browser that is away
SECONDS = 5.0
WORDS = 200  # with an address far below the 4096 bytes that push services take
GONE = 410
OVER = frozenset({404, GONE})  # the subscription is not there any more


def _can_be_pushed() -> ColumnElement[bool]:
    return push_wanted() & exists().where(PushSubscription.user_id == Notice.user_id)


@channel("push", wanted=_can_be_pushed, after=A_MOMENT)
def push(person: Person, group: Group) -> Handover | None:
    """A job for each browser; a few seconds after the first notice, so that what was just read is not pushed."""
    mine = select(PushSubscription.id).where(PushSubscription.user_id == person.viewer.me)
    browsers = session().scalars(mine.order_by(PushSubscription.id)).all()
    notices = [one.id for one in group.notices]

    def hand_over() -> None:
        for one in browsers:
            enqueue(PUSH, subscription_id=one, notices=notices)

    return hand_over if browsers else None


def push_trial(*, subscription_id: int) -> None:
    """Send something harmless, to see whether it arrives."""
    enqueue(PUSH, subscription_id=subscription_id, notices=[])


def send(subscription_id: int, notices: Sequence[int]) -> None:
    """Tell one browser what its owner has not read of these and may see; raises `ExchangeError` to be tried again."""
    ready = _ready(subscription_id, notices)
    if ready is None:
        return
    browser, message = ready
    step_aside()
    outcome = _hand_over(browser, message)
    row = PushSubscription.id == subscription_id
    with unit_of_work() as work:
        if outcome in OVER:
            work.execute(delete(PushSubscription).where(row))
        else:
            work.execute(update(PushSubscription).where(row).values(sent_at=now()))


def _ready(subscription_id: int, notices: Sequence[int]) -> tuple[Browser, dict[str, str]] | None:
    query = (
        select(PushSubscription.user_id, PushSubscription.sealed)
        .join(UserSession, UserSession.id == PushSubscription.session_id)
        .where(PushSubscription.id == subscription_id, UserSession.expires_at > now())
    )
    row = session().execute(query).one_or_none()
    viewer = viewer_for(row.user_id) if row else Viewer()
    if row is None or not viewer.signed_in:
        return None
    message = _message(viewer, notices) if notices else _trial(viewer)
    try:
        return (browser_of(row.sealed), message) if message else None
    except InvalidToken:
        session().execute(delete(PushSubscription).where(PushSubscription.id == subscription_id))
        return None


def _message(viewer: Viewer, ids: Sequence[int]) -> dict[str, str] | None:
    """Who did what, and where: no words of anybody's, since it may lie open on a locked screen."""
    unread = (
        select(Notice)
        .outerjoin(NoticeSetting, SETTING_OF_NOTICE)
        .outerjoin(Follow, RULE_OF_NOTICE)
        .where(
            Notice.id.in_(ids),
            Notice.user_id == viewer.me,
            Notice.read_at.is_(None),
            Notice.audience.in_(sorted(viewer.audience)),
            push_wanted(),
        )
        .order_by(Notice.id.desc())
    )
    with speaking(viewer.locale):
        groups = gathered(viewer, session().scalars(unread).all())
        if not groups:
            return None
        source, group = next(iter(groups.items()))
        line = group.lines[0]
        return _said(viewer, title=line.words, body=group.card.title, url=line.url, tag=str(source))


def _trial(viewer: Viewer) -> dict[str, str]:
    with speaking(viewer.locale):
        return _said(
            viewer,
            title=_("This is how you will be told"),
            body=_("You asked for a trial. Nothing has happened."),
            url="/settings/notices",
            tag="trial",
        )


def _said(viewer: Viewer, *, title: str, body: str, url: str, tag: str) -> dict[str, str]:
    return {
        "title": title[:WORDS],
        "body": body[:WORDS],
        "url": url,
        "tag": tag,
        "lang": LANG_TAGS[viewer.locale],
        "reader": str(viewer.me),
    }


def _hand_over(browser: Browser, message: dict[str, str]) -> int:
    """The status that the push service answered; for one that no notice may ever be sent to, as if it were gone."""
    text = json.dumps(message, ensure_ascii=False).encode()
    headers = {
        "Authorization": sender(browser.endpoint),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(KEPT_FOR.total_seconds())),
        "Topic": hash_token(message["tag"])[:32],
        "Urgency": "normal",
    }
    try:
        reply = exchange(
            browser.endpoint,
            sealed(text, browser),
            reach=reach_of(browser.endpoint),
            headers=headers,
            seconds=SECONDS,
        )
    except ForbiddenAddressError:
        return GONE
    if reply.status in OVER:
        log.info("push subscription over", status=reply.status)
    elif not 200 <= reply.status < 300:  # noqa: PLR2004 - the range of success
        raise ExchangeError(f"the push service said {reply.status}")
    return reply.status

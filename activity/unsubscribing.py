"""Links that switch one rule off, without signing in: whose and which, sealed so that they say nothing to others."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from flask import current_app

from accounts.models import User
from accounts.viewers import viewer_for
from activity.actions.choosing import set_wishes
from activity.actions.following import set_mail
from activity.queries.follows import follow_row
from activity.topics import DIGESTS, Cadence, Topic
from activity.wishes import wishes_of
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, NotFoundError
from kernel.refs import Card, Ref
from kernel.secrets import derived_key
from kernel.viewer import Viewer
from kernel.words import gettext as _

FOLLOW = "follow"
UNDONE_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Rule:
    """What sends somebody mail: a topic, something they follow, or the digest of a period."""

    user_id: int
    what: str

    @property
    def token(self) -> str:
        """The sealed form. It never expires: the link in an old mail must work."""
        sealed = _seal().encrypt(f"{self.user_id} {self.what}".encode(), [b"unsubscribe"])
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    @property
    def url(self) -> str:
        """Where one switches it off."""
        return f"{current_app.config['BASE_URL']}/unsubscribe/{self.token}"

    @property
    def topic(self) -> Topic | None:
        """The topic, if it is one."""
        return Topic(self.what) if self.what in set(Topic) else None

    @property
    def period(self) -> Cadence | None:
        """The period of the digest, if it is one."""
        return next((period for period in DIGESTS if self.what == f"digest:{period}"), None)

    @property
    def ref(self) -> Ref | None:
        """What is followed, if it is that."""
        parts = self.what.split(":")
        return Ref(parts[1], int(parts[2])) if parts[0] == FOLLOW else None


def rule_of_topic(user_id: int, topic: str) -> Rule:
    """Mail of a topic."""
    return Rule(user_id, Topic(topic).value)


def rule_of_follow(user_id: int, ref: Ref) -> Rule:
    """Mail of what is followed."""
    return Rule(user_id, f"{FOLLOW}:{ref}")


def rule_of_digest(user_id: int, period: Cadence) -> Rule:
    """The digest of a period, whatever is in it."""
    return Rule(user_id, f"digest:{period.value}")


def rule_at(token: str) -> Rule:
    """The rule of a link; `NotFoundError` for whatever was not sealed here."""
    try:
        user_id, what = _opened(token, b"unsubscribe").decode().split(" ", 1)
    except (binascii.Error, ValueError, InvalidTag):
        raise NotFoundError from None
    if session().get(User, int(user_id)) is None:
        raise NotFoundError
    return Rule(int(user_id), what)


def switch_off(rule: Rule) -> dict[str, str]:
    """No mail by this rule any more; done twice it is done once. Returns what was, by which it can be undone."""
    if rule.ref is not None:
        was = set_mail(rule.user_id, rule.ref, Cadence.NEVER)
        return {rule.what: was or ""}
    wishes = wishes_of(rule.user_id)
    concerned = [
        topic
        for topic, wish in wishes.items()
        if topic is rule.topic or (rule.period is not None and wish.mail is rule.period)
    ]
    set_wishes(rule.user_id, {topic: replace(wishes[topic], mail=Cadence.NEVER) for topic in concerned})
    return {topic.value: wishes[topic].mail.value for topic in concerned}


def way_back(rule: Rule, was: Mapping[str, str]) -> str:
    """A sealed note of what a switching off changed. It undoes that and nothing else, for a month.

    The link of the mail itself, which is passed on with every mail that is forwarded, can only ever switch off.
    """
    note = {"user": rule.user_id, "what": rule.what, "was": dict(was), "at": int(now().timestamp())}
    sealed = _seal().encrypt(json.dumps(note, sort_keys=True).encode(), [b"undo"])
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def undo(rule: Rule, token: str) -> None:
    """As it was before, as far as it is off still; raises for the note of another rule, and for an old one."""
    try:
        note = json.loads(_opened(token, b"undo"))
    except (binascii.Error, ValueError, InvalidTag):
        raise NotFoundError from None
    if (note["user"], note["what"]) != (rule.user_id, rule.what):
        raise NotFoundError
    if datetime.fromtimestamp(note["at"], UTC) < now() - UNDONE_FOR:
        raise ConflictError(_("This is too old to be undone here. Choose in the settings what comes."))
    _switch_on(rule, note["was"])


def _switch_on(rule: Rule, was: Mapping[str, str]) -> None:
    if rule.ref is not None:
        row = follow_row(viewer_for(rule.user_id), rule.ref)
        if row is not None and row.mail == Cadence.NEVER:
            set_mail(rule.user_id, rule.ref, Cadence(was[rule.what]) if was[rule.what] else None)
        return
    wishes = wishes_of(rule.user_id)
    off = {topic: mail for topic, mail in was.items() if wishes[Topic(topic)].mail is Cadence.NEVER}
    set_wishes(
        rule.user_id, {Topic(topic): replace(wishes[Topic(topic)], mail=Cadence(mail)) for topic, mail in off.items()}
    )


def followed_card(viewer: Viewer, rule: Rule) -> Card | None:
    """What the rule follows, as far as its owner sees it yet."""
    row = follow_row(viewer, rule.ref) if rule.ref is not None else None
    return row.card if row is not None else None


def _opened(token: str, purpose: bytes) -> bytes:
    return _seal().decrypt(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)), [purpose])


def _seal() -> AESSIV:
    """Deterministic: the same rule has the same link in every mail."""
    return AESSIV(base64.urlsafe_b64decode(derived_key("unsubscribe")))

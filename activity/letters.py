"""Notices by mail: one letter about one source, in its reader's language, with what may be read of it now."""

from collections.abc import Mapping
from datetime import timedelta

from flask import current_app
from sqlalchemy import ColumnElement, select, update

from accounts.viewers import viewer_for
from activity.channels import Handover, Person, channel
from activity.gathering import Group, gathered
from activity.models import Notice
from activity.topics import WATCHING, Cadence, Topic
from activity.unsubscribing import Rule, rule_of_follow, rule_of_topic
from activity.wishes import mail_wanted
from kernel.clock import now
from kernel.db import session
from kernel.i18n import LANG_TAGS, speaking
from kernel.mail import Mail, send_mail
from kernel.mail.delivery import Words, before_delivery, renewed_by
from kernel.refs import Ref, cards, excerpts
from kernel.viewer import Viewer

A_WHILE = timedelta(minutes=5)
EXCERPTS = 5
NOTICES = "notices"


def _by_mail_at_once() -> ColumnElement[bool]:
    return (mail_wanted() == Cadence.AT_ONCE.value) & Notice.mailed_at.is_(None)


@channel("mail", wanted=_by_mail_at_once, after=A_WHILE)
def letter(person: Person, group: Group) -> Handover:
    """A few minutes after the first of them, so that a burst is one letter; what was read until then is not in it."""
    viewer, notices, rule = person.viewer, group.notices, rule_of(group.notices[0])
    words = _words(viewer, group)
    ids, places = [one.id for one in notices], {one.place for one in notices}

    def hand_over() -> None:
        send_mail(
            to=person.email,
            subject=words.subject,
            body=words.body,
            html=words.html,
            kind="notice",
            user_id=viewer.user_id,
            audience=notices[0].audience,
            place=group.card.ref,
            reply_ref=places.pop() if len(places) == 1 else None,
            unsubscribe_url=rule.url,
            made_of={NOTICES: ids},
        )
        noted = update(Notice).where(Notice.id.in_(ids)).values(mailed_at=now())
        session().execute(noted.execution_options(synchronize_session=False))

    return hand_over


@renewed_by(NOTICES)
def letter_of_now(user_id: int, ids: list[int]) -> Words | None:
    """What these notices tell when the mail goes out: a post may have been changed or hidden since it was written."""
    viewer = viewer_for(user_id)
    mine = (Notice.id.in_(ids), Notice.user_id == user_id, Notice.audience.in_(sorted(viewer.audience)))
    notices = session().scalars(select(Notice).where(*mine).order_by(Notice.id.desc())).all()
    with speaking(viewer.locale):
        group = next(iter(gathered(viewer, notices).values()), None)
        return _words(viewer, group) if group is not None else None


def _words(viewer: Viewer, group: Group) -> Words:
    notices = group.notices
    texts = excerpts(viewer, [one.ref for one in notices])
    with speaking(viewer.locale):
        subject = subject_of(group)
        facts = {
            "group": group,
            "subject": subject,
            "excerpts": [(one, texts[one.ref]) for one in reversed(notices[:EXCERPTS]) if one.ref in texts],
            "unsubscribe_url": rule_of(notices[0]).url,
            "html_lang": LANG_TAGS[viewer.locale],
            "base_url": current_app.config["BASE_URL"],
        }
        return Words(subject, *written("notice", facts))


@before_delivery
def fault_of_what_is_told(mail: Mail) -> str:
    """Why a notice must not go out any more: what it tells of is gone, or stands where its reader does not see it now.

    The audience of a mail is that of the day on which it was written; a thread may have moved since.
    """
    if mail.kind != "notice" or not mail.unsubscribe_url or not mail.place:
        return ""
    kind, _colon, number = mail.place.rpartition(":")
    viewer, told = viewer_for(mail.user_id or 0), Ref(kind, int(number))
    with speaking(viewer.locale):
        return "" if told in cards(viewer, [told]) else "no-access"


def written(template: str, facts: Mapping[str, object]) -> tuple[str, str]:
    """A mail as text and as HTML; what pages know of whoever looks at them, a mail does not."""
    text, sheet = (current_app.jinja_env.get_template(f"emails/{template}.{form}") for form in ("txt", "html"))
    return text.render(facts).strip() + "\n", sheet.render(facts)


def subject_of(group: Group) -> str:
    """The title alone where people write to each other: mail programs make one conversation of what is called alike."""
    newest = group.notices[0]
    if newest.event == "post" and newest.source == newest.place:
        return group.card.title
    return f"{group.lines[0].words} · {group.card.title}"


def rule_of(notice: Notice) -> Rule:
    """The rule by which this notice was mailed: what its reader follows, else its topic."""
    if notice.topic == Topic.WATCHED and notice.reason == f"{WATCHING}{notice.source_kind}":
        return rule_of_follow(notice.user_id, Ref(notice.source_kind, notice.source_id))
    return rule_of_topic(notice.user_id, notice.topic)

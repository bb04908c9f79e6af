"""How somebody wants to hear of something: by their own settings, else as is usual. In SQL, and in Python for one."""

from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, func, literal, select

from activity.models import Follow, Notice, NoticeSetting
from activity.topics import USUAL, Cadence, Topic, Wish
from kernel.db import session

SETTING_OF_NOTICE = and_(NoticeSetting.user_id == Notice.user_id, NoticeSetting.topic == Notice.topic)
RULE_OF_NOTICE = and_(
    Notice.topic == Topic.WATCHED.value,
    Follow.user_id == Notice.user_id,
    Follow.kind == Notice.source_kind,
    Follow.ref_id == Notice.source_id,
)


def mail_wanted() -> ColumnElement[str]:
    """When a notice comes by mail: as its rule says, else its topic; over outer joins by the two conditions above."""
    return func.coalesce(Follow.mail, NoticeSetting.mail, _usual("mail"), type_=String())


def push_wanted() -> ColumnElement[bool]:
    """Whether a notice is pushed, over the same joins."""
    return func.coalesce(NoticeSetting.push, _usual("push"))


def wishes_of(user_id: int) -> dict[Topic, Wish]:
    """How this person wants to hear of each topic."""
    rows = session().scalars(select(NoticeSetting).where(NoticeSetting.user_id == user_id))
    own = {row.topic: Wish(bell=row.bell, mail=Cadence(row.mail), push=row.push) for row in rows}
    return {topic: own.get(topic.value, usual) for topic, usual in USUAL.items()}


def channels_of(user_id: int, notice: Notice) -> frozenset[str]:
    """Through which channels this notice may reach this person now, besides digests: of `bell`, `mail` and `push`."""
    wish = wishes_of(user_id)[Topic(notice.topic)]
    mail: str | None = wish.mail
    if notice.topic == Topic.WATCHED:
        rule = select(Follow.mail).where(
            Follow.user_id == user_id, Follow.kind == notice.source_kind, Follow.ref_id == notice.source_id
        )
        mail = session().scalar(rule) or mail
    wanted = {"bell": wish.bell, "mail": mail == Cadence.AT_ONCE, "push": wish.push}
    return frozenset(name for name, is_wanted in wanted.items() if is_wanted)


def _usual(part: str) -> ColumnElement[Any]:
    values = {topic.value: getattr(wish, part) for topic, wish in USUAL.items()}
    kinds = {topic: value.value if isinstance(value, Cadence) else value for topic, value in values.items()}
    return case(*((Notice.topic == topic, literal(value)) for topic, value in kinds.items()))

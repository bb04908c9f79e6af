"""Carrying notices out of the house, when their time has come and as far as they may be read then."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import delete, select

from accounts.models import User
from accounts.viewers import viewer_for
from activity.channels import Channel, Handover, Person, channels
from activity.gathering import Group, gathered
from activity.models import Delivery, Follow, Notice, NoticeSetting
from activity.queries.notices import newest_of
from activity.wishes import RULE_OF_NOTICE, SETTING_OF_NOTICE
from kernel.clock import now
from kernel.db import changed, session
from kernel.i18n import speaking
from kernel.refs import Ref
from kernel.work import reading, unit_apart

PORTION = 25
MOST = 1000  # of one run, so that other work of the worker has its turn


class Due(NamedTuple):
    """A delivery whose time has come."""

    user_id: int
    channel: str
    source_kind: str
    source_id: int


def deliver_due() -> int:
    """Carry what is due; says how many messages were handed over.

    What is said is composed while nobody is held up. Then, in one short unit, the deliveries are claimed and handed
    over: of two workers that composed the same, one finds it claimed.
    """
    handed = 0
    with reading():
        for _round in range(MOST // PORTION):
            due = _due()
            if not due:
                break
            composed = [(one, list(_messages(one))) for one in due]
            with unit_apart():
                handed += sum(_hand_over(one, messages) for one, messages in composed)
    return handed


def _due() -> list[Due]:
    columns = (Delivery.user_id, Delivery.channel, Delivery.source_kind, Delivery.source_id)
    rows = session().execute(select(*columns).where(Delivery.due_at <= now()).order_by(Delivery.due_at).limit(PORTION))
    return [Due(*row) for row in rows]


def _messages(due: Due) -> Iterator[Handover]:
    """What there is to hand over.

    One message for each audience: whether the reader holds it is asked again when the message leaves the house.
    """
    person, way = _person(due.user_id), channels().get(due.channel)
    if person is None or way is None:
        return
    source = Ref(due.source_kind, due.source_id)
    unread = newest_of(person.viewer, [source], unread=True)
    wanted = _wanted(way, [one.id for one in unread])
    for audience in dict.fromkeys(one.audience for one in unread):
        some = [one for one in unread if one.audience == audience and one.id in wanted]
        with speaking(person.viewer.locale):
            group: Group | None = gathered(person.viewer, some).get(source) if some else None
            message = way.compose(person, group) if group is not None else None
        if message is not None:
            yield message


def _wanted(way: Channel, ids: list[int]) -> set[int]:
    """Which of these notices their owner wants to have this way, now."""
    query = (
        select(Notice.id)
        .outerjoin(NoticeSetting, SETTING_OF_NOTICE)
        .outerjoin(Follow, RULE_OF_NOTICE)
        .where(Notice.id.in_(ids), way.wanted())
    )
    return set(session().scalars(query))


def _person(user_id: int) -> Person | None:
    """None for whoever is gone, suspended or not confirmed: nothing is carried to them."""
    row = session().execute(select(User.email, User.email_confirmed_at).where(User.id == user_id)).one_or_none()
    viewer = viewer_for(user_id)
    if row is None or row.email_confirmed_at is None or not viewer.signed_in:
        return None
    return Person(viewer, row.email)


def _hand_over(due: Due, messages: list[Handover]) -> int:
    claim = delete(Delivery).where(
        Delivery.user_id == due.user_id,
        Delivery.channel == due.channel,
        Delivery.source_kind == due.source_kind,
        Delivery.source_id == due.source_id,
    )
    if not changed(claim, synchronize_session=False):
        return 0
    for message in messages:
        message()
    return len(messages)

"""The one door by which people are told of something."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, literal, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from accounts.audience import holds
from accounts.models import User
from activity.channels import channels
from activity.models import Delivery, Follow, Level, Notice, NoticeSetting
from activity.topics import USUAL, WATCHING, topic_of
from activity.upsert import insert_into
from activity.wishes import RULE_OF_NOTICE, SETTING_OF_NOTICE
from kernel.clock import now
from kernel.db import changed, session
from kernel.jobs import enqueue
from kernel.refs import Ref, cards
from kernel.viewer import MEMBERS, PUBLIC, Viewer

AT_ONCE = 1000
PORTION = 2000
FAN_OUT = "activity.fan_out"

Column = ColumnElement[int] | InstrumentedAttribute[int]
Which = Callable[[Column], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class News:
    """What happened to `ref` in `place`, by whom and when, and who may know."""

    event: str
    actor_id: int | None
    ref: Ref
    place: Ref
    audience: str
    at: datetime
    but: tuple[int, ...] = ()


def notify(
    reasons: Mapping[int, str],
    *,
    event: str,
    actor_id: int | None,
    ref: Ref,
    place: Ref,
    audience: str,
    watched: Iterable[Ref] = (),
    but: Iterable[int] = (),
) -> int:
    """Tell each of these people, for the reason given, of what happened to `ref` in `place`.

    Whoever watches one of `watched` is told too, by the worker: there may be any number of them. Never the one who
    did it or is among `but`, nobody who may not see it, nobody who muted the place or the actor, and nobody twice for
    the same event of the same thing. Returns how many were told at once.
    """
    news = News(event, actor_id, ref, place, audience, now(), tuple(but))
    people: dict[str, list[int]] = defaultdict(list)
    for user_id in sorted(reasons):
        people[reasons[user_id]].append(user_id)
    told = 0
    for reason, ids in people.items():
        for start in range(0, len(ids), AT_ONCE):
            told += _tell(news, reason, source=place, who=_one_of(ids[start : start + AT_ONCE]))
    for start in range(0, len(reasons) if told else 0, AT_ONCE):
        _carry(news, _one_of(sorted(reasons)[start : start + AT_ONCE]))
    refs = list(dict.fromkeys(watched))
    if refs and _is_watched(refs):
        enqueue(FAN_OUT, news=_packed(news), watched=[[one.kind, one.id] for one in refs])
    return told


def tell_portion(news: News, watched: Ref, *, after: int) -> int | None:
    """Tell the next of those who watch; says after whom it goes on, or None when nobody is left.

    Done twice it tells nobody twice, so that a worker that was killed begins its portion again.
    """
    portion = (
        select(Follow.user_id)
        .where(*_watches(watched), Follow.user_id > after)
        .order_by(Follow.user_id)
        .limit(PORTION)
        .subquery()
    )
    last, count = session().execute(select(func.max(portion.c.user_id), func.count()).select_from(portion)).one()
    if last is None:
        return None
    who = _watching(watched, after, last)
    if _tell(news, f"{WATCHING}{watched.kind}", source=watched, who=who):
        _carry(news, _between(after, last))
    return last if count == PORTION else None


def is_still_there(news: News) -> bool:
    """Whether those who hold the audience see the thing yet: it may be gone before everybody is told."""
    anybody = Viewer(audience=frozenset({PUBLIC, MEMBERS, news.audience}))
    return news.ref in cards(anybody, [news.ref])


def unpacked(packed: Mapping[str, Any]) -> News:
    """The news out of the payload of a job."""
    facts = dict(packed)
    facts |= {name: Ref(*facts[name]) for name in ("ref", "place")}
    return News(**facts | {"at": datetime.fromisoformat(facts["at"]), "but": tuple(facts["but"])})


def take_back_notices(ref: Ref, *, event: str | None = None) -> None:
    """The occasion has passed, or comes again, or the thing is gone: nobody need hear of it any more."""
    which = [Notice.kind == ref.kind, Notice.ref_id == ref.id]
    if event is not None:
        which.append(Notice.event == event)
    session().execute(delete(Notice).where(*which).execution_options(synchronize_session=False))


def _tell(news: News, reason: str, *, source: Ref, who: Which) -> int:
    """Write the notices of one reason, in one statement over the people as they stand now."""
    topic = topic_of(news.event, reason)
    on_bell = func.coalesce(NoticeSetting.bell, literal(USUAL[topic].bell))
    values = {
        "event": news.event,
        "reason": reason,
        "topic": topic.value,
        "actor_id": news.actor_id,
        "kind": news.ref.kind,
        "ref_id": news.ref.id,
        "place_kind": news.place.kind,
        "place_id": news.place.id,
        "source_kind": source.kind,
        "source_id": source.id,
        "audience": news.audience,
        "created_at": news.at,
    }
    columns = Notice.__table__.c
    listeners: Select[int] = (
        select(User.id, on_bell, *(literal(value, columns[name].type) for name, value in values.items()))
        .outerjoin(NoticeSetting, (NoticeSetting.user_id == User.id) & (NoticeSetting.topic == topic.value))
        .where(
            who(User.id),
            User.id.not_in([news.actor_id or 0, *news.but]),
            User.suspended_at.is_(None),
            holds(literal(news.audience)),
            ~_mutes(news),
        )
    )
    insert = insert_into(Notice).from_select(["user_id", "on_bell", *values], listeners, include_defaults=False)
    return changed(insert.on_conflict_do_nothing(), preserve_rowcount=True)


def _carry(news: News, who: Which) -> None:
    """What was just written goes also by mail, and by other ways, to those who want it so."""
    for way in channels().values():
        waiting = (
            select(
                Notice.user_id,
                literal(way.name),
                Notice.source_kind,
                Notice.source_id,
                literal(now() + way.after, Delivery.due_at.type),
            )
            .join(User, User.id == Notice.user_id)
            .outerjoin(NoticeSetting, SETTING_OF_NOTICE)
            .outerjoin(Follow, RULE_OF_NOTICE)
            .where(
                Notice.kind == news.ref.kind,
                Notice.ref_id == news.ref.id,
                Notice.event == news.event,
                who(Notice.user_id),
                Notice.read_at.is_(None),
                User.email_confirmed_at.is_not(None),
                way.wanted(),
            )
        )
        columns = ["user_id", "channel", "source_kind", "source_id", "due_at"]
        session().execute(insert_into(Delivery).from_select(columns, waiting).on_conflict_do_nothing())


def _one_of(ids: list[int]) -> Which:
    return lambda column: column.in_(ids)


def _between(after: int, last: int) -> Which:
    return lambda column: (column > after) & (column <= last)


def _watching(watched: Ref, after: int, last: int) -> Which:
    inner = select(Follow.user_id).where(*_watches(watched), Follow.user_id > after, Follow.user_id <= last)
    return lambda column: column.in_(inner)


def _watches(watched: Ref) -> tuple[ColumnElement[bool], ...]:
    return Follow.kind == watched.kind, Follow.ref_id == watched.id, Follow.level == Level.WATCHING.value


def _is_watched(refs: list[Ref]) -> bool:
    """Whether it is worth a job."""
    pairs = [(ref.kind, ref.id) for ref in refs]
    anybody = exists().where(tuple_(Follow.kind, Follow.ref_id).in_(pairs), Follow.level == Level.WATCHING.value)
    return bool(session().scalar(select(anybody)))


def _mutes(news: News) -> ColumnElement[bool]:
    """Whether the person of the statement's `user` row muted the place or the actor."""
    is_one: ColumnElement[bool] = (Follow.kind == news.place.kind) & (Follow.ref_id == news.place.id)
    if news.actor_id is not None:
        is_one = or_(is_one, (Follow.kind == "accounts.user") & (Follow.ref_id == news.actor_id))
    muting = select(Follow.user_id).where(Follow.user_id == User.id, Follow.level == Level.MUTED.value, is_one)
    return muting.correlate(User).exists()


def _packed(news: News) -> dict[str, object]:
    facts = asdict(news)
    refs = {name: [facts[name]["kind"], facts[name]["id"]] for name in ("ref", "place")}
    return facts | refs | {"at": news.at.isoformat()}

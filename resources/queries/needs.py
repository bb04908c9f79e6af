"""Needs as they are shown: lists by keyset, one need with what this viewer may see of it, and the viewer's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select

from accounts.models import Grant
from accounts.places import place_name
from accounts.queries import PersonFacts, persons
from accounts.sectors import sector_name
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer
from resources.models import (
    Answer,
    AnswerState,
    Conversation,
    Need,
    NeedReading,
    NeedSector,
    NeedState,
    Visibility,
)
from resources.need_addresses import need_url
from resources.need_words import alias_name, name_of
from resources.policy import owner_known, visible_needs

LIST = 30
REMIND_AFTER = timedelta(days=7)
SLOW_AFTER = timedelta(days=21)
FACETS = ("kind", "sector", "region", "state")
PROVINCE = 2


@dataclass(frozen=True, slots=True)
class NeedRow:
    """A need in a list or on its page. `owner` is None while this viewer may not know whose it is."""

    id: int
    title: str
    url: str
    lang: str
    kind: str
    kind_name: str
    state: str
    state_name: str
    visibility: str
    teaser: str
    sectors: tuple[str, ...]
    place: str
    budget: str
    deadline: date | None
    published_at: datetime | None
    owner: PersonFacts | None
    owner_name: str
    answer_count: int
    waiting_count: int
    is_mine: bool
    is_slow: bool


@dataclass(frozen=True, slots=True)
class NeedWanted:
    """What a list is narrowed to; empty values narrow nothing."""

    kind: str = ""
    sector: str = ""
    region: str = ""
    state: str = NeedState.OPEN.value


@dataclass(frozen=True, slots=True)
class NeedView:
    """Everything that the page of a need shows this viewer. `full` is None while the full text is not to be shown."""

    need: Need
    row: NeedRow
    ip_wish: str
    trl: int | None
    full: dict[str, str] | None
    has_full: bool
    is_open_to_me: bool
    my_answer: Answer | None


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody read the full text."""

    person: PersonFacts
    at: datetime


def need_page(viewer: Viewer, wanted: NeedWanted, *, cursor: str | None = None, limit: int = LIST) -> Page[NeedRow]:
    """Published needs that this viewer sees, the newest first."""
    query = _rows(viewer).where(_listed(viewer), *_narrowed(wanted))
    page = keyset_page(query, keys=[Need.published_at, Need.id], limit=limit, cursor=cursor)
    return Page(_shown(viewer, page.items), page.next)


def my_needs(viewer: Viewer, *, cursor: str | None = None, limit: int = LIST) -> Page[NeedRow]:
    """The viewer's own needs, drafts too, the newest first."""
    query = _rows(viewer).where(Need.owner_id == viewer.me)
    page = keyset_page(query, keys=[Need.id], limit=limit, cursor=cursor)
    return Page(_shown(viewer, page.items), page.next)


def needs_answered(viewer: Viewer, *, limit: int = LIST) -> list[tuple[NeedRow, Answer]]:
    """What the viewer answered, with the state of each, the newest first."""
    query = (
        _rows(viewer)
        .add_columns(Answer)
        .join(Answer, and_(Answer.need_id == Need.id, Answer.author_id == viewer.me))
        .order_by(Answer.id.desc())
        .limit(limit)
    )
    rows = session().execute(query).all()
    return list(zip(_shown(viewer, rows), (row.Answer for row in rows), strict=True))


def rows_by_id(viewer: Viewer, ids: Sequence[int]) -> list[NeedRow]:
    """These needs, in this order, as far as the viewer sees them."""
    if not ids:
        return []
    found = session().execute(_rows(viewer).where(Need.id.in_(ids), _listed(viewer))).all()
    by_id = {row.id: row for row in _shown(viewer, found)}
    return [by_id[number] for number in ids if number in by_id]


def facet_counts(viewer: Viewer, wanted: NeedWanted) -> dict[str, dict[str, int]]:
    """How many needs each value of a facet would show if that facet alone were changed; of what this viewer sees."""
    counts: dict[str, dict[str, int]] = {}
    province = func.substr(Need.region, 1, PROVINCE)
    columns: dict[str, ColumnElement[Any]] = {
        "kind": Need.kind.expression,
        "region": province,
        "state": Need.state.expression,
    }
    for facet, column in columns.items():
        query = select(column, func.count()).where(_listed(viewer), *_narrowed(wanted, but=facet)).group_by(column)
        counts[facet] = {value: count for value, count in session().execute(query) if value}
    query = (
        select(NeedSector.sector, func.count())
        .join(Need, Need.id == NeedSector.need_id)
        .where(_listed(viewer), *_narrowed(wanted, but="sector"))
        .group_by(NeedSector.sector)
    )
    counts["sector"] = {row[0]: row[1] for row in session().execute(query)}
    return counts


def need_view(viewer: Viewer, need_id: int) -> NeedView:
    """One need, or `NotFoundError`."""
    query = _rows(viewer).add_columns(Need, Answer, _my_last_reading(viewer).label("read_at"))
    query = query.outerjoin(Answer, and_(Answer.need_id == Need.id, Answer.author_id == viewer.user_id))
    row = session().execute(query.where(Need.id == need_id, visible_needs(viewer))).first()
    if row is None:
        raise NotFoundError
    need, answer = row.Need, row.Answer
    is_mine = need.owner_id == viewer.user_id
    is_open = is_mine or need.is_full_shown or (answer is not None and answer.opened_at is not None)
    has_read = row.read_at is not None and row.read_at >= need.full_changed_at
    texts = {"problem": need.problem, "constraints": need.constraints, "tried": need.tried}
    return NeedView(
        need=need,
        row=_shown(viewer, [row])[0],
        ip_wish=name_of("ip_wish", need.ip_wish, viewer.locale) if need.ip_wish else "",
        trl=need.trl,
        full=texts if is_mine or need.is_full_shown or (is_open and has_read) else None,
        has_full=any(texts.values()),
        is_open_to_me=is_open,
        my_answer=answer,
    )


def readings(viewer: Viewer, need: Need, *, limit: int = 50) -> list[Reading]:
    """Who read the full text and when, the latest first: for its owner."""
    if need.owner_id != viewer.user_id:
        return []
    rows = session().execute(
        select(NeedReading.user_id, NeedReading.read_at)
        .where(NeedReading.need_id == need.id)
        .order_by(NeedReading.id.desc())
        .limit(limit)
    )
    found = [(row.user_id, row.read_at) for row in rows]
    people = persons({user_id for user_id, _at in found})
    return [Reading(people[user_id], at) for user_id, at in found if user_id in people]


def invited(viewer: Viewer, need: Need) -> list[PersonFacts]:
    """Whom its owner let see it."""
    if need.owner_id != viewer.user_id or need.visibility != Visibility.INVITED:
        return []
    held = select(Grant.user_id).where(Grant.token == f"need:{need.id}", Grant.user_id != need.owner_id)
    return sorted(persons(session().scalars(held)).values(), key=lambda person: person.handle)


def is_slow_person(user_id: int) -> bool:
    """Whether somebody lets others wait for three weeks, as far as everybody may know: anonymous needs do not tell.

    Not even those whose owner is known to one other by now: the page of the need says at the same moment that it is
    slow, and everybody could put the two together.
    """
    anonymous = select(Need.id).where(Need.id == Conversation.subject_id, Need.visibility == Visibility.ANONYMOUS)
    query = select(Conversation.id).where(
        Conversation.owner_id == user_id,
        Conversation.owner_alias == "",
        Conversation.waiting_since < now() - SLOW_AFTER,
        or_(Conversation.subject_kind != "resources.need", ~anonymous.correlate(Conversation).exists()),
    )
    return session().scalar(query.limit(1)) is not None


def _listed(viewer: Viewer) -> ColumnElement[bool]:
    return and_(Need.state != NeedState.DRAFT, visible_needs(viewer))


def _narrowed(wanted: NeedWanted, *, but: str = "") -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.kind and but != "kind":
        conditions.append(Need.kind == wanted.kind)
    if wanted.sector and but != "sector":
        conditions.append(Need.id.in_(select(NeedSector.need_id).where(NeedSector.sector == wanted.sector)))
    if wanted.region and but != "region":
        conditions.append(or_(Need.region == wanted.region, Need.region.like(f"{wanted.region[:4]}%")))
    if wanted.state and wanted.state != "all" and but != "state":
        conditions.append(Need.state == wanted.state)
    return conditions


def _rows(viewer: Viewer) -> Any:
    answers = select(func.count(Answer.id)).where(Answer.need_id == Need.id, Answer.state != AnswerState.WITHDRAWN)
    waiting = select(func.count(Conversation.id)).where(
        Conversation.subject_kind == "resources.need",
        Conversation.subject_id == Need.id,
        Conversation.waiting_since.is_not(None),
    )
    slow = waiting.where(Conversation.waiting_since < now() - SLOW_AFTER)
    known = owner_known(viewer)
    return select(
        Need.id,
        Need.title,
        Need.slug,
        Need.lang,
        Need.kind,
        Need.state,
        Need.visibility,
        Need.teaser,
        Need.sectors,
        Need.region,
        Need.budget,
        Need.deadline,
        Need.published_at,
        Need.alias,
        case((known, Need.owner_id)).label("known_owner_id"),
        (Need.owner_id == viewer.user_id).label("is_mine"),
        answers.correlate(Need).scalar_subquery().label("answer_count"),
        waiting.correlate(Need).scalar_subquery().label("waiting_count"),
        slow.correlate(Need).scalar_subquery().label("slow_count"),
    )


def _my_last_reading(viewer: Viewer) -> Any:
    mine = select(func.max(NeedReading.read_at)).where(
        NeedReading.need_id == Need.id, NeedReading.user_id == viewer.user_id
    )
    return mine.correlate(Need).scalar_subquery()


def _shown(viewer: Viewer, rows: Sequence[Row[Any]]) -> list[NeedRow]:
    people = persons({row.known_owner_id for row in rows if row.known_owner_id is not None})
    locale = viewer.locale
    return [
        NeedRow(
            id=row.id,
            title=row.title,
            url=need_url(row.id, row.slug),
            lang=row.lang,
            kind=row.kind,
            kind_name=name_of("kind", row.kind, locale),
            state=row.state,
            state_name=name_of("state", row.state, locale),
            visibility=row.visibility,
            teaser=row.teaser,
            sectors=tuple(sector_name(sector, locale) for sector in row.sectors),
            place=place_name(row.region, locale) if row.region else "",
            budget=name_of("budget", row.budget, locale) if row.budget else "",
            deadline=row.deadline,
            published_at=row.published_at,
            owner=people.get(row.known_owner_id or 0),
            owner_name=people[row.known_owner_id].name
            if row.known_owner_id in people
            else alias_name(row.alias, locale),
            answer_count=row.answer_count,
            waiting_count=row.waiting_count if row.is_mine else 0,
            is_mine=bool(row.is_mine),
            is_slow=row.slow_count > 0,
        )
        for row in rows
    ]

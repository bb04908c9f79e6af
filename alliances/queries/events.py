"""Events as calendars, lists and pages show them: what the viewer sees now, and nothing else."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select
from sqlalchemy.orm import aliased

from accounts.queries import PersonFacts, persons
from alliances.actions.attending import GOING, WAITING
from alliances.event_loading import event_here
from alliances.event_sight import in_calendar_of, visible_events
from alliances.here import Here, visible_alliances
from alliances.models import Alliance, Attendance, Event, EventAlly, EventLink, EventState, Proposal
from alliances.readers import Readers, readers_of
from alliances.sight import inside
from kernel.clock import now
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.refs import Card, Ref, cards
from kernel.viewer import PUBLIC, Viewer

LIST = 30
MOST_PEOPLE = 500
MOST_IN_FEED = 1_000
FEED_REACHES_BACK = timedelta(days=400)
GROUP = ":group"

Host = aliased(Alliance, name="host")

# When it begins; what has no time yet comes after everything that has.
_BEGINS = func.coalesce(Event.starts_at, literal(datetime(9999, 1, 1, tzinfo=UTC), Event.starts_at.type))


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event in a calendar; `host` is whose it is, `url` where it stands for those in `here`."""

    id: int
    title: str
    url: str
    host_name: str
    host_id: int
    place: str
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    timezone: str
    is_public: bool
    my_answer: str
    has_minutes: bool


@dataclass(frozen=True, slots=True)
class AskedRow:
    """An event that another alliance wants to hold together with this one, and that nobody answered yet."""

    event_id: int
    title: str
    host_name: str
    host_url: str
    starts_at: datetime | None
    message: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class AllyRow:
    """An alliance that was asked to hold an event together."""

    id: int
    name: str
    url: str
    answer: str
    is_accepted: bool
    is_refused: bool


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Somebody who comes, or waits for a place."""

    person: PersonFacts
    state: str
    was_there: bool | None


@dataclass(frozen=True, slots=True)
class EventView:
    """An event with all that hangs on it and that this viewer sees."""

    row: EventRow
    event: Event
    html: Markup
    minutes_html: Markup
    author: PersonFacts
    readers: Readers
    going: int
    waiting: int
    people: list[PlaceRow]
    allies: list[AllyRow]
    links: list[Card]
    poll: Proposal | None


def next_events(viewer: Viewer, here: Here, limit: int = 3) -> list[EventRow]:
    """What comes next in this alliance's calendar, or still looks for a time. One query."""
    query = _in_here(viewer, here).where(~_is_over(), Event.state != EventState.CANCELLED)
    soonest = query.order_by(_BEGINS, Event.id).limit(limit)
    return [_row(row, viewer, here.alliance) for row in session().execute(soonest)]


def event_page(
    viewer: Viewer,
    here: Here,
    *,
    is_past: bool = False,
    group_id: int | None = None,
    cursor: str | None = None,
    limit: int = LIST,
) -> Page[EventRow]:
    """The calendar from now on, the soonest first; or what is over, the latest first."""
    query = _in_here(viewer, here).where(_is_over() if is_past else ~_is_over())
    if group_id is not None:
        query = query.where(Event.group_id == group_id)
    page = keyset_page(query, keys=[_BEGINS, Event.id], limit=limit, cursor=cursor, descending=is_past)
    return page.map(lambda row: _row(row, viewer, here.alliance))


def event_view(viewer: Viewer, here: Here, event_id: int) -> EventView:
    """An event; who comes is shown to those who are inside of one of its alliances."""
    event = event_here(here, event_id)
    row = session().execute(_statement(viewer).where(Event.id == event.id)).one()
    counts = dict(
        session()
        .execute(
            select(Attendance.state, func.count()).where(Attendance.event_id == event.id).group_by(Attendance.state)
        )
        .all()
    )
    people = _people(event) if here.is_inside or event.audience != PUBLIC else []
    return EventView(
        row=_row(row, viewer, here.alliance),
        event=event,
        html=Markup(event.body_html),  # noqa: S704 - cooked and sanitised when it was stored
        minutes_html=Markup(event.minutes_html),  # noqa: S704 - the same
        author=persons([event.created_by_id])[event.created_by_id],
        readers=readers_of(row.host, event.audience),
        going=counts.get(GOING, 0),
        waiting=counts.get(WAITING, 0),
        people=people,
        allies=_allies(viewer, event, is_host=event.alliance_id == here.alliance.id),
        links=_links(viewer, event),
        poll=_poll(viewer, event),
    )


def ally_id_of(event: Event, slug: str) -> int:
    """The alliance of this address that was asked to hold the event together; else 0, which is nobody."""
    asked = (
        select(Alliance.id)
        .join(EventAlly, EventAlly.alliance_id == Alliance.id)
        .where(EventAlly.event_id == event.id, Alliance.slug == slug)
    )
    return session().scalar(asked) or 0


def asked_of(here: Here) -> list[AskedRow]:
    """What other alliances ask this one to hold with them, for those who may answer."""
    rows = session().execute(
        select(EventAlly, Event, Host)
        .join(Event, Event.id == EventAlly.event_id)
        .join(Host, Host.id == Event.alliance_id)
        .where(
            EventAlly.alliance_id == here.alliance.id,
            EventAlly.accepted_at.is_(None),
            EventAlly.refused_at.is_(None),
            Event.state.in_((EventState.PLANNED, EventState.POLLING)),
        )
        .order_by(EventAlly.asked_at)
        .limit(LIST)
    )
    return [
        AskedRow(
            event_id=event.id,
            title=event.title,
            host_name=host.name_in(here.viewer.locale),
            host_url=host.url,
            starts_at=event.starts_at,
            message=asked.message,
            asked_at=asked.asked_at,
        )
        for asked, event, host in rows
    ]


def feed_of_alliance(viewer: Viewer, here: Here) -> list[tuple[Event, Alliance]]:
    """What stands in the calendar of an alliance, as far as this viewer sees it."""
    return _feed(viewer, in_calendar_of(here.alliance.id))


def feed_of_person(viewer: Viewer) -> list[tuple[Event, Alliance]]:
    """What stands in the calendars of all alliances in which the viewer is, and what they signed up for elsewhere."""
    signed_up = select(Attendance.event_id).where(
        Attendance.user_id == viewer.me, Attendance.state.in_((GOING, WAITING))
    )
    groups = [token for token in viewer.audience if GROUP in token]  # experts see their group, and no alliance
    return _feed(viewer, in_calendar_of(*inside(viewer)) | Event.id.in_(signed_up) | Event.audience.in_(sorted(groups)))


def one_for_calendar(here: Here, event_id: int) -> tuple[Event, Alliance]:
    """A single event with its host."""
    event = event_here(here, event_id)
    return event, session().get_one(Alliance, event.alliance_id)


def _feed(viewer: Viewer, which: ColumnElement[bool]) -> list[tuple[Event, Alliance]]:
    rows = session().execute(
        select(Event, Host)
        .join(Host, Host.id == Event.alliance_id)
        .where(which, visible_events(viewer), Event.starts_at >= now() - FEED_REACHES_BACK)
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(MOST_IN_FEED)
    )
    return [(event, host) for event, host in rows]


def _statement(viewer: Viewer) -> Select[Any]:
    columns: list[Any] = [Event, Host, Attendance.state.label("my_answer")]
    return (
        select(*columns)
        .join(Host, Host.id == Event.alliance_id)
        .outerjoin(Attendance, and_(Attendance.event_id == Event.id, Attendance.user_id == viewer.user_id))
        .where(visible_events(viewer))
    )


def _in_here(viewer: Viewer, here: Here) -> Select[Any]:
    return _statement(viewer).where(in_calendar_of(here.alliance.id))


def _is_over() -> ColumnElement[bool]:
    """Its time has passed, or it will never have one."""
    return or_(
        Event.ends_at < now(), and_(Event.ends_at.is_(None), Event.state.in_((EventState.CANCELLED, EventState.HELD)))
    ).is_(True)


def _row(row: Row[Any], viewer: Viewer, here: Alliance) -> EventRow:
    event, host = row.Event, row.host
    return EventRow(
        id=event.id,
        title=event.title,
        url=f"{here.url}/events/{event.id}",
        host_name=host.name_in(viewer.locale),
        host_id=host.id,
        place=event.place,
        state=_state(event),
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        timezone=event.timezone,
        is_public=event.audience == PUBLIC,
        my_answer=row.my_answer or "",
        has_minutes=event.minutes_at is not None,
    )


def _state(event: Event) -> str:
    """What is over was held, even when nobody has written its minutes."""
    is_over = event.ends_at is not None and event.ends_at < now()
    return EventState.HELD.value if event.state == EventState.PLANNED and is_over else str(event.state)


def _people(event: Event) -> list[PlaceRow]:
    rows = session().scalars(
        select(Attendance)
        .where(Attendance.event_id == event.id, Attendance.state.in_((GOING, WAITING)))
        .order_by(Attendance.state, Attendance.at, Attendance.user_id)
        .limit(MOST_PEOPLE)
    )
    found = rows.all()
    people = persons(row.user_id for row in found)
    return [PlaceRow(people[row.user_id], row.state, row.was_there) for row in found]


def _allies(viewer: Viewer, event: Event, *, is_host: bool) -> list[AllyRow]:
    """Who holds it together; whom the host asked besides, the host alone sees."""
    query = select(EventAlly, Alliance).join(Alliance, Alliance.id == EventAlly.alliance_id)
    query = query.where(EventAlly.event_id == event.id, visible_alliances(viewer)).order_by(EventAlly.asked_at)
    if not is_host or event.alliance_id not in inside(viewer):
        query = query.where(EventAlly.accepted_at.is_not(None))
    return [
        AllyRow(
            id=ally.id,
            name=ally.name_in(viewer.locale),
            url=ally.url,
            answer=asked.answer if is_host else "",
            is_accepted=asked.accepted_at is not None,
            is_refused=asked.refused_at is not None,
        )
        for asked, ally in session().execute(query)
    ]


def _links(viewer: Viewer, event: Event) -> list[Card]:
    refs = [
        Ref(link.kind, link.ref_id)
        for link in session().scalars(
            select(EventLink).where(EventLink.event_id == event.id).order_by(EventLink.kind, EventLink.ref_id)
        )
    ]
    seen = cards(viewer, refs)
    return [seen[ref] for ref in refs if ref in seen]


def _poll(viewer: Viewer, event: Event) -> Proposal | None:
    if event.proposal_id is None or event.state != EventState.POLLING:
        return None
    return session().scalar(
        select(Proposal).where(Proposal.id == event.proposal_id, Proposal.audience.in_(sorted(viewer.audience)))
    )

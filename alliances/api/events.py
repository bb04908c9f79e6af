"""Events: planned, moved and cancelled; who comes, what was said, and what hangs on them."""

from accounts.queries import ids_by_handle
from alliances.actions import attending, events
from alliances.actions.resolutions import resolution_at
from alliances.addresses import api_url
from alliances.event_loading import event_here
from alliances.here import Here, here_at
from alliances.policy import AllianceRight
from alliances.proposal_loading import proposal_at
from alliances.queries.documents import document_of
from alliances.queries.events import event_page, event_view
from alliances.readers import group_here, readers_of
from alliances.schemas.events import (
    AttendanceShown,
    EventChange,
    EventGiven,
    EventItem,
    EventList,
    EventQuery,
    EventShown,
    MinutesGiven,
    PresenceGiven,
)
from alliances.schemas.shapes import ReasonGiven
from kernel.api import Answer, endpoint, room
from kernel.errors import NotFoundError
from kernel.limits import POSTING
from kernel.refs import Ref
from kernel.rooms import id_of
from kernel.viewer import Viewer

EVENTS = "/alliances/<slug>/events"
ONE = f"{EVENTS}/<int:event_id>"
LINK = f"{ONE}/links/<any(documents,proposals,resolutions):kind>/<name>"


@endpoint(room, "GET", EVENTS, may=AllianceRight.READ, query=EventQuery, answers={200: EventList})
def list_alliance_events(viewer: Viewer, *, slug: str, query: EventQuery) -> EventList:
    """The calendar of an alliance, or of one of its working groups, as far as you see it."""
    here = here_at(viewer, slug)
    group_here(here, query.group_id)
    page = event_page(viewer, here, is_past=query.past, group_id=query.group_id, cursor=query.cursor, limit=query.limit)
    return EventList(items=[EventItem.of(row) for row in page.items], next=page.next)


@endpoint(
    room,
    "POST",
    EVENTS,
    may=AllianceRight.HOLD_EVENT,
    body=EventGiven,
    answers={201: EventShown},
    limit=POSTING,
    refusals=(409,),
)
def post_alliance_event(viewer: Viewer, *, slug: str, body: EventGiven) -> Answer:
    """Plan an event at a fixed time, or open a vote on several."""
    made = events.plan_event(viewer, slug=slug, facts=body.facts, group_id=body.group_id, poll_days=body.poll_days)
    return Answer(_shown(viewer, slug, made.id), 201, api_url(slug, "events", made.id))


@endpoint(room, "GET", ONE, may=AllianceRight.READ, answers={200: EventShown})
def get_alliance_event(viewer: Viewer, *, slug: str, event_id: int) -> EventShown:
    """An event with who comes, its minutes, and what hangs on it."""
    return _shown(viewer, slug, event_id)


@endpoint(
    room,
    "PATCH",
    ONE,
    may=AllianceRight.HOLD_EVENT,
    body=EventChange,
    answers={200: EventShown},
    limit=POSTING,
    refusals=(409,),
)
def patch_alliance_event(viewer: Viewer, *, slug: str, event_id: int, body: EventChange) -> EventShown:
    """Change what is said of an event, or move it."""
    here = here_at(viewer, slug)
    found = event_here(here, event_id)
    facts = body.over(found, readers=readers_of(here.alliance, found.audience))
    events.change_event(viewer, slug=slug, event_id=event_id, facts=facts)
    return _shown(viewer, slug, event_id)


@endpoint(
    room,
    "PUT",
    f"{ONE}/cancelled",
    may=AllianceRight.HOLD_EVENT,
    body=ReasonGiven,
    answers={200: EventShown},
    refusals=(409,),
)
def put_alliance_event_cancelled(viewer: Viewer, *, slug: str, event_id: int, body: ReasonGiven) -> EventShown:
    """It does not take place; those who signed up are told why."""
    events.cancel_event(viewer, slug=slug, event_id=event_id, reason=body.reason)
    return _shown(viewer, slug, event_id)


@endpoint(
    room,
    "PUT",
    f"{ONE}/attendance",
    may=AllianceRight.ATTEND,
    answers={200: AttendanceShown},
    refusals=(409,),
)
def put_alliance_attendance(viewer: Viewer, *, slug: str, event_id: int) -> AttendanceShown:
    """Come; when all places are taken, wait for one."""
    return AttendanceShown(state=attending.attend(viewer, slug=slug, event_id=event_id, comes=True).state)


@endpoint(
    room,
    "DELETE",
    f"{ONE}/attendance",
    may=AllianceRight.ATTEND,
    answers={200: AttendanceShown},
    refusals=(409,),
)
def delete_alliance_attendance(viewer: Viewer, *, slug: str, event_id: int) -> AttendanceShown:
    """Do not come; whoever waits longest has the place."""
    return AttendanceShown(state=attending.attend(viewer, slug=slug, event_id=event_id, comes=False).state)


@endpoint(
    room,
    "PUT",
    f"{ONE}/minutes",
    may=AllianceRight.HOLD_EVENT,
    body=MinutesGiven,
    answers={200: EventShown},
    limit=POSTING,
    refusals=(409,),
)
def put_alliance_event_minutes(viewer: Viewer, *, slug: str, event_id: int, body: MinutesGiven) -> EventShown:
    """What was said and agreed, once it has begun."""
    events.write_minutes(viewer, slug=slug, event_id=event_id, text=body.text)
    return _shown(viewer, slug, event_id)


@endpoint(
    room,
    "PUT",
    f"{ONE}/presence",
    may=AllianceRight.HOLD_EVENT,
    body=PresenceGiven,
    answers={200: EventShown},
    refusals=(409,),
)
def put_alliance_event_presence(viewer: Viewer, *, slug: str, event_id: int, body: PresenceGiven) -> EventShown:
    """Who of those who had a place was there; everybody else was not."""
    events.mark_present(viewer, slug=slug, event_id=event_id, user_ids=ids_by_handle(body.handles))
    return _shown(viewer, slug, event_id)


@endpoint(room, "PUT", LINK, may=AllianceRight.HOLD_EVENT, answers={200: EventShown}, refusals=(409,))
def put_alliance_event_link(viewer: Viewer, *, slug: str, event_id: int, kind: str, name: str) -> EventShown:
    """Hang a document by its id, a proposal by its number, or a resolution such as 2026-3 on it."""
    events.link_to_event(viewer, slug=slug, event_id=event_id, ref=_ref(here_at(viewer, slug), kind, name))
    return _shown(viewer, slug, event_id)


@endpoint(room, "DELETE", LINK, may=AllianceRight.HOLD_EVENT, answers={204: None}, refusals=(409,))
def delete_alliance_event_link(viewer: Viewer, *, slug: str, event_id: int, kind: str, name: str) -> None:
    """Take it off again."""
    events.unlink_from_event(viewer, slug=slug, event_id=event_id, ref=_ref(here_at(viewer, slug), kind, name))


def _ref(here: Here, kind: str, name: str) -> Ref:
    """What is called so in this alliance, as far as the viewer sees it."""
    if kind == "resolutions":
        return Ref("alliances.resolution", resolution_at(here, name).id)
    number = id_of(name)
    if number is None:
        raise NotFoundError
    if kind == "proposals":
        return Ref("alliances.proposal", proposal_at(here, number).id)
    return Ref("alliances.document", document_of(here.viewer, here, number).id)


def _shown(viewer: Viewer, slug: str, event_id: int) -> EventShown:
    return EventShown.of_view(event_view(viewer, here_at(viewer, slug), event_id))

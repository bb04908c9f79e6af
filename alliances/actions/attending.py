"""Who comes: as many as there are places, the others wait in the order in which they came."""

from sqlalchemy import func, select

from accounts.events import GrantChanged
from accounts.viewers import viewer_for
from alliances.event_loading import event_here
from alliances.event_sight import visible_events
from alliances.events import PlaceFreed
from alliances.here import here_at
from alliances.models import LIVING, Alliance, Attendance, Event, EventState
from alliances.policy import AllianceRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError
from kernel.events import emit, subscribe
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

GOING, WAITING, DECLINED = "going", "waiting", "declined"


def attend(viewer: Viewer, *, slug: str, event_id: int, comes: bool) -> Attendance:
    """Take a place or wait for one; or say that one does not come, which lets the next one in.

    The row of the event is held: of two who want the last place, one gets it.
    """
    event = event_here(here_at(viewer, slug), event_id, hold=True)
    authorise(viewer, AllianceRight.ATTEND, event)
    host = session().get_one(Alliance, event.alliance_id)
    if host.state not in LIVING:
        raise ConflictError(_("Nothing changes in this alliance now: it is not active."))
    if event.state != EventState.PLANNED or event.ends_at is None or event.ends_at <= now():
        raise ConflictError(_("One can sign up for what is planned and not over."))
    mine = session().get(Attendance, (event.id, viewer.me), populate_existing=True)
    if mine is not None and (mine.state in (GOING, WAITING)) == comes:
        return mine
    if mine is None:
        mine = Attendance(event_id=event.id, user_id=viewer.me, state=DECLINED)
        session().add(mine)
    had_place = mine.state == GOING
    mine.state, mine.at = (_place(event) if comes else DECLINED), now()
    session().flush()
    if had_place:
        fill_places(event)
    return mine


@subscribe(GrantChanged)
def give_up_places(change: GrantChanged) -> None:
    """Whoever does not see an event any more, because they left, comes no more either: others get their places."""
    if change.is_held or not change.token.startswith("alliance:"):
        return
    session().flush()
    lost = (
        select(Event, Attendance)
        .join(Attendance, Attendance.event_id == Event.id)
        .where(
            Attendance.user_id == change.user_id,
            Attendance.state.in_((GOING, WAITING)),
            Event.state == EventState.PLANNED,
            Event.ends_at > now(),
            ~visible_events(viewer_for(change.user_id)),
        )
        .order_by(Event.id)
        .with_for_update(of=Event)
    )
    for event, mine in session().execute(lost).all():
        mine.state, mine.at = DECLINED, now()
        session().flush()
        fill_places(event)


def fill_places(event: Event) -> None:
    """Let those who wait have the places that are free, in the order in which they came; the event is held."""
    waiting = (
        select(Attendance)
        .where(Attendance.event_id == event.id, Attendance.state == WAITING)
        .order_by(Attendance.at, Attendance.user_id)
    )
    if event.capacity is not None:
        waiting = waiting.limit(max(event.capacity - _taken(event), 0))
    moved = session().scalars(waiting).all()
    for row in moved:
        row.state = GOING
    session().flush()
    for row in moved:
        emit(PlaceFreed(event.id, row.user_id))


def _place(event: Event) -> str:
    return GOING if event.capacity is None or _taken(event) < event.capacity else WAITING


def _taken(event: Event) -> int:
    going = select(func.count()).where(Attendance.event_id == event.id, Attendance.state == GOING)
    return session().scalar(going) or 0

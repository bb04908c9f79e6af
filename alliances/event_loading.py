"""Loading events that are to be changed: through what the viewer may see, held until the transaction ends."""

from sqlalchemy import select

from alliances.event_sight import in_calendar_of, visible_events
from alliances.here import Here, here_at
from alliances.models import Event
from alliances.policy import AllianceRight
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.policy import authorise
from kernel.viewer import Viewer


def event_here(here: Here, event_id: int, *, hold: bool = False) -> Event:
    """An event in the calendar of this alliance, whoever its host is."""
    query = select(Event).where(Event.id == event_id, in_calendar_of(here.alliance.id), visible_events(here.viewer))
    if hold:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session().scalar(query)
    if found is None:
        raise NotFoundError
    return found


def event_to_hold(viewer: Viewer, slug: str, event_id: int) -> tuple[Here, Event]:
    """An event whose host this alliance is and which the viewer may change; alliance and event are held."""
    here = here_at(viewer, slug, hold=True)
    event = event_here(here, event_id, hold=True)
    if event.alliance_id != here.alliance.id:
        raise NotFoundError
    authorise(viewer, AllianceRight.HOLD_EVENT, (here, event.group_id))
    return here, event

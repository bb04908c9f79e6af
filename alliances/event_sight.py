"""Who sees an event: whoever holds its token, and the members of every alliance that holds it with the host."""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from alliances.here import seen_by
from alliances.models import Alliance, Event, EventAlly
from alliances.sight import inside
from kernel.viewer import Viewer

_host = aliased(Alliance)


def visible_events(viewer: Viewer) -> ColumnElement[bool]:
    """The one condition of sight: no event is seen by more people than its host is."""
    host = select(_host.id).where(_host.id == Event.alliance_id, seen_by(viewer, _host)).correlate(Event)
    seen = and_(Event.audience.in_(sorted(viewer.audience)), host.exists())
    mine = inside(viewer)
    return or_(seen, held_together(mine)) if mine else seen


def held_together(alliance_ids: list[int]) -> ColumnElement[bool]:
    """Events that one of these alliances holds together with their host."""
    return Event.id.in_(
        select(EventAlly.event_id).where(EventAlly.alliance_id.in_(alliance_ids), EventAlly.accepted_at.is_not(None))
    )


def in_calendar_of(*alliance_ids: int) -> ColumnElement[bool]:
    """Events that one of these alliances holds, alone or with others."""
    return or_(Event.alliance_id.in_(alliance_ids), held_together(list(alliance_ids)))

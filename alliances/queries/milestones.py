"""Milestones, by the day on which they are due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from alliances.here import Here
from alliances.models import Call, Group, Milestone, MilestoneState
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.viewer import Viewer

MOST = 200


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """A milestone in a list, with where it belongs."""

    id: int
    title: str
    due_at: datetime | None
    state: str
    note: str
    ended_at: datetime | None
    is_late: bool
    group_id: int | None
    group_name: str
    call_id: int | None
    call_title: str


def milestones(viewer: Viewer, here: Here) -> list[MilestoneRow]:
    """All of the alliance that the viewer sees, its groups' and its calls' too. One query."""
    return _rows(viewer, Milestone.alliance_id == here.alliance.id)


def milestones_of_group(viewer: Viewer, group_id: int) -> list[MilestoneRow]:
    """Those of a working group."""
    return _rows(viewer, Milestone.group_id == group_id)


def milestones_of_call(viewer: Viewer, call_id: int) -> list[MilestoneRow]:
    """Those of an awarded call."""
    return _rows(viewer, Milestone.call_id == call_id)


def milestone_at(viewer: Viewer, here: Here, milestone_id: int) -> MilestoneRow:
    """One of this alliance that the viewer sees."""
    found = _rows(viewer, (Milestone.alliance_id == here.alliance.id) & (Milestone.id == milestone_id))
    if not found:
        raise NotFoundError
    return found[0]


def next_milestones(rows: Iterable[MilestoneRow], limit: int = 3) -> list[MilestoneRow]:
    """What is still to be reached, the soonest first."""
    return [row for row in rows if row.state == MilestoneState.PLANNED][:limit]


def _rows(viewer: Viewer, which: ColumnElement[bool]) -> list[MilestoneRow]:
    found = session().execute(
        select(Milestone, Group.name, Call.title)
        .outerjoin(Group, Group.id == Milestone.group_id)
        .outerjoin(Call, Call.id == Milestone.call_id)
        .where(which, Milestone.audience.in_(sorted(viewer.audience)))
        .order_by(Milestone.due_at.is_(None), Milestone.due_at, Milestone.id)
        .limit(MOST)
    )
    return [
        MilestoneRow(
            id=one.id,
            title=one.title,
            due_at=one.due_at,
            state=one.state,
            note=one.note,
            ended_at=one.ended_at,
            is_late=one.state == MilestoneState.PLANNED and one.due_at is not None and one.due_at < now(),
            group_id=one.group_id,
            group_name=group or "",
            call_id=one.call_id,
            call_title=call or "",
        )
        for one, group, call in found
    ]

"""Milestones: what should be there by a day, of the alliance, of a working group, or of an awarded call."""

from datetime import date, datetime, time

from alliances.call_loading import call_here
from alliances.here import Here, here_at
from alliances.log import note
from alliances.messages import one_line, said
from alliances.models import Call, CallState, Milestone, MilestoneState
from alliances.policy import AllianceRight
from alliances.readers import group_here
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.i18n import zone
from kernel.policy import authorise
from kernel.viewer import PUBLIC, Viewer
from kernel.words import gettext as _

LONGEST_TITLE = 200
LAST_YEAR = 2200


def set_milestone(
    viewer: Viewer,
    *,
    slug: str,
    title: str,
    due_on: date | None = None,
    group_id: int | None = None,
    call_id: int | None = None,
) -> Milestone:
    """Set one; a day is over when it is over where the viewer lives."""
    here = here_at(viewer, slug, hold=True)
    call = call_here(here, call_id, hold=True) if call_id is not None else None
    group = group_here(here, group_id, only_open=True) if call is None else None
    _authorise(here, group_id if group else None, call)
    if call is not None and call.state not in (CallState.AWARDED, CallState.RUNNING):
        raise ConflictError(_("An awarded call has milestones, until it is closed."))
    audience = group.token if group else call.audience if call else here.alliance.everybody
    milestone = Milestone(
        alliance_id=here.alliance.id,
        group_id=group.id if group else None,
        call_id=call.id if call else None,
        title=one_line(title, field="title", longest=LONGEST_TITLE),
        due_at=_end_of(due_on, viewer.timezone) if due_on else None,
        audience=audience,
        created_by_id=viewer.me,
    )
    session().add(milestone)
    session().flush()
    _note(here, milestone, "milestone-set")
    return milestone


def end_milestone(
    viewer: Viewer, *, slug: str, milestone_id: int, state: MilestoneState, comment: str = ""
) -> Milestone:
    """It was reached, or is dropped; why, when it is dropped. Twice is once."""
    here = here_at(viewer, slug, hold=True)
    milestone = session().get(Milestone, milestone_id, populate_existing=True)
    if milestone is None or milestone.alliance_id != here.alliance.id or not here.holds(milestone.audience):
        raise NotFoundError
    call = call_here(here, milestone.call_id) if milestone.call_id else None
    _authorise(here, milestone.group_id, call)
    if milestone.state == state:
        return milestone
    if milestone.state != MilestoneState.PLANNED or state is MilestoneState.PLANNED:
        raise ConflictError(_("This milestone has ended already."))
    milestone.note = said(comment, field="comment", needed=state is MilestoneState.DROPPED)
    milestone.state, milestone.ended_at = state.value, now()
    session().flush()
    _note(here, milestone, f"milestone-{state.value}")
    return milestone


def _authorise(here: Here, group_id: int | None, call: Call | None) -> None:
    if call is not None:
        authorise(here.viewer, AllianceRight.RUN_CALL, here)
    elif group_id is not None:
        authorise(here.viewer, AllianceRight.GROUP, (here, group_id))
    else:
        authorise(here.viewer, AllianceRight.EDIT, here)


def _end_of(day: date, timezone: str) -> datetime:
    if not now().year - 1 <= day.year < LAST_YEAR:
        raise InvalidError(_("Please look at the marked fields."), errors={"due_on": _("Choose another day.")})
    return datetime.combine(day, time(23, 59), tzinfo=zone(timezone))


def _note(here: Here, milestone: Milestone, act: str) -> None:
    reads = here.alliance.everybody if milestone.audience == PUBLIC else milestone.audience
    due = milestone.due_at.isoformat() if milestone.due_at else None
    note(here.alliance, act, actor=here.viewer, audience=reads, title=milestone.title, due=due)

"""Milestones of an alliance, its working groups and its awarded calls."""

from alliances.actions import milestones as actions
from alliances.addresses import api_url
from alliances.here import here_at
from alliances.models import MilestoneState
from alliances.policy import AllianceRight
from alliances.queries.milestones import milestone_at, milestones
from alliances.schemas.milestones import EndGiven, MilestoneGiven, MilestoneList, MilestoneShown
from kernel.api import Answer, endpoint, room
from kernel.viewer import Viewer

MILESTONES = "/alliances/<slug>/milestones"
ONE = f"{MILESTONES}/<int:milestone_id>"


@endpoint(room, "GET", MILESTONES, may=AllianceRight.READ, answers={200: MilestoneList})
def list_alliance_milestones(viewer: Viewer, *, slug: str) -> MilestoneList:
    """What should be there by a day, as far as you see it."""
    return MilestoneList(items=[MilestoneShown.of(row) for row in milestones(viewer, here_at(viewer, slug))])


@endpoint(
    room,
    "POST",
    MILESTONES,
    may=AllianceRight.READ_INSIDE,
    body=MilestoneGiven,
    answers={201: MilestoneShown},
    refusals=(409,),
)
def post_alliance_milestone(viewer: Viewer, *, slug: str, body: MilestoneGiven) -> Answer:
    """Set one; its day is over when it is over where you live."""
    made = actions.set_milestone(
        viewer, slug=slug, title=body.title, due_on=body.due_on, group_id=body.group_id, call_id=body.call_id
    )
    return Answer(_shown(viewer, slug, made.id), 201, api_url(slug, "milestones", made.id))


@endpoint(room, "GET", ONE, may=AllianceRight.READ, answers={200: MilestoneShown})
def get_alliance_milestone(viewer: Viewer, *, slug: str, milestone_id: int) -> MilestoneShown:
    """One milestone."""
    return _shown(viewer, slug, milestone_id)


@endpoint(
    room,
    "PUT",
    f"{ONE}/<any(reached,dropped):state>",
    may=AllianceRight.READ_INSIDE,
    body=EndGiven,
    answers={200: MilestoneShown},
    refusals=(409,),
)
def put_alliance_milestone_state(
    viewer: Viewer, *, slug: str, milestone_id: int, state: str, body: EndGiven
) -> MilestoneShown:
    """It was reached, or is dropped, and why."""
    actions.end_milestone(viewer, slug=slug, milestone_id=milestone_id, state=MilestoneState(state), comment=body.note)
    return _shown(viewer, slug, milestone_id)


def _shown(viewer: Viewer, slug: str, milestone_id: int) -> MilestoneShown:
    return MilestoneShown.of(milestone_at(viewer, here_at(viewer, slug), milestone_id))

"""Events that several alliances hold: the host asks, the other one answers, and either ends it."""

from alliances.actions import event_allies
from alliances.event_loading import event_here
from alliances.here import here_at
from alliances.policy import AllianceRight
from alliances.queries.events import ally_id_of, asked_of, event_view
from alliances.schemas.events import AskedList, AskedShown, EventShown
from alliances.schemas.shapes import MessageGiven
from kernel.api import Answer, endpoint, room
from kernel.policy import authorise
from kernel.viewer import Viewer

ALLY = "/alliances/<slug>/events/<int:event_id>/allies/<ally>"
JOINT = "/alliances/<slug>/joint-events"


@endpoint(
    room,
    "PUT",
    ALLY,
    may=AllianceRight.HOLD_EVENT,
    body=MessageGiven,
    answers={200: EventShown},
    refusals=(409,),
)
def put_alliance_event_ally(viewer: Viewer, *, slug: str, event_id: int, ally: str, body: MessageGiven) -> EventShown:
    """Ask another alliance, by what stands last in its address, to hold the event together."""
    event_allies.ask_ally(viewer, slug=slug, event_id=event_id, ally=ally, message=body.message)
    return _shown(viewer, slug, event_id)


@endpoint(room, "DELETE", ALLY, may=AllianceRight.HOLD_EVENT, answers={204: None}, refusals=(409,))
def delete_alliance_event_ally(viewer: Viewer, *, slug: str, event_id: int, ally: str) -> None:
    """The other alliance is no part of it any more, or is not asked any more."""
    event = event_here(here_at(viewer, slug), event_id)
    event_allies.part_with_ally(viewer, slug=slug, event_id=event_id, ally_id=ally_id_of(event, ally))


@endpoint(room, "GET", JOINT, may=AllianceRight.HOLD_EVENT, answers={200: AskedList})
def list_alliance_joint_events(viewer: Viewer, *, slug: str) -> AskedList:
    """What other alliances ask yours to hold with them, and nobody has answered."""
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.HOLD_EVENT, (here, None))
    return AskedList(items=[AskedShown.of(row) for row in asked_of(here)])


@endpoint(
    room,
    "PUT",
    f"{JOINT}/<int:event_id>/<any(accepted,refused):answer>",
    may=AllianceRight.HOLD_EVENT,
    body=MessageGiven,
    answers={200: EventShown, 204: None},
    refusals=(409,),
)
def put_alliance_joint_event(
    viewer: Viewer, *, slug: str, event_id: int, answer: str, body: MessageGiven
) -> EventShown | Answer:
    """Answer for the alliance that was asked: an accepted event stands in its calendar, too; 204 for a refused one."""
    accept = answer == "accepted"
    event_allies.answer_ally(viewer, slug=slug, event_id=event_id, accept=accept, message=body.message)
    return _shown(viewer, slug, event_id) if accept else Answer(None, 204)


@endpoint(room, "DELETE", f"{JOINT}/<int:event_id>", may=AllianceRight.HOLD_EVENT, answers={204: None}, refusals=(409,))
def delete_alliance_joint_event(viewer: Viewer, *, slug: str, event_id: int) -> None:
    """Your alliance is no part of it any more."""
    event_allies.leave_event(viewer, slug=slug, event_id=event_id)


def _shown(viewer: Viewer, slug: str, event_id: int) -> EventShown:
    return EventShown.of_view(event_view(viewer, here_at(viewer, slug), event_id))

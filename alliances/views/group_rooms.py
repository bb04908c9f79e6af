"""What a working group has, on its page beside its documents: its events and its milestones."""

from flask import render_template
from markupsafe import Markup

from alliances.here import here_of
from alliances.models import Group
from alliances.policy import AllianceRight
from alliances.queries.events import event_page
from alliances.queries.milestones import milestones_of_group
from alliances.views.frame import local, word
from kernel.policy import can
from kernel.slots import fill
from kernel.viewer import Viewer

SOME = 5


@fill("alliance.group")
def rooms_of_group(viewer: Viewer, group: Group) -> Markup | None:
    """As far as the viewer sees them, with the ways to add more."""
    here = here_of(viewer, group.alliance_id)
    is_open = group.closed_at is None
    page = render_template(
        "alliances/_group_rooms.html",
        here=here,
        group=group,
        word=word,
        local=local,
        events=event_page(viewer, here, group_id=group.id, limit=SOME).items,
        milestones=milestones_of_group(viewer, group.id),
        may_write=is_open and can(viewer, AllianceRight.WRITE_DOCUMENT, (here, group.id)),
        may_plan=is_open and can(viewer, AllianceRight.HOLD_EVENT, (here, group.id)),
        may_set=is_open and can(viewer, AllianceRight.GROUP, (here, group.id)),
    )
    return Markup(page)  # noqa: S704 - rendered by a template that escapes

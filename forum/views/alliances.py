"""What the forum puts into the pages of an alliance and of its working groups: their boards."""

from flask import render_template
from markupsafe import Markup

from alliances.here import Here
from alliances.models import Group
from forum.queries.alliances import boards_of, threads_of
from kernel.slots import fill
from kernel.viewer import Viewer


@fill("alliance.rooms")
def rooms_of_alliance(viewer: Viewer, here: Here) -> Markup | None:
    """The boards that the viewer sees, and the latest threads of all of them."""
    return _boards(viewer, here.alliance.id, None)


@fill("alliance.group")
def room_of_group(viewer: Viewer, group: Group) -> Markup | None:
    """The board of a working group."""
    return _boards(viewer, group.alliance_id, group.token)


def _boards(viewer: Viewer, alliance_id: int, token: str | None) -> Markup | None:
    boards = boards_of(viewer, alliance_id, token=token)
    if not boards:
        return None
    threads = threads_of(viewer, alliance_id, token=token)
    return Markup(render_template("forum/alliance_boards.html", boards=boards, threads=threads))  # noqa: S704 - rendered by a template that escapes

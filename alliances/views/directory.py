"""The directory of alliances: all that one sees, one's own first, and those that may suit."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from alliances.policy import AllianceRight
from alliances.queries.directory import alliance_page, facets
from alliances.queries.for_you import alliances_for, my_alliances
from alliances.queries.narrowing import Wanted
from alliances.room import room
from alliances.views.frame import word
from kernel.web import current_viewer

FACETS = ("sector", "region", "state", "template", "seats", "activity")


@room.page("/alliances", may=AllianceRight.READ)
def alliances() -> ResponseReturnValue:
    """What moved last comes first; without a filter, one's own and what may suit stand above."""
    viewer = current_viewer()
    wanted = Wanted(**{name: request.args.get(name, "")[:20] for name in FACETS})
    cursor = request.args.get("cursor")
    is_front = viewer.signed_in and not wanted.asked() and cursor is None
    return render_template(
        "alliances/directory.html",
        page=alliance_page(viewer, wanted, cursor=cursor),
        facets=facets(viewer, wanted),
        asked=wanted.asked(),
        mine=my_alliances(viewer) if is_front else [],
        suiting=alliances_for(viewer) if is_front else [],
        word=word,
    )

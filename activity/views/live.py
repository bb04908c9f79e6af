"""What an open page asks every few seconds: as little as can be, and only of whoever the page was made for."""

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from activity.policy import ActivityRight
from activity.room import room
from kernel.errors import UnauthenticatedError
from kernel.viewer import Viewer
from kernel.web import current_viewer


@room.page("/notifications/live", may=ActivityRight.READ_NOTICES)
def live_bell() -> ResponseReturnValue:
    """The number at the bell."""
    return pulse(unread=same_reader().unread_notices)


def same_reader() -> Viewer:
    """The viewer, if it is still they for whom the page was made: whoever was signed out since learns nothing."""
    viewer = current_viewer()
    if request.args.get("me", "0") != str(viewer.user_id or 0):
        raise UnauthenticatedError(_("Please sign in first."))
    return viewer


def pulse(**facts: int | str) -> Response:
    """These facts, or 304 when the page has heard them already."""
    response = jsonify(facts)
    response.add_etag()
    response.make_conditional(request)
    return response

from flask import Response, current_app, make_response, render_template, request

from kernel.clock import now
from kernel.errors import NotFoundError
from kernel.limits import FEEDS, limiter
from kernel.policy import Door
from kernel.viewer import Viewer
from kernel.web import current_viewer
from search_index.asking import LONGEST_SHOWN, Asked
from search_index.room import room
from search_index.searching import find

ENTRIES = 30


@room.page("/feeds/search.atom", may=Door.ANYONE)
@limiter.limit(FEEDS)
def search_feed() -> Response:
    """What any search finds, newest first, with the eyes of a stranger: programs read it without a session."""
    asked = Asked.of(request.args).but(order="newest")
    if asked.is_empty:
        raise NotFoundError
    stranger = Viewer(locale=current_viewer().locale)
    found = find(stranger, asked.parsed().query, limit=ENTRIES).finds
    body = render_template(
        "search/feed.atom",
        base=current_app.config["BASE_URL"],
        asked=asked,
        title=asked.text[:LONGEST_SHOWN] or asked.parameters,
        finds=found,
        updated=max((one.shown.at for one in found), default=now()),
    )
    response = make_response(body)
    response.content_type = "application/atom+xml; charset=utf-8"
    response.add_etag()
    return response

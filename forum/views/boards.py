from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from forum.act_forms import AudienceForm
from forum.actions.boards import set_audience
from forum.addresses import board_url
from forum.loading import board_at
from forum.policy import ForumRight
from forum.queries.communities import community_named
from forum.room import room
from forum.views.act_page import put_errors
from kernel.db import session
from kernel.errors import InvalidError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import authorise
from kernel.web import current_viewer


@room.page("/communities/<slug>/<board_slug>/audience", may=ForumRight.MODERATE, methods=("GET", "POST"))
@limiter.limit(SMALL_DEEDS)
def board_audience(slug: str, board_slug: str) -> ResponseReturnValue:
    """Who sees a board."""
    viewer, form = current_viewer(), AudienceForm()
    board = board_at(viewer, slug, board_slug)
    authorise(viewer, ForumRight.MODERATE, board)
    form.offer(viewer, board.audience)
    if form.validate_on_submit():
        try:
            with session().begin_nested():
                set_audience(viewer, board=board, audience=form.audience.data, reason=form.reason.data or "")
        except InvalidError as error:
            put_errors(form, error)
        else:
            return redirect(board_url(slug, board_slug), 303)
    place = community_named(viewer, slug).place
    page = render_template(
        "forum/board_audience.html", form=form, community=place, board=board, name=board.name(viewer.locale)
    )
    return page, 422 if form.errors else 200

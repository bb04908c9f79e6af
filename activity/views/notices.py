from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from activity.actions import mark_page_read, mark_read
from activity.naming import ref_in
from activity.policy import ActivityRight
from activity.queries import groups_page
from activity.room import room
from kernel.limits import SMALL_DEEDS, limiter
from kernel.rooms import is_fragment
from kernel.web import current_viewer, safe_next

IN_MENU = 6


@room.page("/notifications", may=ActivityRight.READ_NOTICES)
def notifications() -> ResponseReturnValue:
    """What I was told, gathered by what it belongs to, each line with the rule that sent it."""
    page = groups_page(current_viewer(), cursor=request.args.get("cursor"))
    return render_template("activity/notifications.html", groups=page.items, page=page)


@room.page("/notifications/menu", may=ActivityRight.READ_NOTICES)
def notices_menu() -> ResponseReturnValue:
    """The newest of it, for the bell in the top bar."""
    page = groups_page(current_viewer(), limit=IN_MENU)
    return render_template("activity/_menu.html", groups=page.items)


@room.page("/notifications/read", may=ActivityRight.READ_NOTICES, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def read_notices() -> ResponseReturnValue:
    """I have seen them: those of one source when it is named, else all."""
    mark_read(current_viewer(), source=ref_in(request.form) if request.form.get("kind") else None)
    if is_fragment():
        return notices_menu()
    return redirect(safe_next(request.form.get("next"), default="/notifications"), 303)


@room.page("/notifications/opened", may=ActivityRight.READ_NOTICES, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def opened() -> ResponseReturnValue:
    """I have opened the page at this path: what I was told of it is read."""
    mark_page_read(current_viewer(), path=request.form.get("path", ""))
    return "", 204

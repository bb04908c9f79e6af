from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from activity.actions import bookmark as toggle_bookmark
from activity.actions import follow as set_level
from activity.actions import level_named
from activity.naming import ref_in
from activity.policy import ActivityRight
from activity.queries import bookmarks_page
from activity.room import room
from kernel.limits import SMALL_DEEDS, limiter
from kernel.rooms import is_fragment
from kernel.web import current_viewer, safe_next


@room.page("/follow", may=ActivityRight.FOLLOW, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def follow() -> ResponseReturnValue:
    """Hear more or less of something."""
    ref, level = ref_in(request.form), level_named(request.form.get("level", ""))
    set_level(current_viewer(), ref=ref, level=level)
    if is_fragment():
        return render_template("forum/_follow.html", level=level.value, ref_kind=ref.kind, ref_id=ref.id)
    return redirect(safe_next(request.form.get("next")), 303)


@room.page("/bookmarks", may=ActivityRight.BOOKMARK)
def bookmarks() -> ResponseReturnValue:
    """What I put aside."""
    page = bookmarks_page(current_viewer(), cursor=request.args.get("cursor"))
    return render_template("forum/bookmarks.html", page=page)


@room.page("/bookmarks", may=ActivityRight.BOOKMARK, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def bookmark() -> ResponseReturnValue:
    """Put a thing aside, or take it back."""
    ref = ref_in(request.form)
    kept = toggle_bookmark(current_viewer(), ref=ref, note=request.form.get("note", ""))
    if is_fragment():
        return render_template("forum/_bookmark.html", is_bookmarked=kept, ref_kind=ref.kind, ref_id=ref.id)
    return redirect(safe_next(request.form.get("next"), default="/bookmarks"), 303)

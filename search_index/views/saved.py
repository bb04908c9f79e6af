from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.errors import InvalidError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.web import current_viewer, safe_next
from kernel.words import gettext as _
from search_index import saved
from search_index.asking import Asked
from search_index.policy import SearchRight
from search_index.room import room


@room.page("/searches", may=SearchRight.SAVE)
def searches() -> ResponseReturnValue:
    """The searches that I keep."""
    page = saved.my_searches(current_viewer(), cursor=request.args.get("cursor"))
    return render_template("search/searches.html", page=page)


@room.page("/searches", may=SearchRight.SAVE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def save_search() -> ResponseReturnValue:
    """Keep this search."""
    asked = Asked.of(request.form)
    try:
        saved.save(current_viewer(), asked=asked, name=request.form.get("name", ""))
    except InvalidError as error:
        flash(error.detail, "warning")
    else:
        flash(_("Saved. You will be told when it finds something new."), "success")
    return redirect(safe_next(request.form.get("next"), default=asked.url), 303)


@room.page("/searches/<int:search_id>", may=SearchRight.SAVE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def change_search(search_id: int) -> ResponseReturnValue:
    """Call it otherwise; be told, or not."""
    try:
        saved.change(
            current_viewer(),
            search_id=search_id,
            name=request.form.get("name"),
            notifies=request.form.get("notifies") == "yes" if "notifies" in request.form else None,
        )
    except InvalidError as error:
        flash(error.detail, "warning")
    return redirect("/searches", 303)


@room.page("/searches/<int:search_id>/deletion", may=SearchRight.SAVE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def delete_search(search_id: int) -> ResponseReturnValue:
    """Keep it no longer."""
    saved.let_go(current_viewer(), search_id=search_id)
    return redirect("/searches", 303)

from collections.abc import Callable

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.errors import InvalidError
from kernel.web import current_viewer
from search_index.misses import misses
from search_index.policy import SearchRight
from search_index.room import room
from search_index.synonyms import add_group, all_groups, change_group


@room.page("/staff/search", may=SearchRight.TEND)
def staff_search() -> ResponseReturnValue:
    """What was not found, and the words that mean the same."""
    return render_template("search/staff.html", misses=misses(current_viewer()), groups=all_groups())


@room.page("/staff/search/synonyms", may=SearchRight.TEND, methods=("POST",))
def add_synonyms() -> ResponseReturnValue:
    """A new group of words."""
    return _tried(lambda: add_group(current_viewer(), terms=request.form.get("terms", "")))


@room.page("/staff/search/synonyms/<int:group_id>", may=SearchRight.TEND, methods=("POST",))
def change_synonyms(group_id: int) -> ResponseReturnValue:
    """Other words; without any the group is gone."""
    terms = request.form.get("terms", "")
    return _tried(lambda: change_group(current_viewer(), group_id=group_id, terms=terms))


def _tried(deed: Callable[[], object]) -> ResponseReturnValue:
    try:
        deed()
    except InvalidError as error:
        flash(error.detail, "warning")
    return redirect("/staff/search#synonyms", 303)

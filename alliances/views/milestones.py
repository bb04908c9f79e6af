from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions import milestones as actions
from alliances.forms.milestones import MilestoneForm
from alliances.here import Here, here_at
from alliances.models import MilestoneState
from alliances.policy import AllianceRight
from alliances.queries.milestones import milestones as all_milestones
from alliances.room import room
from alliances.views.answers import put_errors
from alliances.views.frame import alliance_page
from kernel.errors import InvalidError, NotFoundError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import can
from kernel.rooms import id_of
from kernel.web import current_viewer, safe_next

BASE = "/alliances/<slug>/milestones"


@room.page(BASE, may=AllianceRight.READ)
def milestones(slug: str) -> ResponseReturnValue:
    """What should be there by a day, of the alliance, its groups and its calls."""
    return _page(here_at(current_viewer(), slug), MilestoneForm(formdata=None))


@room.page(BASE, may=AllianceRight.READ_INSIDE, methods=("POST",), endpoint="set_milestone")
@limiter.limit(SMALL_DEEDS)
def send_milestone(slug: str) -> ResponseReturnValue:
    """Set one."""
    viewer, form = current_viewer(), MilestoneForm()
    here = here_at(viewer, slug)
    if form.validate():
        try:
            actions.set_milestone(
                viewer,
                slug=slug,
                title=form.title.data,
                due_on=form.due_on.data,
                group_id=id_of(request.form.get("group")),
                call_id=id_of(request.form.get("call")),
            )
        except InvalidError as error:
            put_errors(form, error, first="title")
        else:
            flash(_("Set."), "success")
            return redirect(safe_next(request.form.get("next"), default=f"{here.alliance.url}/milestones"), 303)
    return _page(here, form), 422


@room.page(f"{BASE}/<int:milestone_id>/ending", may=AllianceRight.READ_INSIDE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def end_milestone(slug: str, milestone_id: int) -> ResponseReturnValue:
    """Reached, or dropped."""
    here = here_at(current_viewer(), slug)
    states = {"reached": MilestoneState.REACHED, "dropped": MilestoneState.DROPPED}
    state = states.get(request.form.get("state", ""))
    if state is None:
        raise NotFoundError
    back = safe_next(request.form.get("next"), default=f"{here.alliance.url}/milestones")
    try:
        actions.end_milestone(
            current_viewer(),
            slug=slug,
            milestone_id=milestone_id,
            state=state,
            comment=request.form.get("comment", ""),
        )
    except InvalidError:
        flash(_("Say in a sentence why it is dropped."), "error")
    return redirect(back, 303)


def _page(here: Here, form: MilestoneForm) -> str:
    viewer = current_viewer()
    return alliance_page(
        "alliances/milestones.html",
        here,
        tab="milestones",
        rows=all_milestones(viewer, here),
        form=form,
        may_set=can(viewer, AllianceRight.EDIT, here),
        may_run=can(viewer, AllianceRight.RUN_CALL, here),
    )

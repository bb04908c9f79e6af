"""My standing: sanctions, decisions about what I wrote, and appeals; the last also for those who are shut out."""

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.limits import SMALL_DEEDS, address, limiter
from kernel.policy import Door
from kernel.web import current_viewer
from kernel.words import gettext as _
from moderation.actions.appeals import appeal as make_appeal
from moderation.actions.appeals import case_behind, shown_in
from moderation.actions.rules import rule_of
from moderation.actions.sanctions import acknowledge
from moderation.forms import AppealForm
from moderation.policy import ModerationRight
from moderation.queries.standing import decisions_about, my_sanctions
from moderation.room import room
from moderation.wording import outcome_names, sanction_names


@room.page("/standing", may=ModerationRight.READ_OWN)
def standing() -> ResponseReturnValue:
    """What was decided about me and what I wrote, why, and how to appeal."""
    viewer = current_viewer()
    return render_template(
        "moderation/standing.html",
        sanctions=my_sanctions(viewer),
        page=decisions_about(viewer, cursor=request.args.get("cursor")),
        names=sanction_names(),
        outcomes=outcome_names(),
    )


@room.page("/sanctions/<int:sanction_id>/seen", may=ModerationRight.READ_OWN, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def seen(sanction_id: int) -> ResponseReturnValue:
    """I have read it."""
    acknowledge(current_viewer(), sanction_id=sanction_id)
    return redirect(f"/standing#sanction-{sanction_id}", 303)


@room.page("/appeals/<token>", may=Door.ANYONE, methods=("GET", "POST"))
@limiter.limit(SMALL_DEEDS, key_func=address, methods=["POST"])
def appeal(token: str) -> ResponseReturnValue:
    """What was decided, and the form of the one appeal; the link is the proof of whose it is."""
    case, form = case_behind(token), AppealForm()
    if form.validate_on_submit():
        with form.attempt():
            make_appeal(case, text=form.text.data or "")
        if form.is_fine:
            flash(_("Your appeal is made. Somebody else looks at it, and you are told."), "success")
            return redirect(f"/appeals/{token}", 303)
    held = case.sanction or case.review
    rule_id = held.rule_id if held is not None else None
    page = render_template(
        "moderation/appeal.html",
        case=case,
        form=form,
        token=token,
        shown=shown_in(case),
        rule=rule_of(rule_id) if rule_id is not None else None,
        names=sanction_names(),
    )
    return page, 422 if form.errors else 200

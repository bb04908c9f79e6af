"""The register of resolutions: the list, one of them, and looking at it again."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions.resolutions import note_review, resolution_at, set_review
from alliances.addresses import resolution_url
from alliances.forms.proposals import ReviewForm
from alliances.here import Here
from alliances.models import Proposal
from alliances.policy import AllianceRight
from alliances.queries.resolutions import resolution_page, resolution_view
from alliances.room import room
from alliances.views.answers import put_errors
from alliances.views.frame import alliance_page
from alliances.views.proposals import TAB, inside
from kernel.db import session
from kernel.errors import InvalidError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import can
from kernel.web import current_viewer


@room.page("/alliances/<slug>/resolutions", may=AllianceRight.READ_INSIDE)
def resolutions(slug: str) -> ResponseReturnValue:
    """What was decided, with the days on which it is looked at again."""
    here = inside(slug)
    only_due = request.args.get("show") == "due"
    page = resolution_page(here, only_due=only_due, cursor=request.args.get("cursor"))
    return alliance_page("alliances/resolutions.html", here, tab=TAB, page=page, only_due=only_due)


@room.page("/alliances/<slug>/resolutions/<resolution>", may=AllianceRight.READ_INSIDE)
def resolution(slug: str, resolution: str) -> ResponseReturnValue:
    """One resolution."""
    return _page(inside(slug), resolution, ReviewForm(formdata=None))


@room.page("/alliances/<slug>/resolutions/<resolution>/review", may=AllianceRight.OPEN_VOTE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def review_resolution(slug: str, resolution: str) -> ResponseReturnValue:
    """What came of looking at it again; or only another day for it."""
    viewer, here, form = current_viewer(), inside(slug), ReviewForm()
    if form.validate():
        try:
            if request.form.get("then") == "day":
                set_review(viewer, slug=slug, number=resolution, review_on=form.again_on.data)
            else:
                note_review(
                    viewer,
                    slug=slug,
                    number=resolution,
                    text=form.text.data or "",
                    again_on=form.again_on.data,
                    superseded_by=form.superseded_by.data or "",
                )
        except InvalidError as error:
            renamed = {"review_on": "again_on"}
            errors = {renamed.get(name, name): sentence for name, sentence in error.errors.items()}
            put_errors(form, InvalidError(error.detail, errors=errors), first="text")
        else:
            flash(_("The register is up to date."), "success")
            return redirect(resolution_url(slug, resolution), 303)
    return _page(here, resolution, form), 422


def _page(here: Here, number: str, form: ReviewForm) -> str:
    row = resolution_view(here, number)
    proposal = session().get_one(Proposal, resolution_at(here, number).proposal_id)
    return alliance_page(
        "alliances/resolution.html",
        here,
        tab=TAB,
        resolution=row,
        form=form,
        may_keep=can(here.viewer, AllianceRight.OPEN_VOTE, (here, proposal)),
    )

"""Who holds which office, what each may do, and giving, ending and giving up offices."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions import offices as actions
from alliances.forms.members import AppointForm, ReasonForm, ResignForm, TermForm, put_errors
from alliances.here import Here, here_at
from alliances.models import Office
from alliances.policy import AllianceRight
from alliances.powers import POWERS, Power
from alliances.queries import offices as queries
from alliances.queries.members import people_acting
from alliances.room import room
from alliances.views.members import members_page
from kernel.errors import InvalidError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import can
from kernel.web import current_viewer


@room.page("/alliances/<slug>/offices", may=AllianceRight.READ)
def offices(slug: str) -> ResponseReturnValue:
    """The officers, the table of powers, and, inside, who held offices before."""
    return offices_page(here_at(current_viewer(), slug))


def offices_page(
    here: Here,
    *,
    form: AppointForm | None = None,
    resigning: tuple[int, ResignForm] | None = None,
    ending: tuple[int, ReasonForm] | None = None,
    setting: tuple[int, TermForm] | None = None,
) -> str:
    """The page, with what was typed into a form that was refused."""
    held = queries.officers(here)
    return members_page(
        "alliances/offices.html",
        here,
        part="offices",
        held=held,
        acting=people_acting(here) if here.is_inside else [],
        dominance=queries.dominance(here, held),
        past=queries.past_terms(here, cursor=request.args.get("cursor")) if here.is_inside else None,
        powers=[(power.value, [office.value for office in Office if power in POWERS[office]]) for power in Power],
        order=[office.value for office in Office],
        form=(form or AppointForm(formdata=None)).offer(here.viewer.locale),
        may_appoint=can(here.viewer, AllianceRight.APPOINT, here),
        resigning=resigning,
        ending=ending,
        setting=setting,
        resign_form=ResignForm(formdata=None),
        end_form=ReasonForm(formdata=None),
        term_form=TermForm(formdata=None),
    )


@room.page("/alliances/<slug>/offices", may=AllianceRight.APPOINT, methods=("POST",), endpoint="appoint_officer")
@limiter.limit(SMALL_DEEDS)
def appoint(slug: str) -> ResponseReturnValue:
    """Give somebody an office."""
    viewer, form = current_viewer(), AppointForm()
    if form.validate():
        try:
            actions.appoint(
                viewer,
                slug=slug,
                office=form.office.data or "",
                handle=form.handle.data,
                ends_on=form.ends_on.data,
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("They hold the office now, and were told."), "success")
            return _back(slug)
    return offices_page(here_at(viewer, slug), form=form), 422


@room.page("/alliances/<slug>/offices/<int:term_id>/end", may=AllianceRight.APPOINT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def end_office(slug: str, term_id: int) -> ResponseReturnValue:
    """Take back an office that an officer gave."""
    viewer, form = current_viewer(), ReasonForm()
    if form.validate():
        try:
            actions.end_office(viewer, slug=slug, term_id=term_id, reason=form.reason.data or "")
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("The office has ended, and its holder was told."), "success")
            return _back(slug)
    return offices_page(here_at(viewer, slug), ending=(term_id, form)), 422


@room.page("/alliances/<slug>/offices/<int:term_id>/term", may=AllianceRight.APPOINT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def set_term_end(slug: str, term_id: int) -> ResponseReturnValue:
    """Say until when somebody holds an office; an empty day leaves it open."""
    viewer, form = current_viewer(), TermForm()
    if form.validate():
        try:
            actions.set_term_end(viewer, slug=slug, term_id=term_id, ends_on=form.ends_on.data)
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("Saved."), "success")
            return _back(slug)
    return offices_page(here_at(viewer, slug), setting=(term_id, form)), 422


@room.page("/alliances/<slug>/offices/<int:term_id>/resignation", may=AllianceRight.LEAVE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def resign(slug: str, term_id: int) -> ResponseReturnValue:
    """Give one's own office up, perhaps to a successor."""
    viewer, form = current_viewer(), ResignForm()
    if form.validate():
        try:
            actions.resign(
                viewer,
                slug=slug,
                term_id=term_id,
                reason=form.reason.data or "",
                successor=form.successor.data or "",
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("You have given the office up."), "success")
            return redirect(_after(slug), 303)
    return offices_page(here_at(viewer, slug), resigning=(term_id, form)), 422


def _after(slug: str) -> str:
    """Back to the hand-over, where one was on the way out."""
    back = request.form.get("leave", "")
    return f"/alliances/{slug}/members/{back}/leave" if back.isdecimal() else f"/alliances/{slug}/offices"


def _back(slug: str) -> ResponseReturnValue:
    return redirect(f"/alliances/{slug}/offices", 303)

"""Who belongs to an organisation: their page, and every deed around a seat."""

from collections.abc import Mapping

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.actions import seats
from accounts.actions.vouching import vouch_for, withdraw_vouch
from accounts.models import Organisation, SeatState
from accounts.organisation_forms import ColleagueForm, InvitationForm, SeatForm, apart, outcome_names, role_names
from accounts.organisation_rows import row_of
from accounts.organisations import organisation_at, people_of, seat_history
from accounts.policy import OrganisationRight
from accounts.room import room
from accounts.views.organisations import claimable, organisation_view
from kernel.errors import InvalidError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.policy import can
from kernel.web import current_viewer, safe_next

MOST_WAITING = 50


@room.page("/organisations/<slug>/people", may=OrganisationRight.READ)
def organisation_people(slug: str) -> ResponseReturnValue:
    """Everybody with a seat; and for its admins, who asks for one and who is invited."""
    return _people_page(organisation_at(current_viewer(), slug))


@room.page("/organisations/<slug>/seats", may=OrganisationRight.JOIN, methods=("POST",))
@limiter.limit(POSTING)
def ask_for_seat(slug: str) -> ResponseReturnValue:
    """Ask for one; whoever's address proves it has it at once."""
    viewer, form = current_viewer(), SeatForm()
    states: list[str] = []
    if form.validate_on_submit():
        with form.attempt():
            seat = seats.ask_for_seat(viewer, slug=slug, message=form.message.data or "", title=form.title.data or "")
            states.append(seat.state)
    if not states or not form.is_fine:
        return organisation_view(organisation_at(viewer, slug), form)
    if states == [SeatState.ACTIVE]:
        flash(_("You are in: your address proves that you belong here."), "success")
    else:
        flash(_("Its admins are told. What they decide, you will find among your notices."), "success")
    return redirect(f"/organisations/{slug}", 303)


@room.page("/organisations/<slug>/seats/<int:seat_id>/decision", may=OrganisationRight.LEAD, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def decide_seat(slug: str, seat_id: int) -> ResponseReturnValue:
    """Accept, in a role, or refuse with words."""
    viewer, is_yes = current_viewer(), request.form.get("decision") == "accept"
    try:
        seats.decide_seat(
            viewer,
            slug=slug,
            seat_id=seat_id,
            accept=is_yes,
            role=request.form.get("role", ""),
            message=request.form.get("message", ""),
        )
    except InvalidError as refusal:
        return _people_page(organisation_at(viewer, slug), failed=seat_id, errors=refusal.errors)
    flash(_("They are in, and are told.") if is_yes else _("They are told, with your words."), "success")
    return redirect(f"/organisations/{slug}/people", 303)


@room.page("/organisations/<slug>/seats/<int:seat_id>", may=OrganisationRight.JOIN, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def change_seat(slug: str, seat_id: int) -> ResponseReturnValue:
    """Another role or position."""
    viewer = current_viewer()
    try:
        seats.change_seat(
            viewer,
            slug=slug,
            seat_id=seat_id,
            role=request.form.get("role") or None,
            title=request.form.get("title"),
        )
    except InvalidError as refusal:
        return _people_page(organisation_at(viewer, slug), failed=seat_id, errors=refusal.errors)
    flash(_("Saved."), "success")
    return redirect(f"/organisations/{slug}/people", 303)


@room.page("/organisations/<slug>/seats/<int:seat_id>/removal", may=OrganisationRight.LEAD, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def remove_from_seat(slug: str, seat_id: int) -> ResponseReturnValue:
    """End somebody's seat, with words."""
    viewer = current_viewer()
    try:
        seats.remove(viewer, slug=slug, seat_id=seat_id, message=request.form.get("message", ""))
    except InvalidError as refusal:
        return _people_page(organisation_at(viewer, slug), failed=seat_id, errors=refusal.errors)
    flash(_("Their seat has ended, and they are told."), "success")
    return redirect(f"/organisations/{slug}/people", 303)


@room.page("/organisations/<slug>/seats/<int:seat_id>/withdrawal", may=OrganisationRight.JOIN, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def withdraw_seat(slug: str, seat_id: int) -> ResponseReturnValue:
    """Take one's question back, or an invitation."""
    viewer = current_viewer()
    is_mine = seats.withdraw_seat(viewer, slug=slug, seat_id=seat_id).user_id == viewer.me
    flash(_("Taken back."), "success")
    return redirect(f"/organisations/{slug}" if is_mine else f"/organisations/{slug}/people", 303)


@room.page("/organisations/<slug>/seats/<int:seat_id>/vouch", may=OrganisationRight.LEAD, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def vouch(slug: str, seat_id: int) -> ResponseReturnValue:
    """Say in the name of the organisation that somebody works there."""
    viewer = current_viewer()
    vouch_for(viewer, organisation_at(viewer, slug, hold=True), seat_id=seat_id)
    flash(_("It stands on their profile now, with today’s date and your name."), "success")
    return redirect(f"/organisations/{slug}/people", 303)


@room.page("/organisations/<slug>/invitations", may=OrganisationRight.LEAD, methods=("POST",))
@limiter.limit(POSTING)
def invite(slug: str) -> ResponseReturnValue:
    """Offer a seat."""
    viewer, form = current_viewer(), InvitationForm()
    if form.validate_on_submit():
        with form.attempt():
            seats.invite(
                viewer,
                slug=slug,
                handle=form.handle.data,
                role=form.role.data,
                title=form.title.data or "",
                message=form.message.data or "",
            )
        if form.is_fine:
            flash(_("They are told, and decide."), "success")
            return redirect(f"/organisations/{slug}/people", 303)
    return _people_page(organisation_at(viewer, slug), invitation=form)


@room.page("/organisations/<slug>/invitation", may=OrganisationRight.JOIN, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def answer_invitation(slug: str) -> ResponseReturnValue:
    """Take the seat that was offered, or decline it."""
    is_yes = request.form.get("decision") == "accept"
    seats.answer_invitation(current_viewer(), slug=slug, accept=is_yes, message=request.form.get("message", ""))
    flash(_("You are in.") if is_yes else _("Declined; its admins are told."), "success")
    return redirect(f"/organisations/{slug}", 303)


@room.page("/organisations/<slug>/colleagues", may=OrganisationRight.ADD, methods=("POST",))
@limiter.limit(POSTING)
def add_colleague(slug: str) -> ResponseReturnValue:
    """Give a seat to somebody whose address proves that they belong here."""
    viewer, form = current_viewer(), ColleagueForm()
    if form.validate_on_submit():
        with form.attempt():
            seats.add_colleague(viewer, slug=slug, handle=form.handle.data, title=form.title.data or "")
        if form.is_fine:
            flash(_("They are in, and are told."), "success")
            return redirect(f"/organisations/{slug}/people", 303)
    return _people_page(organisation_at(viewer, slug), colleague=form)


@room.page("/organisations/<slug>/leaving", may=OrganisationRight.JOIN, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def leave(slug: str) -> ResponseReturnValue:
    """Give one's own seat up."""
    seats.leave(current_viewer(), slug=slug)
    flash(_("You have left."), "success")
    return redirect(f"/organisations/{slug}", 303)


@room.page("/vouches/<int:vouch_id>/withdrawal", may=OrganisationRight.JOIN, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def withdraw(vouch_id: int) -> ResponseReturnValue:
    """It does not stand any more."""
    withdraw_vouch(current_viewer(), vouch_id=vouch_id, reason=request.form.get("reason", ""))
    flash(_("Withdrawn; it is not shown any more."), "success")
    return redirect(safe_next(request.form.get("next")), 303)


def _people_page(
    found: Organisation,
    *,
    failed: int | None = None,
    errors: Mapping[str, str] | None = None,
    invitation: InvitationForm | None = None,
    colleague: ColleagueForm | None = None,
) -> ResponseReturnValue:
    """The page; `failed` is the seat at which something was refused, and what was typed there stays."""
    viewer = current_viewer()
    may_lead = can(viewer, OrganisationRight.LEAD, found)
    may_add = can(viewer, OrganisationRight.ADD, found)
    invitation_form = invitation or InvitationForm(formdata=None)
    invitation_form.role.choices = role_names()
    colleague_form = colleague or ColleagueForm(formdata=None)
    apart(colleague_form, "colleague")
    waiting = (
        people_of(viewer, found.id, states=(SeatState.ASKED, SeatState.INVITED), limit=MOST_WAITING).items
        if may_lead
        else []
    )
    page = render_template(
        "accounts/organisation_people.html",
        organisation=found,
        row=row_of(found, viewer.locale),
        people=people_of(viewer, found.id, cursor=request.args.get("cursor")),
        asked=[row for row in waiting if row.state == SeatState.ASKED],
        invited=[row for row in waiting if row.state == SeatState.INVITED],
        roles=role_names(),
        history=seat_history(viewer, found.id) if may_lead else [],
        outcomes=outcome_names(),
        may_lead=may_lead,
        may_add=may_add,
        claimable=claimable(viewer) if may_lead and not found.mail_domain else "",
        invitation=invitation_form,
        colleague=colleague_form,
        failed=failed,
        errors=errors or {},
        typed=request.form if failed else {},
    )
    refused = failed or (invitation and invitation.errors) or (colleague and colleague.errors)
    return make_response(page, 422 if refused else 200)

"""What the staff do for whoever cannot get in, or sees something odd: look as they do, turn the second step off."""

from flask import flash, make_response, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts import login
from accounts.actions.impersonation import impersonate
from accounts.actions.resets import ask_reset, is_stoppable, open_reset, stop_reset
from accounts.actions.signing import sign_out as end_session
from accounts.entering import origin
from accounts.factors import has_second_step
from accounts.forms import RoomForm
from accounts.login import STAFF_TOKEN
from accounts.organisation_forms import ReasonForm, apart
from accounts.policy import AccountRight
from accounts.queries import person_by_handle
from accounts.room import room
from kernel.limits import SIGNING, address, limiter
from kernel.policy import Door, authorise
from kernel.web import current_viewer


@room.page("/people/<handle>/help", may=AccountRight.IMPERSONATE, methods=("GET", "POST"))
@limiter.limit(SIGNING, methods=["POST"])
def help_person(handle: str) -> ResponseReturnValue:
    """Both deeds on one page; whichever form was sent."""
    viewer, person, deed = current_viewer(), person_by_handle(handle), request.form.get("deed", "")
    authorise(viewer, AccountRight.IMPERSONATE, person.id)
    forms = {name: ReasonForm(formdata=request.form if deed == name else None) for name in ("look", "reset")}
    for place, one in forms.items():
        apart(one, place)
    form = forms.get(deed)
    if form is not None and form.validate_on_submit():
        token = ""
        with form.attempt():
            if deed == "look":
                token = impersonate(viewer, person, reason=form.reason.data, origin=origin())
            else:
                ask_reset(viewer, person, reason=form.reason.data)
        if form.is_fine and token:
            return _look_as(token)
        if form.is_fine:
            flash(_("It is written down, and the person is told by mail; after three days the step is off."), "success")
            return redirect(f"/people/{person.handle}/help", 303)
    page = render_template(
        "accounts/person_help.html",
        handle=person.handle,
        name=person.display_name,
        forms=forms,
        has_second_step=has_second_step(person.id),
        waiting=open_reset(person.id),
    )
    return make_response(page, 422 if form is not None and form.errors else 200)


@room.page("/impersonation/stop", may=Door.SIGNED_IN, methods=("POST",))
def stop_impersonating() -> ResponseReturnValue:
    """Back to oneself."""
    viewer = current_viewer()
    if viewer.impersonator_id is not None:
        end_session(viewer)
        login.back_to_oneself()
    return redirect(f"/people/{viewer.handle}", 303)


@room.page("/stop-reset/<token>", may=Door.ANYONE, methods=("GET", "POST"))
@limiter.limit(SIGNING, key_func=address, methods=["POST"])
def stop_factor_reset(token: str) -> ResponseReturnValue:
    """The link of the mail shows a button, so that no mail scanner decides by looking."""
    form = RoomForm()
    if request.method == "POST":
        with form.attempt():
            stop_reset(current_viewer(), token=token)
        if form.is_fine:
            flash(_("Your second step stays. Now choose a new password: whoever asked may know yours."), "success")
            return redirect("/forgot", 303)
    usable = form.is_fine and is_stoppable(token)
    page = render_template("accounts/stop_reset.html", form=form, is_usable=usable)
    return make_response(page, 200 if usable else 410)


def _look_as(token: str) -> ResponseReturnValue:
    own = cookie["_user_id"]
    login.open_session(token, remember=False)
    cookie[STAFF_TOKEN] = own
    return redirect("/", 303)

"""Becoming a member: signing up, confirming, and the forgotten password."""

from urllib.parse import quote

from flask import current_app, flash, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts import login
from accounts.actions import credentials, registration
from accounts.actions.letters import CONFIRM, RESET, is_open
from accounts.forms import AddressForm, ResetForm, SignUpForm
from accounts.room import room
from kernel.limits import LETTERS, SIGN_UPS, SIGNING, address, everybody, limiter
from kernel.policy import Door
from kernel.web import current_viewer, safe_next


def named_address() -> str:
    """The address to which mail is asked for."""
    return f"mail:{request.form.get('email', '').strip().lower()[:320]}"


signing_limit = limiter.limit(SIGNING, key_func=address, methods=["POST"])
letter_limit = limiter.limit(LETTERS, key_func=named_address, methods=["POST"])


@room.page("/sign-up", may=Door.ANYONE, methods=("GET", "POST"))
@signing_limit
@letter_limit
@limiter.limit(SIGN_UPS, key_func=everybody, methods=["POST"], deduct_when=lambda answer: answer.status_code == 303)  # noqa: PLR2004 - the status of a form that was accepted
def sign_up() -> ResponseReturnValue:
    """The form that makes a member of a stranger."""
    form = SignUpForm()
    if form.validate_on_submit():
        with form.attempt():
            registration.register(
                current_viewer(),
                handle=form.handle.data,
                display_name=form.display_name.data,
                email=form.email.data,
                password=form.password.data,
            )
        if form.is_fine:
            session["way"], session["written_to"] = _next(), form.email.data
            return redirect("/check-mail", 303)
    page = render_template("accounts/sign_up.html", form=form, next=_next())
    return make_response(page, 422 if form.errors else 200)


@room.page("/check-mail", may=Door.ANYONE)
def check_mail() -> ResponseReturnValue:
    """A link is on its way; the same words whether there was an account or not, and the address as it was typed."""
    form = AddressForm(formdata=None, email=session.get("written_to", ""))
    return _check_mail_page(form)


@room.page("/confirm", may=Door.ANYONE, methods=("POST",))
@signing_limit
@letter_limit
def send_again() -> ResponseReturnValue:
    """Ask for the confirming link once more."""
    form = AddressForm()
    if not form.validate_on_submit():
        return make_response(_check_mail_page(form), 422)
    registration.send_confirmation_again(current_viewer(), email=form.email.data)
    session["written_to"] = form.email.data
    flash(_("If this address waits to be confirmed, another link is on its way."), "success")
    return redirect("/check-mail", 303)


@room.page("/confirm/<token>", may=Door.ANYONE, methods=("GET", "POST"))
@signing_limit
def confirm(token: str) -> ResponseReturnValue:
    """The link of the mail shows a button, so that no mail scanner confirms by looking."""
    form = AddressForm(formdata=None)
    if request.method == "POST":
        with form.attempt():
            registration.confirm_email(current_viewer(), token=token)
        if form.is_fine:
            flash(_("Your e-mail address is confirmed."), "success")
            session.pop("written_to", None)
            way = safe_next(session.get("way"))
            return redirect(way if current_viewer().signed_in else f"/sign-in?next={quote(way, safe='')}", 303)
    usable = form.is_fine and is_open(token, CONFIRM)
    page = render_template("accounts/confirm.html", form=form, token=token, is_usable=usable)
    return make_response(page, 200 if usable else 410)


@room.page("/forgot", may=Door.ANYONE, methods=("GET", "POST"))
@signing_limit
@letter_limit
def forgot() -> ResponseReturnValue:
    """Ask for a link to choose a new password."""
    form = AddressForm()
    if form.validate_on_submit():
        credentials.request_reset(current_viewer(), email=form.email.data)
        return redirect("/forgot/sent", 303)
    return make_response(render_template("accounts/forgot.html", form=form, is_sent=False), 422 if form.errors else 200)


@room.page("/forgot/sent", may=Door.ANYONE)
def forgot_sent() -> ResponseReturnValue:
    """The same words whether there is an account or not."""
    return render_template("accounts/forgot.html", form=AddressForm(formdata=None), is_sent=True)


@room.page("/reset/<token>", may=Door.ANYONE, methods=("GET", "POST"))
@signing_limit
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password by the link of the mail."""
    form = ResetForm()
    if form.validate_on_submit():
        with form.attempt():
            credentials.reset_password(
                current_viewer(), token=token, password=form.password.data, ends_tokens=form.ends_tokens.data
            )
        if form.is_fine:
            login.close_session()
            flash(_("Your new password counts from now on. Please sign in with it."), "success")
            return redirect("/sign-in", 303)
    usable = is_open(token, RESET)
    page = render_template("accounts/reset.html", form=form, token=token, is_usable=usable)
    return make_response(page, 410 if not usable else 422 if form.errors else 200)


def _next() -> str:
    return safe_next(request.values.get("next"))


def _check_mail_page(form: AddressForm) -> str:
    return render_template("accounts/check_mail.html", form=form, has_server=bool(current_app.config["MAIL_URL"]))

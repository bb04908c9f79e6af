"""Coming in and going out: password, second step, passkey."""

from flask import Response, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_limiter import RequestLimit

from accounts import login, passkeys
from accounts.actions import signing
from accounts.actions.passkeys import CopiedError, sign_in_with_passkey
from accounts.actions.proving import take_second_proof
from accounts.actions.security_log import note, tell
from accounts.entering import come_in, enter, origin, pending, pending_id, way_of_this_session
from accounts.forms import CodeForm, SignInForm
from accounts.models import User
from accounts.oidc.providers import providers
from accounts.room import room
from accounts.security_log import Kind
from kernel.db import session
from kernel.limits import FAILURES, SECOND_FAILURES, SIGNING, address, limiter
from kernel.policy import Door
from kernel.web import Kept, current_viewer, safe_next

REFUSED, LONGEST_NAME = 422, 320


def typed_name() -> str:
    """The name under which somebody tries, from wherever they try, and whether or not it is anybody's."""
    return f"account:{signing.spelled(request.form.get('name', '')[:LONGEST_NAME])}"


def account_tried() -> str:
    """The account that somebody tries to open, by whichever of its names."""
    user = signing.account_named(request.form.get("name", "")[:LONGEST_NAME])
    return f"of:{user.id}" if user is not None else f"of:{typed_name()}"


def _as_if_wrong(_limit: RequestLimit) -> Response:
    """Whoever used up an account's tries by its handle must not learn here that an address is the same person's."""
    form = SignInForm()
    form.form_errors = [signing.refuse_any_password(form.password.data or "")]
    return make_response(_sign_in_page(form), REFUSED)


def _is_refused(answer: Response) -> bool:
    return answer.status_code == REFUSED


signing_limit = limiter.limit(SIGNING, key_func=address, methods=["POST"])


@room.page("/sign-in", may=Door.ANYONE, methods=("GET", "POST"))
@signing_limit
@limiter.limit(FAILURES, key_func=account_tried, methods=["POST"], deduct_when=_is_refused, on_breach=_as_if_wrong)
@limiter.limit(FAILURES, key_func=typed_name, methods=["POST"], deduct_when=_is_refused)
def sign_in() -> ResponseReturnValue:
    """By handle or address; whatever the cookie held before is gone afterwards."""
    form = SignInForm()
    if request.method == "GET" and current_viewer().signed_in:
        return redirect(_next(), 303)
    if form.validate_on_submit():
        onward = _next()
        with form.attempt():
            user = signing.check_password(name=form.name.data, password=form.password.data)
            onward = come_in(user, way="password", remember=form.remember.data, onward=onward)
        if form.is_fine:
            return redirect(onward, 303)
    return make_response(_sign_in_page(form), REFUSED if form.errors else 200)


@room.page("/sign-in/passkey", may=Door.ANYONE, methods=("POST",))
@signing_limit
def sign_in_by_passkey() -> ResponseReturnValue:
    """With a key of the device, which is both steps in one: something one has, and a face, a finger or a PIN."""
    form, copied = SignInForm(), None
    with form.attempt():
        try:
            user = sign_in_with_passkey(request.form.get("credential", ""))
        except CopiedError as copy:
            copied = copy.key
            raise
        enter(user, way="passkey", remember=form.remember.data)
    if form.is_fine:
        return redirect(_next(), 303)
    if copied is not None:
        tell(session().get_one(User, copied.user_id), Kind.PASSKEY_COPIED, detail=copied.name, origin=origin())
    return Kept(_sign_in_page(form), REFUSED)


@room.page("/sign-in/second", may=Door.ANYONE, methods=("GET", "POST"))
@signing_limit
@limiter.limit(SECOND_FAILURES, key_func=pending_id, methods=["POST"], deduct_when=_is_refused)
def second_step() -> ResponseReturnValue:
    """The code of an app, a recovery code, or a passkey, after the password."""
    who, form = pending(), CodeForm()
    if who is None:
        return redirect("/sign-in", 303)
    if form.validate_on_submit():
        with form.attempt():
            code, credential = form.code.data or "", form.credential.data or ""
            by = take_second_proof(who.user, code=code, credential=credential, origin=origin())
            enter(who.user, way=f"{who.way}+{by}", remember=who.remember)
        if form.is_fine:
            return redirect(who.onward, 303)
        note(who.user.id, Kind.SECOND_STEP_FAILED, origin=origin())
    options = passkeys.second_step_options(who.user.id) if passkeys.are_possible() else ""
    page = render_template("accounts/second_step.html", form=form, options=options)
    return Kept(page, REFUSED) if form.errors else page


@room.page("/sign-out", may=Door.ANYONE, methods=("POST",))
def sign_out() -> ResponseReturnValue:
    """End this session here and on the server."""
    first, _colon, institution = way_of_this_session().partition("+")[0].partition(":")
    signing.sign_out(current_viewer())
    login.close_session()
    if first == "institution" and institution in providers():
        return redirect(f"/signed-out/{institution}", 303)
    flash(_("You are signed out."), "success")
    return redirect("/", 303)


def _sign_in_page(form: SignInForm) -> str:
    """The ways in: password, passkey, institutions."""
    locale = current_viewer().locale
    return render_template(
        "accounts/sign_in.html",
        form=form,
        next=_next(),
        options=passkeys.sign_in_options() if passkeys.are_possible() else "",
        institutions=[(provider.slug, provider.name_in(locale)) for provider in providers().values()],
    )


def _next() -> str:
    return safe_next(request.values.get("next"))

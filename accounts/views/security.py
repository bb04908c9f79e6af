"""What opens one's account: authenticator apps, recovery codes, passkeys, institutions, and the log of it all."""

from flask import current_app, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts import passkeys
from accounts.actions import factors, identities
from accounts.actions.passkeys import add_passkey, remove_passkey
from accounts.factors import my_factors
from accounts.forms import AuthenticatorForm, PasskeyForm, RoomForm
from accounts.identities import my_identities
from accounts.oidc.providers import providers
from accounts.policy import AccountRight
from accounts.queries import my_account
from accounts.recent import must_be_recent
from accounts.room import room
from accounts.security_log import my_security_events
from accounts.totp import address_of, new_secret, picture_of, seal, unseal
from kernel.errors import InvalidError
from kernel.limits import SIGNING, limiter
from kernel.web import current_viewer

OWN = AccountRight.CHANGE_SIGN_IN
PAGE = "/settings/security"


@room.page("/settings/security", may=OWN)
def security() -> ResponseReturnValue:
    """All of it, on one page."""
    viewer = current_viewer()
    linked = my_identities(viewer)
    return render_template(
        "accounts/settings_security.html",
        tab="security",
        factors=my_factors(viewer),
        has_password=bool(my_account(viewer).password_hash),
        passkeys_are_possible=passkeys.are_possible(),
        identities=linked,
        others=[
            (provider.slug, provider.name_in(viewer.locale))
            for provider in providers().values()
            if provider.name_in(viewer.locale) not in {one.name for one in linked}
        ],
        log=my_security_events(viewer, cursor=request.args.get("cursor")),
    )


@room.page("/settings/security/authenticators", may=OWN, methods=("GET", "POST"))
@limiter.limit(SIGNING, methods=["POST"])
def authenticators() -> ResponseReturnValue:
    """Set up an app: the picture to scan, and the code that proves it; with the first, the recovery codes."""
    viewer = current_viewer()
    must_be_recent(viewer)
    form = AuthenticatorForm()
    if form.validate_on_submit():
        codes: list[str] = []
        with form.attempt():
            codes = factors.add_authenticator(viewer, name=form.name.data, sealed=form.sealed.data, code=form.code.data)
        if form.is_fine and codes:
            return _codes_page(codes)
        if form.is_fine:
            flash(_("The app is added."), "success")
            return redirect(PAGE, 303)
    secret = unseal(form.sealed.data or "", owner=viewer.me, within=factors.SETUP_SECONDS) or new_secret()
    form.sealed.data = seal(secret, owner=viewer.me)
    form.code.data = ""
    address = address_of(secret, name=viewer.handle, site=current_app.config["SETTINGS"].site_name)
    page = render_template(
        "accounts/authenticator_new.html",
        tab="security",
        form=form,
        picture=picture_of(address),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        address=address,
    )
    return _private(page, 422 if form.errors else 200)


@room.page("/settings/security/authenticators/<int:authenticator_id>/remove", may=OWN, methods=("POST",))
def remove_authenticator(authenticator_id: int) -> ResponseReturnValue:
    """Take an app away."""
    must_be_recent(current_viewer())
    factors.remove_authenticator(current_viewer(), authenticator_id=authenticator_id)
    flash(_("The app is removed; its codes open nothing any more."), "success")
    return redirect(PAGE, 303)


@room.page("/settings/security/recovery-codes", may=OWN, methods=("POST",))
@limiter.limit(SIGNING)
def recovery_codes() -> ResponseReturnValue:
    """Ten new codes; they are on the page that answers, and never again."""
    must_be_recent(current_viewer())
    return _codes_page(factors.make_recovery_codes(current_viewer()))


@room.page("/settings/security/passkeys", may=OWN, methods=("GET", "POST"))
@limiter.limit(SIGNING, methods=["POST"])
def new_passkey() -> ResponseReturnValue:
    """Make a passkey: the browser asks for face, finger or PIN."""
    viewer = current_viewer()
    must_be_recent(viewer)
    form = PasskeyForm()
    if form.validate_on_submit():
        with form.attempt():
            add_passkey(viewer, name=form.name.data, credential=form.credential.data or "")
        if form.is_fine:
            flash(_("The passkey is added. From now on you can sign in with it."), "success")
            return redirect(PAGE, 303)
    form.credential.data = ""
    options = passkeys.registration_options(my_account(viewer)) if passkeys.are_possible() else ""
    page = render_template("accounts/passkey_new.html", tab="security", form=form, options=options)
    return _private(page, 422 if form.errors else 200)


@room.page("/settings/security/passkeys/<int:passkey_id>/remove", may=OWN, methods=("POST",))
def remove_my_passkey(passkey_id: int) -> ResponseReturnValue:
    """Take a passkey away."""
    must_be_recent(current_viewer())
    remove_passkey(current_viewer(), passkey_id=passkey_id)
    flash(_("The passkey is removed; it opens nothing here any more."), "success")
    return redirect(PAGE, 303)


@room.page("/settings/security/institutions/<int:identity_id>/unlink", may=OWN, methods=("POST",))
def unlink_institution(identity_id: int) -> ResponseReturnValue:
    """Take an institution's account away, and its badge."""
    must_be_recent(current_viewer())
    try:
        identities.unlink(current_viewer(), identity_id=identity_id)
    except InvalidError as refusal:
        flash(refusal.detail, "error")
    else:
        flash(_("The account at the institution is unlinked, and its badge is gone."), "success")
    return redirect(PAGE, 303)


def _codes_page(codes: list[str]) -> ResponseReturnValue:
    page = render_template("accounts/recovery_codes.html", tab="security", codes=codes, form=RoomForm(formdata=None))
    return _private(page, 201)


def _private(page: str, status: int) -> ResponseReturnValue:
    """A page with a secret on it, which no browser keeps."""
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response

"""Coming in with the account of an institution: there, back, and what is made of what it said.

Neither way there nor back writes anything: what the institution said waits, signed, in the browser's cookie, and counts
once the person presses the button of `/sign-in/institution`.
"""

from dataclasses import asdict
from datetime import timedelta

from flask import current_app, flash, make_response, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.actions import identities
from accounts.actions.registration import free_handle
from accounts.entering import come_in
from accounts.forms import JoinForm
from accounts.identities import identity_of, owner_of_address
from accounts.login import LINKING
from accounts.names import clean_email
from accounts.oidc.providers import Provider, provider_of, providers
from accounts.oidc.talking import Said, ask, hear, way_out
from accounts.recent import must_be_recent
from accounts.room import room
from kernel.clock import now
from kernel.errors import InvalidError, NotFoundError
from kernel.limits import SIGNING, address, limiter
from kernel.policy import Door
from kernel.web import current_viewer, safe_next
from kernel.work import step_aside

ASKED = "institution_asked"
GOOD_FOR = timedelta(minutes=15)
INTENTS = ("sign-in", "link", "prove")


@room.page("/sign-in/with/<slug>", may=Door.ANYONE)
@limiter.limit(SIGNING, key_func=address)
def ask_institution(slug: str) -> ResponseReturnValue:
    """Send the browser there, and remember what was asked."""
    provider, viewer = _provider(slug), current_viewer()
    intent = request.args.get("for", INTENTS[0])
    if intent not in INTENTS or (intent != INTENTS[0]) != viewer.signed_in:
        return redirect(safe_next(request.args.get("next")), 303)
    if intent == "link":
        must_be_recent(viewer)
    step_aside()
    try:
        asked = ask(provider, callback=_callback(provider), anew=intent == "prove", locale=viewer.locale)
    except InvalidError as refusal:
        return _turn_back(refusal, intent)
    onward = safe_next(request.args.get("next"))
    cookie[ASKED] = asked.remembered | {"slug": slug, "intent": intent, "onward": onward, "at": _seconds()}
    return redirect(asked.url, 303)


@room.page("/sign-in/with/<slug>/callback", may=Door.ANYONE)
@limiter.limit(SIGNING, key_func=address)
def hear_institution(slug: str) -> ResponseReturnValue:
    """The browser is back; what was remembered counts for this one answer."""
    provider, asked = _provider(slug), cookie.pop(ASKED, None)
    if not asked or asked["slug"] != slug or asked["at"] < _seconds() - GOOD_FOR.total_seconds():
        return _turn_back(InvalidError(_("This sign-in was begun in another window. Please begin again.")), "")
    step_aside()
    try:
        since = int(asked["at"]) if asked["intent"] == "prove" else None
        said = hear(provider, callback=_callback(provider), answer=request.args, remembered=asked, since=since)
    except InvalidError as refusal:
        return _turn_back(refusal, asked["intent"])
    cookie[LINKING] = {"said": asdict(said), "intent": asked["intent"], "onward": asked["onward"], "at": _seconds()}
    return redirect("/sign-in/institution", 303)


@room.page("/sign-in/institution", may=Door.ANYONE, methods=("GET", "POST"))
@limiter.limit(SIGNING, key_func=address, methods=["POST"])
def institution() -> ResponseReturnValue:
    """What the institution said, and what it leads to: in, a link, a proof, or a new account."""
    kept = cookie.get(LINKING)
    provider = provider_of(kept["said"]["issuer"]) if kept else None
    if not kept or provider is None or kept["at"] < _seconds() - GOOD_FOR.total_seconds():
        cookie.pop(LINKING, None)
        return redirect("/settings/security" if current_viewer().signed_in else "/sign-in", 303)
    said, form = Said(**kept["said"]), JoinForm()
    deed = _deed(said, kept["intent"])
    if request.method == "POST" and (deed != "join" or form.validate_on_submit()):
        onward = kept["onward"]
        with form.attempt():
            onward = _do(deed, said, form, provider, onward)
        if form.is_fine:
            cookie.pop(LINKING, None)
            return redirect(onward, 303)
    if request.method == "GET" and deed == "join":
        form.handle.data, form.display_name.data = free_handle(said.handle), said.name
    page = render_template(
        "accounts/institution.html",
        form=form,
        deed=deed,
        said=said,
        institution=provider.name_in(current_viewer().locale),
    )
    return make_response(page, 422 if form.errors else 200)


@room.page("/signed-out/<slug>", may=Door.ANYONE)
def signed_out(slug: str) -> ResponseReturnValue:
    """Signed out here; at the institution the browser may still be known."""
    provider = _provider(slug)
    home = current_app.config["BASE_URL"] + "/"
    return render_template(
        "accounts/signed_out.html",
        institution=provider.name_in(current_viewer().locale),
        url=way_out(provider, home=home),
    )


def _deed(said: Said, intent: str) -> str:
    """What the word of the institution is good for: it never takes over an account that it does not know."""
    viewer, identity = current_viewer(), identity_of(said.issuer, said.subject)
    if viewer.signed_in:
        if intent == "prove":
            return "prove"
        return "linked" if identity and identity.user_id == viewer.user_id else "taken" if identity else "link"
    if identity is not None:
        return "enter"
    return "known" if said.is_email_verified and owner_of_address(clean_email(said.email)) else "join"


def _do(deed: str, said: Said, form: JoinForm, provider: Provider, onward: str) -> str:
    viewer, way = current_viewer(), f"institution:{provider.slug}"
    if deed == "prove":
        identities.prove_with(viewer, said)
    elif deed == "link":
        identities.link(viewer, said)
        return "/settings/security"
    elif deed == "enter":
        return come_in(identities.come_with(said), way=way, remember=False, onward=onward)
    elif deed == "join":
        user = identities.join_with(
            viewer,
            said,
            handle=form.handle.data or "",
            display_name=form.display_name.data or "",
            email=form.email.data or "",
        )
        return come_in(user, way=way, remember=False, onward=onward) if user else "/check-mail"
    return onward


def _provider(slug: str) -> Provider:
    found = providers().get(slug)
    if found is None:
        raise NotFoundError
    return found


def _callback(provider: Provider) -> str:
    base: str = current_app.config["BASE_URL"]
    return f"{base}/sign-in/with/{provider.slug}/callback"


def _turn_back(refusal: InvalidError, intent: str) -> ResponseReturnValue:
    flash(refusal.detail, "error")
    ways = {"link": "/settings/security", "prove": "/reauthenticate"}
    return redirect(ways.get(intent, "/sign-in"), 303)


def _seconds() -> int:
    return int(now().timestamp())

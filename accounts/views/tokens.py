"""Keys for programs, in one's settings."""

from datetime import timedelta

from flask import flash, make_response, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.actions.tokens import create_token, revoke_token
from accounts.forms import TokenForm
from accounts.policy import AccountRight
from accounts.queries import my_tokens
from accounts.recent import must_be_recent
from accounts.room import room
from kernel.limits import SIGNING, limiter
from kernel.web import current_viewer


@room.page("/settings/tokens", may=AccountRight.USE_API, methods=("GET", "POST"))
@limiter.limit(SIGNING, methods=["POST"])
def tokens() -> ResponseReturnValue:
    """The list, and a new one; its secret is on the page that answers, and never again."""
    must_be_recent(current_viewer())
    form, secret = TokenForm(), ""
    if form.validate_on_submit():
        lifetime = timedelta(days=int(form.lifetime.data)) if form.lifetime.data else None
        with form.attempt():
            secret = create_token(current_viewer(), name=form.name.data, scopes=form.scopes.data, lifetime=lifetime)
    blank = TokenForm(formdata=None) if secret else form
    page = render_template(
        "accounts/settings_tokens.html", tab="tokens", form=blank, secret=secret, tokens=my_tokens(current_viewer())
    )
    response = make_response(page, 201 if secret else 422 if form.errors else 200)
    if secret:
        response.headers["Cache-Control"] = "no-store"
    return response


@room.page("/settings/tokens/<int:token_id>/revoke", may=AccountRight.USE_API, methods=("POST",))
def revoke(token_id: int) -> ResponseReturnValue:
    """Make a key useless."""
    revoke_token(current_viewer(), token_id=token_id)
    flash(_("The token opens nothing any more."), "success")
    return redirect("/settings/tokens", 303)

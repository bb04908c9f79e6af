"""Proving anew that an account is one's own, before it is opened in another way or taken along."""

from urllib.parse import quote

from flask import Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from accounts import passkeys
from accounts.actions.proving import prove
from accounts.factors import has_second_step
from accounts.forms import ProofForm
from accounts.identities import my_providers
from accounts.policy import AccountRight
from accounts.queries import my_account
from accounts.recent import ProofNeededError
from accounts.room import room
from kernel.db import SAFE_METHODS
from kernel.errors import GuildhallError
from kernel.limits import PROVING, SIGNING, limiter, who
from kernel.web import current_viewer, is_api, refusal, safe_next

OWN_FIELDS = "proof_"


@room.page("/reauthenticate", may=AccountRight.CHANGE_SIGN_IN, methods=("GET", "POST"))
@limiter.limit(SIGNING, methods=["POST"])
@limiter.limit(
    PROVING,
    key_func=who,
    methods=["POST"],
    deduct_when=lambda response: response.status_code == 422,  # noqa: PLR2004 - the status of a refused form
)
def reauthenticate() -> ResponseReturnValue:
    """Ask for a proof; after it, go to the page that was meant, or do what was sent there."""
    form = ProofForm()
    if form.validate_on_submit():
        with form.attempt():
            prove(
                current_viewer(),
                password=form.proof_password.data or "",
                code=form.proof_code.data or "",
                credential=form.proof_credential.data or "",
            )
        if form.is_fine:
            meant = request.form.get("proof_then")
            return redirect(safe_next(meant), 307) if meant else redirect(safe_next(form.proof_next.data), 303)
    return _page(form, then=request.form.get("proof_then", ""), status=422 if form.errors else 200)


@room.app_errorhandler(ProofNeededError)
def ask_for_proof(error: GuildhallError) -> Response:
    """Whoever looked is sent to the proof; what somebody sent is kept on its page, and sent on from there."""
    if is_api() or not current_viewer().session_id:
        return refusal(error)
    here = request.full_path.rstrip("?")
    if request.method in SAFE_METHODS:
        return make_response(redirect(f"/reauthenticate?next={quote(here, safe='')}", 303))
    return _page(ProofForm(formdata=None), then=here, status=error.status)


def _page(form: ProofForm, *, then: str, status: int) -> Response:
    viewer = current_viewer()
    user = my_account(viewer)
    sent = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"] if then else []
    page = render_template(
        "accounts/reauthenticate.html",
        form=form,
        next=safe_next(request.values.get("next") or form.proof_next.data),
        then=then,
        has_password=bool(user.password_hash) and not has_second_step(user.id),
        has_code=has_second_step(user.id),
        options=passkeys.second_step_options(user.id) if passkeys.are_possible() else "",
        providers=my_providers(viewer),
        kept=[(name, value) for name, value in sent if not name.startswith(OWN_FIELDS)],
    )
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response

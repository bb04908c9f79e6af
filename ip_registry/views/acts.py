"""Acts on a record, each on a page of its own that says what it does: signed by the browser, or by a key kept here."""

import json
import re
from functools import partial

from flask import current_app, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ip_registry.act_forms import FORMS, ActForm
from ip_registry.actions.consents import decline
from ip_registry.actions.custody import act_in_custody
from ip_registry.actions.disclosing import end_showing, keep_presigned
from ip_registry.actions.erasing import erase
from ip_registry.actions.events import add_event
from ip_registry.actions.rekeying import stop_changing
from ip_registry.actions.transfers import take_back
from ip_registry.addresses import record_url
from ip_registry.queries.acts import DECLINE, ERASE
from ip_registry.record_loading import record_at
from ip_registry.room import room
from ip_registry.sequencing import NotSigningError, sequenced
from ip_registry.views.act_pages import act_page, asked, fill
from kernel.errors import ForbiddenError, InvalidError, NotFoundError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.policy import Door
from kernel.rooms import id_of
from kernel.viewer import Viewer
from kernel.web import Afterwards, current_viewer

SALT = re.compile(r"[0-9a-f]{64}", re.ASCII)


@room.page("/registry/<number>/acts/<act>", may=Door.MEMBER)
def act(number: str, act: str) -> ResponseReturnValue:
    """What an act does, and its form."""
    view = asked(current_viewer(), number, act)
    form = FORMS[act](formdata=None)
    fill(form, current_viewer(), view)
    return act_page(view, act, form)


@room.page("/registry/<number>/acts/<act>", may=Door.MEMBER, methods=("POST",), endpoint="do_act")
@limiter.limit(POSTING)
def do_act(number: str, act: str) -> ResponseReturnValue:
    """Do it; what is refused changes nothing, and what was typed stays in the form."""
    viewer = current_viewer()
    view, form = asked(viewer, number, act), FORMS[act]()
    fill(form, viewer, view)
    leaf_hash: bytes | None = None
    if form.validate() and _is_meant(form, number):
        with form.attempt():
            leaf_hash = _do(viewer, number, act, form)
    if not form.is_fine:
        form.forget_signature()
        return act_page(view, act, form), 422
    return Afterwards(partial(_done, number, act, leaf_hash))


@room.page("/registry/<number>/offer/end", may=Door.MEMBER, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def end_offer(number: str) -> ResponseReturnValue:
    """Take an offer back, or refuse one."""
    viewer = current_viewer()
    take_back(viewer, record=record_at(viewer, number))
    flash(_("The offer has ended; the record stays with its owner."), "success")
    return redirect("/registry", 303)


@room.page("/registry/<number>/key-change/end", may=Door.MEMBER, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def end_key_change(number: str) -> ResponseReturnValue:
    """Keep the present key after all."""
    viewer = current_viewer()
    stop_changing(viewer, record=record_at(viewer, number))
    flash(_("The present key goes on signing."), "success")
    return redirect(record_url(number), 303)


@room.page("/registry/<number>/readers/end", may=Door.MEMBER, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def end_reading(number: str) -> ResponseReturnValue:
    """Somebody to whom it was shown does not see it here any more."""
    viewer, party_id = current_viewer(), id_of(request.form.get("party"))
    if party_id is None:
        raise NotFoundError
    end_showing(viewer, record=record_at(viewer, number), party_id=party_id)
    flash(_("They do not see it here any more."), "success")
    return redirect(record_url(number), 303)


def _do(viewer: Viewer, number: str, act: str, form: ActForm) -> bytes | None:
    """Do the act; the hash of its leaf, unless it is one of which the log learns nothing."""
    record = record_at(viewer, number)
    if act == DECLINE:
        decline(viewer, record=record, message=form["message"].data or "")
        return None
    if act == ERASE:
        erase(viewer, record=record)
        return None
    password = form["password"].data if "password" in form else None
    try:
        if form.leaf.data:
            event = add_event(
                viewer,
                record=record,
                leaf=form.leaf.data.encode(),
                details=form.details.data or None,
                salt=bytes.fromhex(form.salt.data) if SALT.fullmatch(form.salt.data or "") else None,
                password=password,
            )
            if "then" in form and form["then"].data:
                keep_presigned(viewer, record=record, **_presigned(form["then"].data))
            return event.leaf_hash
        return act_in_custody(
            viewer,
            record=record,
            type=act,
            secret=current_app.config["SECRET_KEY"],
            next_key=(form["next_key"].data or "").strip() or None if "next_key" in form else None,
            password=password,
            **form.facts(),
        ).leaf_hash
    except ForbiddenError as refusal:  # such as another person's key: said beside the form, where it can be mended
        raise InvalidError(refusal.detail) from None


def _presigned(text: str) -> dict[str, str]:
    """The leaf, details and salt of a disclosure that was signed for a later day."""
    try:
        sent = json.loads(text)
        return {name: str(sent[name]) for name in ("leaf", "details", "salt")}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidError(_("What was signed for that day cannot be read.")) from None


def _done(number: str, act: str, leaf_hash: bytes | None) -> ResponseReturnValue:
    """Back to the record, once the leaf stands in a signed checkpoint."""
    if leaf_hash is None:
        erased = _("Erased. The certificate of erasure, on this page, says what was deleted and what stays.")
        flash(erased if act == ERASE else _("Done."), "success")
        return redirect(record_url(number), 303)
    try:
        sequenced(leaf_hash)
        flash(_("Signed, and in the log."), "success")
    except NotSigningError as delay:
        flash(delay.detail, "warning")
    return redirect(record_url(number), 303)  # to its beginning, where the sentence stands


def _is_meant(form: ActForm, number: str) -> bool:
    """What cannot be undone is confirmed: a publication by a tick, an erasure by typing the number."""
    if "is_understood" in form and form["scope"].data != "person" and not form["is_understood"].data:
        form["is_understood"].errors = [_("Tick this to publish; nothing was published yet.")]
        return False
    if "number" in form and (form["number"].data or "").strip() != number:
        form["number"].errors = [_("This is not the number of the record. Nothing was erased.")]
        return False
    return True

"""Somebody as moderators see them: sanctions, notes, flags; and what may be done."""

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from accounts.models import User
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.rooms import id_of
from kernel.viewer import STAFF, Viewer
from kernel.web import current_viewer, safe_next
from kernel.words import gettext as _
from moderation.actions.notes import add_note
from moderation.actions.rules import stock_reasons
from moderation.actions.sanctions import impose, lift
from moderation.forms import LiftForm, NoteForm, SanctionForm
from moderation.models import SanctionKind
from moderation.policy import ModerationRight, scopes_of
from moderation.queries.people import dossier_of
from moderation.queries.queue import scope_names
from moderation.queries.rules import rules_in_force
from moderation.room import room
from moderation.wording import outcome_names, sanction_names


@room.page("/staff/people/<handle>", may=ModerationRight.SANCTION)
def dossier(handle: str) -> ResponseReturnValue:
    """All that moderators know of somebody."""
    viewer = current_viewer()
    authorise(viewer, ModerationRight.SANCTION)
    return _page(viewer, _person(handle), None)


@room.page("/staff/people/<handle>/sanctions", may=ModerationRight.SANCTION, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def sanction(handle: str) -> ResponseReturnValue:
    """Warn, silence or suspend."""
    viewer = current_viewer()
    authorise(viewer, ModerationRight.SANCTION)
    user = _person(handle)
    form = SanctionForm().offer(viewer, rules_in_force())
    if form.validate() and form.kind.data in {name for name, _label in form.kind.choices}:
        with form.attempt():
            impose(
                viewer,
                user_id=user.id,
                kind=SanctionKind(form.kind.data),
                reason=form.reason.data or "",
                scope=_scope(viewer),
                rule_id=id_of(form.rule_id.data) or None,
                ends_at=form.ends_at,
                note=form.note.data or "",
            )
        if form.is_fine:
            flash(_("It is imposed, and they are told."), "success")
            return redirect(f"/staff/people/{user.handle}", 303)
    return make_response(_page(viewer, user, form), 422)


@room.page("/sanctions/<int:sanction_id>/lifting", may=ModerationRight.SANCTION, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def lift_sanction(sanction_id: int) -> ResponseReturnValue:
    """End it before its time."""
    viewer = current_viewer()
    authorise(viewer, ModerationRight.SANCTION)
    lifted = lift(viewer, sanction_id=sanction_id, reason=request.form.get("reason", ""))
    handle = session().scalar(select(User.handle).where(User.id == lifted.user_id))
    flash(_("It is lifted, and they are told."), "success")
    return redirect(f"/staff/people/{handle}", 303)


@room.page("/staff/people/<handle>/notes", may=ModerationRight.NOTE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def note_on_person(handle: str) -> ResponseReturnValue:
    """Tell the other moderators something about them."""
    viewer = current_viewer()
    authorise(viewer, ModerationRight.NOTE)
    user = _person(handle)
    add_note(viewer, ref=Ref("accounts.user", user.id), scope=_scope(viewer), body=request.form.get("body", ""))
    return redirect(safe_next(request.form.get("next"), default=f"/staff/people/{user.handle}#notes"), 303)


def _person(handle: str) -> User:
    """Suspended people too."""
    user = session().scalar(select(User).where(User.handle == handle.lower()))
    if user is None:
        raise NotFoundError
    return user


def _scope(viewer: Viewer) -> str:
    """For which of their places a moderator speaks: as the form says, the staff for the site if it says nothing."""
    held = [*scopes_of(viewer), *([STAFF] if viewer.is_staff else [])]
    asked = request.form.get("scope", "")
    if asked in held:
        return asked
    return STAFF if viewer.is_staff else held[0]


def _page(viewer: Viewer, user: User, form: SanctionForm | None) -> str:
    rules = rules_in_force()
    return render_template(
        "moderation/person.html",
        person=dossier_of(viewer, user),
        form=form or SanctionForm(formdata=None).offer(viewer, rules),
        note_form=NoteForm(formdata=None),
        lift_form=LiftForm(formdata=None),
        texts={str(rule.id): rule.text(user.locale) for rule in rules},
        stock=stock_reasons(user.locale),
        lang=user.locale,
        scopes=scope_names(viewer, [*scopes_of(viewer), *([STAFF] if viewer.is_staff else [])]),
        names=sanction_names(),
        outcomes=outcome_names(),
    )

"""What happens around an event: coming, minutes, presence, what hangs on it, and other alliances."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions import attending, event_allies
from alliances.actions import events as actions
from alliances.here import here_at
from alliances.policy import AllianceRight
from alliances.room import room
from alliances.views.events import BASE, event_as_page
from kernel.errors import InvalidError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.refs import Ref
from kernel.rooms import id_of
from kernel.web import current_viewer

ONE = f"{BASE}/<int:event_id>"


def _back(slug: str, event_id: int, anchor: str = "") -> ResponseReturnValue:
    return redirect(f"/alliances/{slug}/events/{event_id}{anchor}", 303)


def _refused(slug: str, event_id: int, error: InvalidError) -> ResponseReturnValue:
    page = event_as_page(here_at(current_viewer(), slug), event_id, errors=error.errors or {"message": error.detail})
    return page, 422


@room.page(f"{ONE}/attendance", may=AllianceRight.ATTEND, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def attend_event(slug: str, event_id: int) -> ResponseReturnValue:
    """I come, or I do not."""
    mine = attending.attend(current_viewer(), slug=slug, event_id=event_id, comes=request.form.get("comes") == "1")
    said = {
        attending.GOING: _("You have a place."),
        attending.WAITING: _("All places are taken. You are on the waiting list, and hear when one is free."),
        attending.DECLINED: _("You do not come."),
    }
    flash(said[mine.state], "success")
    return _back(slug, event_id)


@room.page(f"{ONE}/cancellation", may=AllianceRight.HOLD_EVENT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def cancel_event(slug: str, event_id: int) -> ResponseReturnValue:
    """It does not take place."""
    try:
        actions.cancel_event(current_viewer(), slug=slug, event_id=event_id, reason=request.form.get("reason", ""))
    except InvalidError as error:
        return _refused(slug, event_id, error)
    flash(_("Cancelled. Those who signed up are told."), "success")
    return _back(slug, event_id)


@room.page(f"{ONE}/minutes", may=AllianceRight.HOLD_EVENT, methods=("POST",))
@limiter.limit(POSTING)
def write_minutes(slug: str, event_id: int) -> ResponseReturnValue:
    """What was said and agreed."""
    try:
        actions.write_minutes(current_viewer(), slug=slug, event_id=event_id, text=request.form.get("minutes", ""))
    except InvalidError as error:
        return _refused(slug, event_id, error)
    flash(_("The minutes are kept."), "success")
    return _back(slug, event_id, "#minutes")


@room.page(f"{ONE}/presence", may=AllianceRight.HOLD_EVENT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def mark_present(slug: str, event_id: int) -> ResponseReturnValue:
    """Who was there."""
    present = {number for text in request.form.getlist("present") if (number := id_of(text)) is not None}
    actions.mark_present(current_viewer(), slug=slug, event_id=event_id, user_ids=present)
    flash(_("Noted who was there."), "success")
    return _back(slug, event_id, "#people")


@room.page(f"{ONE}/links", may=AllianceRight.HOLD_EVENT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def link_event(slug: str, event_id: int) -> ResponseReturnValue:
    """Hang a decision or a document on it, or take it off."""
    kind, _colon, number = request.form.get("ref", "").rpartition(":")
    ref = Ref(kind, id_of(number) or 0)
    change = actions.unlink_from_event if request.form.get("off") else actions.link_to_event
    change(current_viewer(), slug=slug, event_id=event_id, ref=ref)
    return _back(slug, event_id, "#decisions")


@room.page(f"{ONE}/allies", may=AllianceRight.HOLD_EVENT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def ask_ally(slug: str, event_id: int) -> ResponseReturnValue:
    """Ask another alliance to hold it together."""
    try:
        event_allies.ask_ally(
            current_viewer(),
            slug=slug,
            event_id=event_id,
            ally=request.form.get("ally", ""),
            message=request.form.get("message", ""),
        )
    except InvalidError as error:
        return _refused(slug, event_id, error)
    flash(_("Asked. Its officers are told."), "success")
    return _back(slug, event_id, "#allies")


@room.page(f"{ONE}/allies/<int:ally_id>/parting", may=AllianceRight.HOLD_EVENT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def part_with_ally(slug: str, event_id: int, ally_id: int) -> ResponseReturnValue:
    """The other alliance is no part of it any more."""
    event_allies.part_with_ally(current_viewer(), slug=slug, event_id=event_id, ally_id=ally_id)
    flash(_("It is not held together any more."), "success")
    return _back(slug, event_id, "#allies")


@room.page("/alliances/<slug>/joint-events/<int:event_id>", may=AllianceRight.HOLD_EVENT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def answer_host(slug: str, event_id: int) -> ResponseReturnValue:
    """Accept or refuse, with a message; or leave what was accepted."""
    viewer, deed = current_viewer(), request.form.get("deed")
    calendar = redirect(f"/alliances/{slug}/events", 303)
    if deed == "leave":
        event_allies.leave_event(viewer, slug=slug, event_id=event_id)
        flash(_("It is not held together any more."), "success")
        return calendar
    accept = deed == "accept"
    try:
        event_allies.answer_ally(
            viewer, slug=slug, event_id=event_id, accept=accept, message=request.form.get("message", "")
        )
    except InvalidError as error:
        flash(next(iter(error.errors.values()), error.detail), "error")
        return calendar
    flash(_("Accepted: it stands in your calendar, too.") if accept else _("Refused."), "success")
    return _back(slug, event_id) if accept else calendar

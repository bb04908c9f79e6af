"""Events: the calendar of an alliance, the page of one, planning and changing them."""

from dataclasses import asdict

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions import events as actions
from alliances.event_loading import event_here
from alliances.event_text import EventFacts, facts_of
from alliances.forms.events import EventForm
from alliances.here import Here, here_at
from alliances.models import Event, EventState
from alliances.policy import AllianceRight
from alliances.queries import events as queries
from alliances.queries.event_links import linkable
from alliances.readers import choices_for, group_here, readers_of
from alliances.room import room
from alliances.views.answers import put_errors
from alliances.views.frame import alliance_page
from kernel.clock import now
from kernel.errors import InvalidError, NotFoundError
from kernel.i18n import TIMEZONES, zone
from kernel.limits import POSTING, limiter
from kernel.policy import authorise, can
from kernel.rooms import id_of
from kernel.web import current_viewer

BASE = "/alliances/<slug>/events"


@room.page(BASE, may=AllianceRight.READ)
def events(slug: str) -> ResponseReturnValue:
    """What comes, and what is over."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    group = group_here(here, id_of(request.args.get("group")))
    is_past = request.args.get("view") == "past"
    page = queries.event_page(
        viewer, here, is_past=is_past, group_id=group.id if group else None, cursor=request.args.get("cursor")
    )
    may_plan = can(viewer, AllianceRight.HOLD_EVENT, (here, group.id if group else None))
    answers = can(viewer, AllianceRight.HOLD_EVENT, (here, None))
    return alliance_page(
        "alliances/events.html",
        here,
        tab="events",
        page=page,
        group=group,
        is_past=is_past,
        may_plan=may_plan,
        asked=queries.asked_of(here) if answers and not is_past else [],
    )


@room.page(f"{BASE}/new", may=AllianceRight.HOLD_EVENT)
def new_event(slug: str) -> ResponseReturnValue:
    """Plan one."""
    here, group_id = _place(slug)
    mine = current_viewer().timezone
    known = mine if mine in TIMEZONES else EventFacts(title="").timezone
    return _form_page(here, EventForm(formdata=None, timezone=known), group_id=group_id)


@room.page(BASE, may=AllianceRight.HOLD_EVENT, methods=("POST",), endpoint="plan_event")
@limiter.limit(POSTING)
def send_event(slug: str) -> ResponseReturnValue:
    """Plan it, or let a time be found; what cannot be planned stays in the form."""
    viewer, form = current_viewer(), EventForm()
    here, group_id = _place(slug)
    form.audience.choices = choices_for(here, group_id=group_id)
    if request.form.get("more"):
        return _form_page(here, form, group_id=group_id)
    if form.validate():
        try:
            made = actions.plan_event(
                viewer, slug=slug, facts=form.facts(), group_id=group_id, poll_days=form.days.data
            )
        except InvalidError as error:
            put_errors(form, error, first="title")
        else:
            flash(
                _("The vote on its time is open.")
                if made.state == EventState.POLLING
                else _("It stands in the calendar."),
                "success",
            )
            return redirect(f"{here.alliance.url}/events/{made.id}", 303)
    return _form_page(here, form, group_id=group_id), 422


@room.page(f"{BASE}/<int:event_id>", may=AllianceRight.READ)
def event(slug: str, event_id: int) -> ResponseReturnValue:
    """An event, with who comes, and what was said and decided there."""
    return event_as_page(here_at(current_viewer(), slug), event_id)


def event_as_page(here: Here, event_id: int, *, errors: dict[str, str] | None = None) -> str:
    """The page of an event, with what was typed into a form that was refused."""
    viewer = current_viewer()
    view = queries.event_view(viewer, here, event_id)
    is_host = view.event.alliance_id == here.alliance.id
    may_hold = is_host and can(viewer, AllianceRight.HOLD_EVENT, (here, view.event.group_id))
    return alliance_page(
        "alliances/event.html",
        here,
        tab="events",
        view=view,
        is_host=is_host,
        may_hold=may_hold,
        may_leave=not is_host and can(viewer, AllianceRight.HOLD_EVENT, (here, None)),
        has_begun=view.event.starts_at is not None and view.event.starts_at <= now(),
        times=times_of(view.event, viewer.timezone),
        linkable=linkable(viewer, here, view.links) if may_hold else [],
        errors=errors or {},
        typed=request.form,
    )


@room.page(f"{BASE}/<int:event_id>/edit", may=AllianceRight.HOLD_EVENT)
def edit_event(slug: str, event_id: int) -> ResponseReturnValue:
    """Change it, or move it."""
    here, found = _to_change(slug, event_id)
    return _form_page(here, _form_of(here, found), group_id=found.group_id, found=found)


@room.page(f"{BASE}/<int:event_id>", may=AllianceRight.HOLD_EVENT, methods=("POST",), endpoint="change_event")
@limiter.limit(POSTING)
def send_changes_of_event(slug: str, event_id: int) -> ResponseReturnValue:
    """Keep the changes."""
    form = EventForm()
    here, found = _to_change(slug, event_id)
    form.audience.choices = choices_for(here, group_id=found.group_id)
    form.how.data = "fixed"
    form.how.raw_data = ["fixed"]
    if form.validate():
        try:
            actions.change_event(current_viewer(), slug=slug, event_id=event_id, facts=form.facts())
        except InvalidError as error:
            put_errors(form, error, first="title")
        else:
            flash(_("Changed. Those who signed up are told, and their calendars follow."), "success")
            return redirect(f"{here.alliance.url}/events/{event_id}", 303)
    return _form_page(here, form, group_id=found.group_id, found=found), 422


def times_of(found: Event, timezone: str) -> list[tuple[str, str]]:
    """When it is: in the zone of the event, and in the viewer's where the clock there shows something else."""
    if found.starts_at is None or found.ends_at is None:
        return []
    spans: list[tuple[str, str]] = []
    for name in dict.fromkeys((found.timezone, timezone)):
        start, end = found.starts_at.astimezone(zone(name)), found.ends_at.astimezone(zone(name))
        until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
        said = f"{start:%Y-%m-%d %H:%M}–{until}" if start.date() == end.date() else f"{start:%Y-%m-%d %H:%M} – {until}"
        if said not in [span for span, _name in spans]:
            spans.append((said, name))
    return spans


def _place(slug: str) -> tuple[Here, int | None]:
    viewer = current_viewer()
    here = here_at(viewer, slug)
    group = group_here(here, id_of(request.values.get("group")))
    group_id = group.id if group else None
    authorise(viewer, AllianceRight.HOLD_EVENT, (here, group_id))
    return here, group_id


def _to_change(slug: str, event_id: int) -> tuple[Here, Event]:
    viewer = current_viewer()
    here = here_at(viewer, slug)
    found = event_here(here, event_id)
    if found.alliance_id != here.alliance.id:
        raise NotFoundError
    authorise(viewer, AllianceRight.HOLD_EVENT, (here, found.group_id))
    return here, found


def _form_of(here: Here, found: Event) -> EventForm:
    kept = asdict(facts_of(found, readers=readers_of(here.alliance, found.audience)))
    return EventForm(formdata=None, how="fixed", **{name: value for name, value in kept.items() if name != "slots"})


def _form_page(here: Here, form: EventForm, *, group_id: int | None, found: Event | None = None) -> str:
    form.audience.choices = choices_for(here, group_id=group_id)
    if request.form.get("more"):
        for _row in range(2):
            form.slots.append_entry()
    return alliance_page(
        "alliances/event_form.html", here, tab="events", form=form, group=group_here(here, group_id), event=found
    )

"""Calls: the list, the page of one, writing them, and what officers do with them."""

from dataclasses import asdict

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.organisations import organisations_of
from alliances.actions import calls as actions
from alliances.actions import scoring
from alliances.actions.bids import is_open
from alliances.call_loading import call_here
from alliances.call_text import facts_of
from alliances.forms.calls import BidForm, CallForm
from alliances.here import Here, here_at
from alliances.models import Call, CallState
from alliances.policy import AllianceRight
from alliances.queries import calls as queries
from alliances.queries.members import people_acting
from alliances.readers import Readers, choices_for, readers_of
from alliances.room import room
from alliances.views.answers import put_errors
from alliances.views.frame import alliance_page
from kernel.errors import InvalidError, NotFoundError
from kernel.i18n import zone
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.policy import authorise, can
from kernel.rooms import id_of
from kernel.web import current_viewer

BASE = "/alliances/<slug>/calls"
ONE = f"{BASE}/<int:call_id>"


@room.page(BASE, may=AllianceRight.READ)
def calls(slug: str) -> ResponseReturnValue:
    """What one may bid on, what runs, and what has ended."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    is_over = request.args.get("view") == "over"
    return alliance_page(
        "alliances/calls.html",
        here,
        tab="calls",
        page=queries.call_page(viewer, here, is_over=is_over, cursor=request.args.get("cursor")),
        is_over=is_over,
        may_run=can(viewer, AllianceRight.RUN_CALL, here),
    )


@room.page(f"{BASE}/new", may=AllianceRight.RUN_CALL)
def new_call(slug: str) -> ResponseReturnValue:
    """Write one."""
    here = _to_run(slug)
    return _form_page(here, CallForm(formdata=None))


@room.page(BASE, may=AllianceRight.RUN_CALL, methods=("POST",), endpoint="write_call")
@limiter.limit(POSTING)
def send_call(slug: str) -> ResponseReturnValue:
    """Keep it as a draft; what cannot be kept stays in the form."""
    viewer, form = current_viewer(), CallForm()
    here = _to_run(slug)
    form.audience.choices = _choices(here)
    if request.form.get("more"):
        return _form_page(here, form)
    if form.validate():
        try:
            made = actions.write_call(viewer, slug=slug, facts=form.facts(viewer.timezone))
        except InvalidError as error:
            put_errors(form, error, first="title")
        else:
            flash(_("Kept as a draft that the council sees."), "success")
            return redirect(f"{here.alliance.url}/calls/{made.id}", 303)
    return _form_page(here, form), 422


@room.page(ONE, may=AllianceRight.READ)
def call(slug: str, call_id: int) -> ResponseReturnValue:
    """A call, with the bids and scores that this viewer may know."""
    return call_as_page(here_at(current_viewer(), slug), call_id)


def call_as_page(here: Here, call_id: int, *, form: BidForm | None = None, errors: dict[str, str] | None = None) -> str:
    """The page of a call, with what was typed into a form that was refused."""
    viewer = current_viewer()
    view = queries.call_view(viewer, here, call_id)
    if form is None:
        form = _bid_form(view)
    form.organisations.choices = [(str(one.id), one.name) for one in organisations_of(viewer)]
    return alliance_page(
        "alliances/call.html",
        here,
        tab="calls",
        view=view,
        form=form,
        takes_bids=is_open(view.call),
        may_run=can(viewer, AllianceRight.RUN_CALL, here),
        acting=people_acting(here) if can(viewer, AllianceRight.RUN_CALL, here) else [],
        errors=errors or {},
        typed=request.form,
    )


@room.page(f"{ONE}/edit", may=AllianceRight.RUN_CALL)
def edit_call(slug: str, call_id: int) -> ResponseReturnValue:
    """Change it."""
    here = _to_run(slug)
    found = call_here(here, call_id)
    return _form_page(here, _form_of(here, found), found=found)


@room.page(ONE, may=AllianceRight.RUN_CALL, methods=("POST",), endpoint="change_call")
@limiter.limit(POSTING)
def send_changes_of_call(slug: str, call_id: int) -> ResponseReturnValue:
    """Keep the changes."""
    viewer, form = current_viewer(), CallForm()
    here = _to_run(slug)
    found = call_here(here, call_id)
    form.audience.choices = _choices(here)
    if request.form.get("more"):
        return _form_page(here, form, found=found)
    if form.validate():
        try:
            actions.change_call(viewer, slug=slug, call_id=call_id, facts=form.facts(viewer.timezone))
        except InvalidError as error:
            put_errors(form, error, first="title")
        else:
            flash(_("Changed."), "success")
            return redirect(f"{here.alliance.url}/calls/{call_id}", 303)
    return _form_page(here, form, found=found), 422


@room.page(
    f"{ONE}/<any(opening,evaluation,start,result,cancellation,award,vote):deed>",
    may=AllianceRight.RUN_CALL,
    methods=("POST",),
)
@limiter.limit(SMALL_DEEDS)
def move_call(slug: str, call_id: int, deed: str) -> ResponseReturnValue:
    """Open, evaluate, award, put to the vote, start, close or cancel it."""
    viewer, here = current_viewer(), here_at(current_viewer(), slug)
    words = {name: request.form.get(name, "") for name in ("statement", "message", "result", "reason")}
    bid_id = id_of(request.form.get("bid")) or 0
    url = f"{here.alliance.url}/calls/{call_id}"
    try:
        if deed == "opening":
            actions.open_call(viewer, slug=slug, call_id=call_id)
        elif deed == "evaluation":
            actions.begin_evaluation(viewer, slug=slug, call_id=call_id)
        elif deed == "start":
            actions.start_call(viewer, slug=slug, call_id=call_id)
        elif deed == "result":
            actions.finish_call(viewer, slug=slug, call_id=call_id, result=words["result"])
        elif deed == "cancellation":
            actions.cancel_call(viewer, slug=slug, call_id=call_id, reason=words["reason"])
        elif deed == "award":
            statement, message = words["statement"], words["message"]
            actions.award(viewer, slug=slug, call_id=call_id, bid_id=bid_id, statement=statement, message=message)
        else:
            proposal = actions.put_award_to_vote(
                viewer, slug=slug, call_id=call_id, bid_id=bid_id, statement=words["statement"]
            )
            url = f"{here.alliance.url}/proposals/{proposal.number}"
    except InvalidError as error:
        return call_as_page(here, call_id, errors=error.errors or {"message": error.detail}), 422
    flash(_("Done. Whom it concerns is told."), "success")
    return redirect(url, 303)


@room.page(f"{ONE}/scorers", may=AllianceRight.RUN_CALL, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def name_scorer(slug: str, call_id: int) -> ResponseReturnValue:
    """Name somebody who scores, or take the task back."""
    viewer, here = current_viewer(), here_at(current_viewer(), slug)
    try:
        if request.form.get("off"):
            scoring.drop_scorer(viewer, slug=slug, call_id=call_id, user_id=id_of(request.form["off"]) or 0)
        else:
            scoring.name_scorer(viewer, slug=slug, call_id=call_id, handle=request.form.get("handle", ""))
    except InvalidError as error:
        return call_as_page(here, call_id, errors=error.errors), 422
    return redirect(f"{here.alliance.url}/calls/{call_id}#scorers", 303)


def _to_run(slug: str) -> Here:
    viewer = current_viewer()
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.RUN_CALL, here)
    return here


def _choices(here: Here) -> list[tuple[str, str]]:
    return [(code, name) for code, name in choices_for(here) if code in (Readers.PUBLIC, Readers.MEMBERS)]


def _form_of(here: Here, found: Call) -> CallForm:
    if found.state not in (CallState.DRAFT, CallState.OPEN):
        raise NotFoundError
    kept = facts_of(found, readers=readers_of(here.alliance, found.audience))
    there = zone(current_viewer().timezone)
    deadline = kept.deadline.astimezone(there) if kept.deadline else None
    return CallForm(formdata=None, **asdict(kept) | {"deadline": deadline})


def _form_page(here: Here, form: CallForm, *, found: Call | None = None) -> str:
    form.audience.choices = _choices(here)
    if request.form.get("more"):
        for _row in range(2):
            form.criteria.append_entry()
    return alliance_page("alliances/call_form.html", here, tab="calls", form=form, call=found)


def _bid_form(view: queries.CallView) -> BidForm:
    mine = view.mine
    if mine is None:
        return BidForm(formdata=None)
    row = next(row for row in view.bids if row.bid.id == mine.id)
    return BidForm(
        formdata=None,
        team=mine.team,
        offer=mine.body,
        people=" ".join(f"@{person.handle}" for person in row.people if person.id != mine.author_id),
        organisations=[str(party.party.id) for party in row.parties],
    )

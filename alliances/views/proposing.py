"""A proposal is written, opened, taken back and proposed again: each deed by one form."""

from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions import proposals as actions
from alliances.actions import withdrawing
from alliances.addresses import proposal_url
from alliances.counting import Method
from alliances.forms.charter import share_name
from alliances.forms.proposals import ProposalForm, WordsForm, form_values
from alliances.here import Here
from alliances.models import Matter, Proposal
from alliances.policy import AllianceRight
from alliances.proposal_text import MOST_OPTIONS, least_days
from alliances.queries.members import people_acting
from alliances.queries.proposal_page import proposal_view
from alliances.queries.proposals import similar_open, working_groups
from alliances.room import room
from alliances.rules import rule_for
from alliances.views.answers import put_errors
from alliances.views.frame import alliance_page
from alliances.views.proposals import TAB, inside, proposal_as_page
from alliances.wishes import methods_for
from kernel.errors import InvalidError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.policy import authorise
from kernel.web import current_viewer

MORE_ROWS = 3


@room.page("/alliances/<slug>/proposals/new", may=AllianceRight.PROPOSE)
def new_proposal(slug: str) -> ResponseReturnValue:
    """Write a proposal."""
    here = inside(slug)
    authorise(here.viewer, AllianceRight.PROPOSE, here)
    group = request.args.get("group", "")
    values = {
        "title": request.args.get("title", "")[:200],
        "method": _usual(here),
        "electorate": f"group:{group}" if group.isdecimal() else "members",
        "ballot": Method.RANKED.value,
        "seats": 1,
        "max_score": 5,
        "dots": 10,
    }
    return _form_page(here, ProposalForm(formdata=None, **values))


@room.page("/alliances/<slug>/proposals", may=AllianceRight.PROPOSE, methods=("POST",), endpoint="draft_proposal")
@limiter.limit(POSTING)
def send_proposal(slug: str) -> ResponseReturnValue:
    """Keep it as a draft, to be looked at before it is opened."""
    viewer, form, here = current_viewer(), ProposalForm(), inside(slug)
    if request.form.get("more"):
        return _form_page(here, form)
    if form.validate() and form.check_moments():
        try:
            held = actions.draft_proposal(viewer, form.facts(viewer.timezone), slug=slug, once=form.once.data or None)
        except InvalidError as error:
            put_errors(form, error, first="title")
        else:
            return redirect(proposal_url(slug, held.number), 303)
    return _form_page(here, form), 422


@room.page("/alliances/<slug>/proposals/<int:number>/edit", may=AllianceRight.PROPOSE)
def edit_proposal(slug: str, number: int) -> ResponseReturnValue:
    """Change one's own draft."""
    here = inside(slug)
    authorise(here.viewer, AllianceRight.PROPOSE, here)
    held, options = actions.draft_at(here, number)
    values = form_values(actions.stored_facts(held, options), here.viewer.timezone)
    return _form_page(here, ProposalForm(formdata=None, **values), held=held)


@room.page(
    "/alliances/<slug>/proposals/<int:number>", may=AllianceRight.PROPOSE, methods=("POST",), endpoint="change_proposal"
)
@limiter.limit(POSTING)
def send_changes_of_proposal(slug: str, number: int) -> ResponseReturnValue:
    """Keep the changes of a draft."""
    viewer, form, here = current_viewer(), ProposalForm(), inside(slug)
    held, _options = actions.draft_at(here, number)
    if request.form.get("more"):
        return _form_page(here, form, held=held)
    if form.validate() and form.check_moments():
        try:
            actions.change_draft(viewer, form.facts(viewer.timezone), slug=slug, number=number)
        except InvalidError as error:
            put_errors(form, error, first="title")
        else:
            return redirect(proposal_url(slug, number), 303)
    return _form_page(here, form, held=held), 422


@room.page("/alliances/<slug>/proposals/<int:number>/opening", may=AllianceRight.OPEN_VOTE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def open_proposal(slug: str, number: int) -> ResponseReturnValue:
    """Freeze the roll, and take votes from now on."""
    try:
        actions.open_proposal(current_viewer(), slug=slug, number=number)
    except InvalidError as error:
        here = inside(slug)
        return proposal_as_page(here, proposal_view(here, number), errors=error.errors or {"": error.detail}), 422
    flash(_("The vote is open. Everybody on the roll is told."), "success")
    return _to(slug, number)


@room.page("/alliances/<slug>/proposals/<int:number>/discard", may=AllianceRight.PROPOSE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def discard_proposal(slug: str, number: int) -> ResponseReturnValue:
    """Throw a draft away."""
    actions.discard_draft(current_viewer(), slug=slug, number=number)
    flash(_("The draft is gone."), "success")
    return redirect(f"/alliances/{slug}/proposals", 303)


@room.page("/alliances/<slug>/proposals/<int:number>/unopening", may=AllianceRight.OPEN_VOTE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def unopen_proposal(slug: str, number: int) -> ResponseReturnValue:
    """Make it a draft again, to change it."""
    withdrawing.unopen(current_viewer(), slug=slug, number=number)
    flash(_("It is a draft again, and nobody else sees it until you open it."), "success")
    return redirect(f"{proposal_url(slug, number)}/edit", 303)


@room.page("/alliances/<slug>/proposals/<int:number>/withdrawal", may=AllianceRight.OPEN_VOTE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def withdraw_proposal(slug: str, number: int) -> ResponseReturnValue:
    """Take it back for good, and say why."""
    form = WordsForm()
    try:
        withdrawing.withdraw(current_viewer(), slug=slug, number=number, message=form.message.data or "")
    except InvalidError as error:
        here = inside(slug)
        return proposal_as_page(here, proposal_view(here, number), errors=error.errors), 422
    flash(_("It is withdrawn."), "success")
    return _to(slug, number)


@room.page("/alliances/<slug>/proposals/<int:number>/again", may=AllianceRight.PROPOSE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def propose_again(slug: str, number: int) -> ResponseReturnValue:
    """A draft with the same content, to be changed and opened in its place."""
    held = actions.propose_again(current_viewer(), slug=slug, number=number)
    flash(
        _("This is a draft with the same content. What it replaces stays as it is until you open this one."), "success"
    )
    return redirect(f"{proposal_url(slug, held.number)}/edit", 303)


@room.page("/alliances/<slug>/proposals/<int:number>/standing-down", may=AllianceRight.READ_INSIDE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def step_down(slug: str, number: int) -> ResponseReturnValue:
    """A candidate does not stand."""
    withdrawing.step_down(current_viewer(), slug=slug, number=number)
    flash(_("You are no candidate any more."), "success")
    return _to(slug, number)


def _to(slug: str, number: int) -> ResponseReturnValue:
    return redirect(proposal_url(slug, number), 303)


def _usual(here: Here) -> str:
    """The charter's method for a general matter, if it can be chosen."""
    said = rule_for(here.alliance, Matter.GENERAL).method
    return said if said in methods_for(here.alliance, Matter.GENERAL) else Method.SIMPLE.value


def _form_page(here: Here, form: ProposalForm, *, held: Proposal | None = None) -> str:
    methods = (*methods_for(here.alliance, Matter.GENERAL), Method.ELECTION)
    form.offer(here, working_groups(here), methods)
    if (more := request.form.get("more")) in ("candidates", "slots"):
        rows: Any = form[more]
        for _row in range(min(MORE_ROWS, MOST_OPTIONS - len(rows))):
            rows.append_entry()
    rules = {matter: rule_for(here.alliance, matter) for matter in (Matter.GENERAL, Matter.OFFICE)}
    return alliance_page(
        "alliances/proposal_form.html",
        here,
        tab=TAB,
        form=form,
        held=held,
        acting=people_acting(here),
        rules=rules,
        share_name=share_name,
        least_days=least_days(rules[Matter.GENERAL], Method.SIMPLE),
        similar=similar_open(here, form.title.data or "", but=held.id if held else None) if form.title.data else [],
    )

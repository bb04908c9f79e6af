"""Founding an alliance, its page and settings, and opening it for signatures."""

from dataclasses import fields

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.places import regions
from alliances.actions import founding, states
from alliances.facts import Details, details_of
from alliances.forms.life import DetailsForm, FoundForm, ReasonForm
from alliances.forms.members import put_errors
from alliances.here import Here, here_at
from alliances.models import Alliance, State
from alliances.parties import Party, parties, spoken_for
from alliances.policy import AllianceRight
from alliances.powers import Power
from alliances.queries.overview import predecessors
from alliances.room import room
from alliances.templates import templates
from alliances.views.frame import alliance_page, word
from kernel.errors import InvalidError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.policy import authorise
from kernel.web import current_viewer


@room.page("/alliances/new", may=AllianceRight.FOUND)
def new_alliance() -> ResponseReturnValue:
    """Choose a template; then one short form."""
    code = request.args.get("template", "")
    if code not in templates():
        return render_template("alliances/templates.html", templates=templates(), word=word)
    form = FoundForm(formdata=None, template=code)
    return _found_page(form)


@room.page("/alliances", may=AllianceRight.FOUND, methods=("POST",), endpoint="found_alliance")
@limiter.limit(POSTING)
def send_alliance() -> ResponseReturnValue:
    """Begin the draft; what cannot be kept stays in the form."""
    viewer, form = current_viewer(), FoundForm()
    if form.validate():
        try:
            made = founding.found(viewer, form.facts, party=Party.parse(form.party.data or ""))
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("The draft is there, and only you see it. Read its charter, and prepare invitations."), "success")
            return redirect(made.url, 303)
    if form.template.data not in templates():
        return redirect("/alliances/new", 303)
    return _found_page(form), 422


@room.page("/alliances/<slug>/edit", may=AllianceRight.EDIT)
def edit_alliance(slug: str) -> ResponseReturnValue:
    """Change the page and the settings."""
    here = here_at(current_viewer(), slug)
    authorise(current_viewer(), AllianceRight.EDIT, here)
    return _edit_page(here, _form_of(here.alliance))


@room.page("/alliances/<slug>", may=AllianceRight.EDIT, methods=("POST",), endpoint="change_alliance")
@limiter.limit(POSTING)
def send_changes(slug: str) -> ResponseReturnValue:
    """Keep the changes."""
    viewer, form = current_viewer(), DetailsForm()
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.EDIT, here)
    if form.validate():
        try:
            facts = form.facts(details_of(here.alliance, viewer.locale), is_draft=here.alliance.state == State.DRAFT)
            founding.edit_alliance(viewer, facts, slug=slug)
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("The changes are kept."), "success")
            return redirect(here.alliance.url, 303)
    return _edit_page(here, form), 422


@room.page("/alliances/<slug>/opening", may=AllianceRight.OPEN)
def prepare_opening(slug: str) -> ResponseReturnValue:
    """What will happen when the charter is opened for signatures."""
    here = here_at(current_viewer(), slug)
    authorise(current_viewer(), AllianceRight.OPEN, here)
    return alliance_page("alliances/opening.html", here, tab="overview", errors={})


@room.page("/alliances/<slug>/opening", may=AllianceRight.OPEN, methods=("POST",), endpoint="open_alliance")
@limiter.limit(SMALL_DEEDS)
def send_opening(slug: str) -> ResponseReturnValue:
    """The charter is fixed, the page public, the founder's signature the first."""
    viewer = current_viewer()
    try:
        opened = founding.open_for_signatures(viewer, slug=slug)
    except InvalidError as error:
        here = here_at(viewer, slug)
        return alliance_page("alliances/opening.html", here, tab="overview", errors=error.errors), 422
    flash(_("The charter is open for signatures, and you have signed it. Those you prepared are invited."), "success")
    return redirect(opened.url, 303)


@room.page("/alliances/<slug>/giving-up", may=AllianceRight.EDIT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def give_up(slug: str) -> ResponseReturnValue:
    """End it before it was founded."""
    viewer, form = current_viewer(), ReasonForm()
    ended = states.give_up(viewer, slug=slug, reason=form.reason.data or "")
    flash(_("It was given up. Everybody who was asked is told."), "success")
    return redirect(ended.url, 303)


def _form_of(alliance: Alliance) -> DetailsForm:
    kept = details_of(alliance, current_viewer().locale)
    typed = {field.name: getattr(kept, field.name) for field in fields(Details)}
    typed |= {name: str(value) for name, value in typed.items() if isinstance(value, int)}
    return DetailsForm(
        formdata=None,
        **typed | {"questions": "\n".join(kept.questions), "open_seats": _blank_if_none(kept.open_seats)},
    )


def _blank_if_none(number: int | None) -> str:
    return "" if number is None else str(number)


def _found_page(form: FoundForm) -> str:
    viewer = current_viewer()
    template = templates()[form.template.data or ""]
    mine = [party for party in spoken_for(viewer) if party.kind in template.parties]
    known = parties(mine)
    form.offer(viewer.locale, [known[party] for party in mine if party in known])
    if not form.party.data and form.party.choices:
        form.party.data = form.party.choices[0][0]
    return render_template(
        "alliances/found.html", form=form, template=template, regions=regions(viewer.locale), word=word
    )


def _edit_page(here: Here, form: DetailsForm) -> str:
    viewer = current_viewer()
    return alliance_page(
        "alliances/edit.html",
        here,
        tab="overview",
        form=form.offer(viewer.locale),
        regions=regions(viewer.locale),
        predecessors=predecessors(here) if here.has(Power.CASES) else [],
    )

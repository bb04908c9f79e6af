"""An alliance in one glance, and what stops it, lets it go on, or puts another in its place."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.places import place_name
from accounts.sectors import sector_name
from alliances.actions import states
from alliances.here import Here, here_at
from alliances.kinds.alliances import ALLIANCE
from alliances.models import PartyKind, State
from alliances.parties import Party, PartyFacts, organisations_led
from alliances.policy import AllianceRight
from alliances.queries.admission import words_to
from alliances.queries.directory import row_of
from alliances.queries.events import next_events
from alliances.queries.overview import faces, figures, forming, successor
from alliances.queries.proposals import open_proposals
from alliances.room import room
from alliances.templates import templates
from alliances.views.frame import alliance_page
from kernel.errors import InvalidError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.viewer import Viewer
from kernel.web import current_viewer

DECIDING, COMING = 5, 3


@room.page("/alliances/<slug>", may=AllianceRight.READ)
def alliance(slug: str) -> ResponseReturnValue:
    """What it is for, where it is in its life, who is in it, what it decides now, and how one would join."""
    return _overview(here_at(current_viewer(), slug))


@room.page("/alliances/<slug>/freezing", may=AllianceRight.FREEZE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def freeze_alliance(slug: str) -> ResponseReturnValue:
    """Stop everything, and say why."""
    viewer = current_viewer()
    try:
        states.freeze(viewer, slug=slug, reason=request.form.get("reason", ""))
    except InvalidError as error:
        return _overview(here_at(viewer, slug), errors=error.errors), 422
    flash(_("The alliance is frozen. Everything in it can be read."), "success")
    return redirect(f"/alliances/{slug}", 303)


@room.page("/alliances/<slug>/thawing", may=AllianceRight.FREEZE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def thaw_alliance(slug: str) -> ResponseReturnValue:
    """Go on."""
    states.thaw(current_viewer(), slug=slug, reason=request.form.get("reason", ""))
    flash(_("The alliance goes on. Votes that are still open can be cast for two more days at least."), "success")
    return redirect(f"/alliances/{slug}", 303)


@room.page("/alliances/<slug>/successor", may=AllianceRight.REPLACE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def name_successor(slug: str) -> ResponseReturnValue:
    """Say which alliance goes on with the work."""
    viewer = current_viewer()
    try:
        states.name_successor(viewer, slug=slug, successor=request.form.get("successor", ""))
    except InvalidError as error:
        return _overview(here_at(viewer, slug), errors=error.errors), 422
    flash(_("Its chair was asked; the change holds once they accept."), "success")
    return redirect(f"/alliances/{slug}", 303)


@room.page("/alliances/<slug>/predecessors", may=AllianceRight.EDIT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def answer_succession(slug: str) -> ResponseReturnValue:
    """Take the place of an alliance that has ended, or decline to."""
    accept = request.form.get("answer") == "accept"
    predecessor = request.form.get("predecessor", "")
    states.accept_succession(current_viewer(), slug=slug, predecessor=predecessor, accept=accept)
    flash(_("It is replaced by this alliance now.") if accept else _("You declined."), "success")
    return redirect(f"/alliances/{slug}/edit", 303)


def _speaks_for_one(viewer: Viewer, asked: list[PartyFacts]) -> bool:
    mine = {Party(PartyKind.ORGANISATION, number) for number in organisations_led(viewer)}
    if viewer.is_member:
        mine.add(Party(PartyKind.PERSON, viewer.me))
    return any(facts.party in mine for facts in asked)


def _overview(here: Here, *, errors: dict[str, str] | None = None) -> str:
    viewer, alliance = here.viewer, here.alliance
    gathering = forming(alliance)
    shown = faces(alliance, with_members=gathering is None)
    is_invited = gathering is not None and _speaks_for_one(viewer, gathering.asked)
    is_new = alliance.state == State.DRAFT or gathering is not None
    return alliance_page(
        "alliances/overview.html",
        here,
        tab="overview",
        row=row_of(alliance, viewer.locale),
        place=place_name(alliance.region, viewer.locale) if alliance.region else "",
        sector_names=[sector_name(slug, viewer.locale) or slug for slug in alliance.sectors],
        kind=templates()[alliance.template],
        forming=gathering,
        is_invited=is_invited,
        words=words_to(here) if viewer.is_member and not here.is_inside else [],
        members=shown.members,
        officers=shown.officers,
        figures=figures(here),
        proposals=[] if is_new else open_proposals(viewer, here, limit=DECIDING),
        events=[] if is_new else next_events(viewer, here, limit=COMING),
        successor=successor(here),
        asked=[member for member in here.members if member.asked_until is not None],
        ref_kind=ALLIANCE,
        errors=errors or {},
    )

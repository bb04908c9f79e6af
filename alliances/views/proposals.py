"""Decisions: the list, a proposal with its vote or its result, the roll, and what is needed to count again."""

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from alliances.actions.withdrawing import FREE
from alliances.counting import STANCES, Method, Rules
from alliances.forms.ballots import fields_of
from alliances.here import Here, here_at, must_be_inside
from alliances.models import Proposal, ProposalState
from alliances.outcomes import AGAIN, outcome_sentence
from alliances.policy import AllianceRight
from alliances.proposal_loading import options_of, proposal_at
from alliances.queries import counts, voters
from alliances.queries.proposal_page import ProposalView, option_words, proposal_view
from alliances.queries.proposals import SHOWN, proposal_desk, proposal_page, similar_open
from alliances.room import room
from alliances.rules import most_proxies
from alliances.views.frame import alliance_page
from alliances.views.results import choice_words, result_of
from kernel.errors import NotFoundError
from kernel.policy import can
from kernel.rooms import id_of
from kernel.web import current_viewer

TAB = "decisions"


@room.page("/alliances/<slug>/proposals", may=AllianceRight.READ_INSIDE)
def proposals(slug: str) -> ResponseReturnValue:
    """What waits for one's vote, what is open, what was decided, and one's drafts."""
    here = inside(slug)
    show, group_id = request.args.get("show", ""), id_of(request.args.get("group"))
    is_list = show in SHOWN or group_id is not None
    return alliance_page(
        "alliances/proposals.html",
        here,
        tab=TAB,
        show=show if show in SHOWN else "",
        group_id=group_id,
        desk=None if is_list else proposal_desk(here),
        page=proposal_page(here, show, group_id=group_id, cursor=request.args.get("cursor")) if is_list else None,
        may_propose=can(here.viewer, AllianceRight.PROPOSE, here),
    )


@room.page("/alliances/<slug>/proposals/<int:number>", may=AllianceRight.READ_INSIDE)
def proposal(slug: str, number: int) -> ResponseReturnValue:
    """A draft to its author; a vote, with its ballot; or a result that explains itself."""
    here = inside(slug)
    return proposal_as_page(here, proposal_view(here, number))


def proposal_as_page(
    here: Here,
    view: ProposalView,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    voter_id: int | None = None,
) -> str:
    """The page of a proposal, with what was typed into a ballot that was refused."""
    held = view.proposal
    if held.state == ProposalState.DRAFT:
        return alliance_page(
            "alliances/proposal_draft.html",
            here,
            tab=TAB,
            view=view,
            similar=similar_open(here, view.title, but=held.replaces_id),
            errors=errors or {},
        )
    chosen = _mandate(view, voter_id)
    return alliance_page(
        "alliances/proposal.html",
        here,
        tab=TAB,
        view=view,
        mandate=chosen,
        typed=typed if typed is not None else fields_of(view.rules, chosen.choice) if chosen and view.rules else {},
        errors=errors or {},
        stances=STANCES.get(Method(held.method), ()),
        result=result_of(view),
        sentence=outcome_sentence(view.tally, view.names) if view.tally and held.state == ProposalState.CLOSED else "",
        choice_words=lambda choice: choice_words(view.rules, choice, view.names, here.viewer.locale),
        may_run=can(here.viewer, AllianceRight.OPEN_VOTE, (here, held)),
        may_propose=can(here.viewer, AllianceRight.PROPOSE, here) and held.matter in FREE,
        is_free=held.matter in FREE,
        is_again=held.outcome in AGAIN,
        most_proxies=most_proxies(here.alliance),
    )


@room.page("/alliances/<slug>/proposals/<int:number>/roll", may=AllianceRight.READ_INSIDE)
def proposal_roll(slug: str, number: int) -> ResponseReturnValue:
    """Everybody on the roll."""
    here, held, options = _opened(slug, number)
    page = voters.roll_page(here.viewer, held, list(options), cursor=request.args.get("cursor"))
    return alliance_page(
        "alliances/proposal_roll.html",
        here,
        tab=TAB,
        proposal=held,
        page=page,
        choice_words=_words(here, held, options),
        shows_who=voters.shows_who(held),
    )


@room.page("/alliances/<slug>/proposals/<int:number>/ballots", may=AllianceRight.READ_INSIDE)
def proposal_ballots(slug: str, number: int) -> ResponseReturnValue:
    """Every ballot that was counted, and how to count them again."""
    here, held, options = _opened(slug, number)
    counts.must_be_counted(held)
    cursor = request.args.get("cursor")
    return alliance_page(
        "alliances/proposal_ballots.html",
        here,
        tab=TAB,
        proposal=held,
        secret=counts.secret_page(held, list(options), cursor=cursor) if held.is_secret else None,
        page=None if held.is_secret else voters.roll_page(here.viewer, held, list(options), cursor=cursor),
        choice_words=_words(here, held, options),
    )


@room.page("/alliances/<slug>/proposals/<int:number>/roll.csv", may=AllianceRight.READ_INSIDE)
def proposal_roll_table(slug: str, number: int) -> ResponseReturnValue:
    """The roll as a table."""
    here, held, options = _opened(slug, number)
    return _table("".join(counts.roll_lines(here, held, list(options))), f"{slug}-{number}-roll.csv")


@room.page("/alliances/<slug>/proposals/<int:number>/ballots.csv", may=AllianceRight.READ_INSIDE)
def proposal_ballots_table(slug: str, number: int) -> ResponseReturnValue:
    """The ballots as a table."""
    here, held, options = _opened(slug, number)
    return _table("".join(counts.ballot_lines(here, held, list(options))), f"{slug}-{number}-ballots.csv")


@room.page("/alliances/<slug>/proposals/<int:number>/count.json", may=AllianceRight.READ_INSIDE)
def proposal_count(slug: str, number: int) -> ResponseReturnValue:
    """Rules, options, roll, ballots and tally in one file."""
    here, held, _names = _opened(slug, number)
    response = jsonify(counts.recount(here, held, options_of(held)))
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-{number}-count.json"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def inside(slug: str) -> Here:
    """The alliance, for its members and for experts in one of its working groups."""
    return must_be_inside(here_at(current_viewer(), slug))


def _opened(slug: str, number: int) -> tuple[Here, Proposal, Mapping[int, str]]:
    """A proposal that has a roll, with the names of its options."""
    here = inside(slug)
    held = proposal_at(here, number)
    if held.state == ProposalState.DRAFT:
        raise NotFoundError
    return here, held, option_words(options_of(held), here.viewer.timezone)


def _words(here: Here, held: Proposal, names: Mapping[int, str]) -> Any:
    rules = Rules.from_json(held.rules)
    return lambda choice: choice_words(rules, choice, names, here.viewer.locale)


def _mandate(view: ProposalView, voter_id: int | None) -> Any:
    """For whom the ballot on the page is: the one that was asked for, or the first that is not cast yet."""
    asked = voter_id if voter_id is not None else id_of(request.args.get("for"))
    named = next((one for one in view.mandates if one.voter_id == asked), None)
    waiting = next((one for one in view.mandates if not one.has_voted), None)
    return named or waiting or next(iter(view.mandates), None)


def _table(text: str, name: str) -> Response:
    response = Response(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response

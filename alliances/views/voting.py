"""Votes are cast and counted, and given to others: each deed by one form."""

from flask import flash, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions.ballots import cast_ballot
from alliances.actions.closing import close
from alliances.actions.proxies import give_proxy, revoke_proxy
from alliances.addresses import proposal_url
from alliances.counting import Rules
from alliances.forms.ballots import choice_of, typed_in
from alliances.forms.proposals import ProxyForm, end_of_day
from alliances.here import Here
from alliances.models import ProposalState
from alliances.policy import AllianceRight
from alliances.proposal_loading import options_of, proposal_at
from alliances.queries import proxies as queries
from alliances.queries.proposal_page import proposal_view
from alliances.queries.resolutions import participation_page
from alliances.room import room
from alliances.rules import most_proxies
from alliances.views.answers import put_errors
from alliances.views.frame import alliance_page
from alliances.views.proposals import TAB, inside, proposal_as_page
from kernel.errors import ConflictError, InvalidError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import can
from kernel.rooms import id_of
from kernel.web import current_viewer


@room.page("/alliances/<slug>/proposals/<int:number>/ballot", may=AllianceRight.VOTE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def cast(slug: str, number: int) -> ResponseReturnValue:
    """Vote. The receipt of a secret ballot is in the answer itself: it is kept nowhere, and shown once."""
    viewer, here = current_viewer(), inside(slug)
    held = proposal_at(here, number)
    if held.state != ProposalState.OPEN:
        raise ConflictError(_("No votes are taken on this now."))
    voter_id = id_of(request.form.get("voter"))
    try:
        choice = choice_of(Rules.from_json(held.rules), [option.id for option in options_of(held)], request.form)
        done = cast_ballot(
            viewer, slug=slug, number=number, choice=choice, reason=request.form.get("reason", ""), voter_id=voter_id
        )
    except InvalidError as error:
        errors, typed = error.errors or {"choice": error.detail}, typed_in(request.form)
        page = proposal_as_page(here, proposal_view(here, number), typed=typed, errors=errors, voter_id=voter_id)
        return page, 422
    if done.receipt is not None:
        page = alliance_page("alliances/receipt.html", here, tab=TAB, proposal=held, receipt=done.receipt)
        response = make_response(page)
        response.headers["Cache-Control"] = "private, no-store"
        return response
    flash(_("Your vote is cast. You can change it until the end."), "success")
    return redirect(f"{proposal_url(slug, number)}#vote", 303)


@room.page("/alliances/<slug>/proposals/<int:number>/closure", may=AllianceRight.READ_INSIDE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def close_proposal(slug: str, number: int) -> ResponseReturnValue:
    """Count a vote whose time is up, or that everybody has taken part in."""
    inside(slug)
    close(current_viewer(), slug=slug, number=number)
    return redirect(proposal_url(slug, number), 303)


@room.page("/alliances/<slug>/proxies", may=AllianceRight.READ_INSIDE)
def proxies(slug: str) -> ResponseReturnValue:
    """Who votes for my member, and for whom it votes."""
    here = inside(slug)
    form = ProxyForm(formdata=None, proposal=request.args.get("proposal", ""))
    return _proxies_page(here, form)


@room.page("/alliances/<slug>/proxies", may=AllianceRight.GIVE_PROXY, methods=("POST",), endpoint="give_proxy")
@limiter.limit(SMALL_DEEDS)
def send_proxy(slug: str) -> ResponseReturnValue:
    """Let another member vote for one's own."""
    viewer, here, form = current_viewer(), inside(slug), ProxyForm()
    number = id_of(form.proposal.data)
    if form.validate():
        try:
            give_proxy(
                viewer,
                slug=slug,
                from_member_id=id_of(form.from_member.data),
                to_member_id=queries.member_named(here, form.to_member.data or "") or 0,
                number=number,
                ends_at=end_of_day(form.until.data, viewer.timezone) if form.until.data and number is None else None,
                instructions=form.instructions.data or "",
            )
        except InvalidError as error:
            renamed = {"ends_at": "until"}
            errors = {renamed.get(name, name): sentence for name, sentence in error.errors.items()}
            put_errors(form, InvalidError(error.detail, errors=errors), first="to_member")
        else:
            flash(_("The proxy is given, and its holder is told."), "success")
            return redirect(f"/alliances/{slug}/proxies", 303)
    return _proxies_page(here, form), 422


@room.page("/alliances/<slug>/proxies/<int:proxy_id>/revocation", may=AllianceRight.GIVE_PROXY, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def revoke(slug: str, proxy_id: int) -> ResponseReturnValue:
    """Take a proxy back, or hand it back."""
    revoke_proxy(current_viewer(), slug=slug, proxy_id=proxy_id)
    flash(_("The proxy has ended. A vote that was cast by it stands until the member votes itself."), "success")
    return redirect(f"/alliances/{slug}/proxies", 303)


@room.page("/alliances/<slug>/participation", may=AllianceRight.READ_INSIDE)
def participation(slug: str) -> ResponseReturnValue:
    """How often each member took part in the last year."""
    here = inside(slug)
    page = participation_page(here, cursor=request.args.get("cursor"))
    return alliance_page("alliances/participation.html", here, tab=TAB, page=page)


def _proxies_page(here: Here, form: ProxyForm) -> str:
    may_give = can(here.viewer, AllianceRight.GIVE_PROXY, here)
    names = queries.member_names(here, {member.id for member in here.voices})
    form.from_member.choices = [(str(number), name) for number, name in names.items()]
    form.proposal.choices = [
        ("", _("Everything, until a day")),
        *((str(number), title) for number, title in queries.open_to_proxies(here)),
    ]
    return alliance_page(
        "alliances/proxies.html",
        here,
        tab=TAB,
        form=form,
        may_give=may_give,
        held=queries.my_proxies(here),
        holders=list(queries.possible_holders(here).values()) if may_give else [],
        most=most_proxies(here.alliance),
    )

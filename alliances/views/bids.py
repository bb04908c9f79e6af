"""Bids and the sheets on which they are scored."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.organisations import organisations_of
from alliances.actions import bids as actions
from alliances.actions import scoring
from alliances.forms.calls import BidForm
from alliances.here import here_at
from alliances.policy import AllianceRight
from alliances.room import room
from alliances.views.answers import put_errors
from alliances.views.calls import ONE, call_as_page
from kernel.errors import InvalidError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.rooms import id_of
from kernel.web import current_viewer

BID = f"{ONE}/bids/<int:bid_id>"


@room.page(f"{ONE}/bids", may=AllianceRight.BID, methods=("POST",))
@limiter.limit(POSTING)
def send_bid(slug: str, call_id: int) -> ResponseReturnValue:
    """Bid, or change one's bid; what cannot be sent stays in the form."""
    viewer, form = current_viewer(), BidForm()
    here = here_at(viewer, slug)
    form.organisations.choices = [(str(one.id), one.name) for one in organisations_of(viewer)]
    if form.validate():
        try:
            made = actions.bid(viewer, slug=slug, call_id=call_id, facts=form.facts)
        except InvalidError as error:
            put_errors(form, InvalidError(error.detail, errors=_named(error)), first="team")
        else:
            flash(
                _("Your bid is in. Nobody but your team reads it before the deadline; until then you may change it."),
                "success",
            )
            return redirect(f"{here.alliance.url}/calls/{call_id}#bid-{made.id}", 303)
    return call_as_page(here, call_id, form=form), 422


@room.page(f"{BID}/<any(withdrawal,parting):deed>", may=AllianceRight.BID, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def leave_bid(slug: str, call_id: int, bid_id: int, deed: str) -> ResponseReturnValue:
    """Take one's bid back, or leave a team."""
    viewer = current_viewer()
    if deed == "withdrawal":
        actions.withdraw_bid(viewer, slug=slug, call_id=call_id, bid_id=bid_id)
        flash(_("Your bid is withdrawn."), "success")
    else:
        actions.leave_team(viewer, slug=slug, call_id=call_id, bid_id=bid_id)
        flash(_("You are not part of this team any more."), "success")
    return redirect(f"/alliances/{slug}/calls/{call_id}", 303)


@room.page(f"{BID}/sheet", may=AllianceRight.BID, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def send_sheet(slug: str, call_id: int, bid_id: int) -> ResponseReturnValue:
    """Score a bid, or say that one is not free towards it."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    try:
        if request.form.get("deed") == "conflict":
            reason = request.form.get("reason", "")
            scoring.declare_conflict(viewer, slug=slug, call_id=call_id, bid_id=bid_id, reason=reason)
            flash(_("Noted. Others score this bid."), "success")
        else:
            given = {name: number for name, text in request.form.items() if (number := id_of(text)) is not None}
            comment = request.form.get("comment", "")
            scoring.score(viewer, slug=slug, call_id=call_id, bid_id=bid_id, given=given, comment=comment)
            flash(_("Your sheet is kept; you may change it until the award."), "success")
    except InvalidError as error:
        errors = {f"{name}-{bid_id}": sentence for name, sentence in error.errors.items()}
        return call_as_page(here, call_id, errors=errors), 422
    return redirect(f"{here.alliance.url}/calls/{call_id}#bid-{bid_id}", 303)


def _named(error: InvalidError) -> dict[str, str]:
    """The text of a bid is called `offer` in its form."""
    return {"offer" if name == "body" else name: sentence for name, sentence in error.errors.items()}

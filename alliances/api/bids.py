"""Bids on calls, and the sheets on which they are scored."""

from alliances.actions import bids, scoring
from alliances.addresses import api_url
from alliances.here import here_at
from alliances.policy import AllianceRight
from alliances.queries.calls import call_view
from alliances.schemas.calls import BidGiven, BidShown, CallShown, ConflictGiven, SheetGiven
from kernel.api import Answer, endpoint, room
from kernel.errors import NotFoundError
from kernel.limits import POSTING
from kernel.viewer import Viewer

BIDS = "/alliances/<slug>/calls/<int:call_id>/bids"
ONE = f"{BIDS}/<int:bid_id>"


@endpoint(
    room,
    "POST",
    BIDS,
    may=AllianceRight.BID,
    body=BidGiven,
    answers={201: CallShown},
    limit=POSTING,
    refusals=(409,),
)
def post_alliance_bid(viewer: Viewer, *, slug: str, call_id: int, body: BidGiven) -> Answer:
    """Bid on an open call, or change your bid. Whoever took theirs back may bid again."""
    made = bids.bid(viewer, slug=slug, call_id=call_id, facts=body.facts)
    shown = CallShown.of_view(call_view(viewer, here_at(viewer, slug), call_id))
    return Answer(shown, 201, api_url(slug, "calls", call_id, "bids", made.id))


@endpoint(room, "GET", ONE, may=AllianceRight.READ, answers={200: BidShown})
def get_alliance_bid(viewer: Viewer, *, slug: str, call_id: int, bid_id: int) -> BidShown:
    """A bid, with the sheets that you may know."""
    return _shown(viewer, slug, call_id, bid_id)


@endpoint(
    room,
    "PUT",
    f"{ONE}/<any(withdrawn,left):state>",
    may=AllianceRight.BID,
    answers={204: None},
    refusals=(409,),
)
def put_alliance_bid_state(viewer: Viewer, *, slug: str, call_id: int, bid_id: int, state: str) -> None:
    """Take your bid back as long as nothing is decided; or leave a team into which somebody wrote you."""
    end = bids.withdraw_bid if state == "withdrawn" else bids.leave_team
    end(viewer, slug=slug, call_id=call_id, bid_id=bid_id)


@endpoint(
    room,
    "PUT",
    f"{ONE}/sheet",
    may=AllianceRight.BID,
    body=SheetGiven,
    answers={200: BidShown},
    refusals=(409,),
)
def put_alliance_sheet(viewer: Viewer, *, slug: str, call_id: int, bid_id: int, body: SheetGiven) -> BidShown:
    """Fill in or change your sheet as a scorer, until the award."""
    scoring.score(viewer, slug=slug, call_id=call_id, bid_id=bid_id, given=body.points, comment=body.comment)
    return _shown(viewer, slug, call_id, bid_id)


@endpoint(
    room,
    "PUT",
    f"{ONE}/conflict",
    may=AllianceRight.BID,
    body=ConflictGiven,
    answers={200: BidShown},
    refusals=(409,),
)
def put_alliance_conflict(viewer: Viewer, *, slug: str, call_id: int, bid_id: int, body: ConflictGiven) -> BidShown:
    """Say that you are not free towards a bid: your sheet goes, and others score it."""
    scoring.declare_conflict(viewer, slug=slug, call_id=call_id, bid_id=bid_id, reason=body.reason)
    return _shown(viewer, slug, call_id, bid_id)


def _shown(viewer: Viewer, slug: str, call_id: int, bid_id: int) -> BidShown:
    view = call_view(viewer, here_at(viewer, slug), call_id)
    row = next((row for row in view.bids if row.bid.id == bid_id), None)
    if row is None:
        raise NotFoundError
    return BidShown.of(row)

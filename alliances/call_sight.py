"""Who sees a call, and who of them sees which bids. Conditions for SQL, and the one rule over the bids of a call."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, or_, select

from alliances.here import visible_alliances
from alliances.models import Bid, Call, CallState, Scorer, Term
from alliances.powers import POWERS, Power
from alliances.sight import in_council
from kernel.db import session
from kernel.viewer import Viewer

RUNNERS = tuple(office for office, powers in POWERS.items() if Power.CALLS in powers)
SEALED = (CallState.DRAFT, CallState.OPEN)  # bids are read by their own people alone
MOST_BIDS = 300


def visible_calls(viewer: Viewer) -> ColumnElement[bool]:
    """Whoever holds its token, once it is open; a draft is the council's. Join `Alliance`."""
    return and_(
        visible_alliances(viewer),
        Call.audience.in_(sorted(viewer.audience)),
        or_(Call.state != CallState.DRAFT, Call.alliance_id.in_(in_council(viewer))),
    )


def bids_seen(viewer: Viewer, call: Call) -> list[Bid]:
    """One's own always; after the deadline all, for those who score or run the call and do not bid themselves."""
    everything = session().scalars(select(Bid).where(Bid.call_id == call.id).order_by(Bid.id).limit(MOST_BIDS)).all()
    mine = own_bids(viewer, everything)
    if mine or call.state in SEALED or not viewer.signed_in:
        return mine
    if scores(viewer, call) or runs(viewer, call):
        return [bid for bid in everything if bid.state != "withdrawn"]
    return []


def own_bids(viewer: Viewer, bids: Sequence[Bid]) -> list[Bid]:
    """Those that the viewer wrote, or in whose team they are."""
    me = viewer.user_id
    return [bid for bid in bids if me is not None and (bid.author_id == me or me in bid.people)]


def scores(viewer: Viewer, call: Call) -> bool:
    """Whether the viewer was named as a scorer."""
    return viewer.signed_in and session().get(Scorer, (call.id, viewer.me)) is not None


def runs(viewer: Viewer, call: Call) -> bool:
    """Whether an office lets the viewer run the calls of this alliance."""
    if not viewer.signed_in or call.alliance_id not in in_council(viewer):
        return False
    held = select(Term.id).where(
        Term.alliance_id == call.alliance_id,
        Term.user_id == viewer.me,
        Term.ended_at.is_(None),
        Term.office.in_(RUNNERS),
    )
    return session().scalar(held.limit(1)) is not None

"""Loading calls and bids that are to be changed: through what the viewer may see, the call held."""

from sqlalchemy import select

from alliances.call_sight import visible_calls
from alliances.here import Here, here_at
from alliances.models import Alliance, Bid, Call
from alliances.policy import AllianceRight
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.policy import authorise
from kernel.viewer import Viewer


def call_here(here: Here, call_id: int, *, hold: bool = False) -> Call:
    """A call of this alliance that the viewer sees; with `hold`, it stays as it is until the transaction ends."""
    query = (
        select(Call)
        .join(Alliance, Alliance.id == Call.alliance_id)
        .where(Call.id == call_id, Call.alliance_id == here.alliance.id, visible_calls(here.viewer))
    )
    if hold:
        query = query.with_for_update(of=Call).execution_options(populate_existing=True)
    found = session().scalar(query)
    if found is None:
        raise NotFoundError
    return found


def call_to_run(viewer: Viewer, slug: str, call_id: int) -> tuple[Here, Call]:
    """A call that the viewer may run; alliance and call are held."""
    here = here_at(viewer, slug, hold=True)
    call = call_here(here, call_id, hold=True)
    authorise(viewer, AllianceRight.RUN_CALL, here)
    return here, call


def bids_of(call: Call) -> list[Bid]:
    """All bids that stand, whoever may see them; for whoever has authorised what comes of it."""
    query = select(Bid).where(Bid.call_id == call.id, Bid.state != "withdrawn").order_by(Bid.id)
    return list(session().scalars(query.execution_options(populate_existing=True)))


def bid_in(call: Call, bid_id: int) -> Bid:
    """A bid of this call."""
    bid = session().get(Bid, bid_id, populate_existing=True)
    if bid is None or bid.call_id != call.id:
        raise NotFoundError
    return bid

"""Bids on calls: one a person, sealed until the deadline, changed and taken back by whoever wrote them."""

from sqlalchemy import select

from accounts.models import Organisation, User
from alliances.call_loading import bid_in, call_here
from alliances.call_text import MOST_PARTIES, MOST_PEOPLE, BidFacts, check_bid
from alliances.events import BidChanged
from alliances.here import here_at
from alliances.models import LIVING, Bid, Call, CallState, PartyKind
from alliances.policy import AllianceRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _


def bid(viewer: Viewer, *, slug: str, call_id: int, facts: BidFacts) -> Bid:
    """Bid, or change one's bid, until the deadline; whoever took theirs back may bid again."""
    here = here_at(viewer, slug)
    call = call_here(here, call_id, hold=True)
    authorise(viewer, AllianceRight.BID, call)
    if here.alliance.state not in LIVING:
        raise ConflictError(_("Nothing changes in this alliance now: it is not active."))
    if call.state != CallState.OPEN or call.deadline is None or now() >= call.deadline:
        raise ConflictError(_("No bids are taken any more."))
    columns = check_bid(facts)
    columns["parties"], columns["people"] = _parties(viewer, facts), _people(viewer, facts)
    mine = session().scalar(select(Bid).where(Bid.call_id == call.id, Bid.author_id == viewer.me))
    if mine is None:
        mine = Bid(call_id=call.id, author_id=viewer.me)
        session().add(mine)
    for name, value in columns.items():
        setattr(mine, name, value)
    mine.state, mine.changed_at = "submitted", now()
    session().flush()
    emit(BidChanged(mine.id, viewer.me, "submitted"))
    return mine


def withdraw_bid(viewer: Viewer, *, slug: str, call_id: int, bid_id: int) -> Bid:
    """Take it back, as long as nothing is decided. Twice is once."""
    call = call_here(here_at(viewer, slug), call_id, hold=True)
    authorise(viewer, AllianceRight.BID, call)
    mine = bid_in(call, bid_id)
    if mine.author_id != viewer.me:
        raise NotFoundError
    if mine.state == "withdrawn":
        return mine
    if mine.state != "submitted":
        raise ConflictError(_("It was decided on in between."))
    mine.state, mine.changed_at = "withdrawn", now()
    session().flush()
    emit(BidChanged(mine.id, viewer.me, "withdrawn"))
    return mine


def leave_team(viewer: Viewer, *, slug: str, call_id: int, bid_id: int) -> Bid:
    """Say that one is not part of a team into which somebody wrote one; nobody is tied to a bid against their will."""
    call = call_here(here_at(viewer, slug), call_id, hold=True)
    authorise(viewer, AllianceRight.BID, call)
    other = bid_in(call, bid_id)
    if viewer.me not in other.people or other.author_id == viewer.me:
        raise NotFoundError
    other.people = [number for number in other.people if number != viewer.me]
    session().flush()
    return other


def is_open(call: Call) -> bool:
    """Whether bids are taken at this moment."""
    return call.state == CallState.OPEN and call.deadline is not None and now() < call.deadline


def _parties(viewer: Viewer, facts: BidFacts) -> list[dict[str, object]]:
    """The organisations behind it: only those in which its author has a seat."""
    wanted = sorted(set(facts.organisations))
    if len(wanted) > MOST_PARTIES or any(f"organisation:{number}" not in viewer.audience for number in wanted):
        raise InvalidError(
            _("Please look at the marked fields."),
            errors={"organisations": _("Choose organisations in which you have a seat.")},
        )
    there = session().scalars(select(Organisation.id).where(Organisation.id.in_(wanted)))
    return [{"kind": PartyKind.ORGANISATION.value, "id": number} for number in sorted(there)]


def _people(viewer: Viewer, facts: BidFacts) -> list[int]:
    """The team by its handles; whoever writes the bid is always in it."""
    handles = {handle.strip().removeprefix("@").lower() for handle in facts.people if handle.strip()}
    if len(handles) > MOST_PEOPLE:
        raise InvalidError(
            _("Please look at the marked fields."), errors={"people": _("At most %(count)s people.", count=MOST_PEOPLE)}
        )
    rows = session().execute(
        select(User.id, User.handle).where(User.handle.in_(sorted(handles)), User.suspended_at.is_(None))
    )
    found = {row.handle: row.id for row in rows}
    missing = sorted(handles - set(found))
    if missing:
        raise InvalidError(
            _("Please look at the marked fields."),
            errors={"people": _("Nobody goes by the handle %(handle)s.", handle=missing[0][:40])},
        )
    return sorted({viewer.me, *found.values()})

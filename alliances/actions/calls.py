"""Calls 揭榜: written, opened, evaluated, awarded, run and closed; every bid ends with a message."""

from datetime import timedelta

from sqlalchemy import select

from alliances.actions.voting import put_to_vote
from alliances.call_loading import bid_in, bids_of, call_to_run
from alliances.call_text import CallFacts, check_call
from alliances.conflicts import ties_of
from alliances.counting import Outcome
from alliances.effects import effect
from alliances.events import BidChanged, CallChanged
from alliances.here import Here, here_at
from alliances.log import note
from alliances.messages import said
from alliances.models import Alliance, Bid, Call, CallState, Matter, Proposal, ProposalState
from alliances.policy import AllianceRight
from alliances.readers import Readers, token_for
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError
from kernel.events import emit
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _

BID = "alliances.bid"
LONGEST_WAIT = timedelta(days=3 * 366)
LONGEST_RESULT = 20_000
ENDED = (CallState.CLOSED, CallState.CANCELLED)
BEFORE_AWARD = (CallState.DRAFT, CallState.OPEN, CallState.EVALUATING)


def write_call(viewer: Viewer, *, slug: str, facts: CallFacts) -> Call:
    """A draft, which the council sees."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.RUN_CALL, here)
    call = Call(
        alliance_id=here.alliance.id, audience=_audience(here, facts), created_by_id=viewer.me, **check_call(facts)
    )
    session().add(call)
    session().flush()
    note(here.alliance, "call-drafted", actor=viewer, audience=here.alliance.council, call=call.id, title=call.title)
    return call


def change_call(viewer: Viewer, *, slug: str, call_id: int, facts: CallFacts) -> Call:
    """Change a draft; of an open call the text, and a later deadline: who has bid must not lose by it."""
    here, call = call_to_run(viewer, slug, call_id)
    if call.state not in (CallState.DRAFT, CallState.OPEN):
        raise ConflictError(_("The call is being decided, or has ended; it stays as it is."))
    columns, audience = check_call(facts), _audience(here, facts)
    if call.state == CallState.OPEN:
        if columns["criteria"] != call.criteria or audience != call.audience:
            raise ConflictError(_("While a call is open, its criteria and who sees it stay as they are."))
        if columns["deadline"] is None or call.deadline is None or columns["deadline"] < call.deadline:
            raise InvalidError(
                _("Please look at the marked fields."), errors={"deadline": _("While it is open, only later.")}
            )
    for name, value in columns.items():
        setattr(call, name, value)
    call.audience = audience
    if call.state == CallState.OPEN:
        note(here.alliance, "call-changed", actor=viewer, call=call.id, title=call.title)
        session().flush()
        emit(CallChanged(call.id, viewer.user_id, call.state, call.state))
    return call


def open_call(viewer: Viewer, *, slug: str, call_id: int) -> Call:
    """Teams bid from now on, until the deadline. Twice is once."""
    here, call = call_to_run(viewer, slug, call_id)
    if call.state == CallState.OPEN:
        return call
    _must_be(call, CallState.DRAFT)
    if call.deadline is None or not now() < call.deadline <= now() + LONGEST_WAIT:
        raise InvalidError(
            _("Before it can be opened, something is missing."),
            errors={"deadline": _("Set a deadline that is still to come.")},
        )
    if not call.criteria:
        raise InvalidError(
            _("Before it can be opened, something is missing."),
            errors={"criteria": _("Say by what the bids are scored.")},
        )
    call.opened_at = now()
    _move(here.alliance, call, CallState.OPEN, actor=viewer)
    return call


def begin_evaluation(viewer: Viewer, *, slug: str, call_id: int) -> Call:
    """The deadline has passed: the bids are opened to those who score and run the call."""
    here, call = call_to_run(viewer, slug, call_id)
    if call.state == CallState.EVALUATING:
        return call
    _must_be(call, CallState.OPEN)
    if call.deadline is None or now() < call.deadline:
        raise ConflictError(_("Bids are taken until the deadline."))
    _move(here.alliance, call, CallState.EVALUATING, actor=viewer)
    return call


def award(viewer: Viewer, *, slug: str, call_id: int, bid_id: int, statement: str, message: str) -> Call:
    """Give the call to a team, say why, and answer all others. Nobody awards who is tied to a bid."""
    here, call = call_to_run(viewer, slug, call_id)
    bid = _to_award(viewer, call, bid_id)
    if _vote_on(call) is not None:
        raise ConflictError(_("The members are voting on the award."))
    statement, message = said(statement, field="statement"), said(message)
    _award(here.alliance, call, bid, statement=statement, message=message, actor=viewer)
    return call


def put_award_to_vote(viewer: Viewer, *, slug: str, call_id: int, bid_id: int, statement: str) -> Proposal:
    """Let the members say whether this team shall have it; one vote at a time."""
    here, call = call_to_run(viewer, slug, call_id)
    bid = _to_award(viewer, call, bid_id)
    if _vote_on(call) is not None:
        raise ConflictError(_("The members are voting on the award."))
    statement = said(statement, field="statement")
    call.award_statement = statement
    return put_to_vote(
        here,
        matter=Matter.AWARD,
        about={"call": call.title, "team": bid.team, "call_id": call.id},
        body=statement,
        subject=Ref(BID, bid.id),
    )


@effect(Matter.AWARD)
def award_by_vote(alliance: Alliance, proposal: Proposal) -> None:
    """The members agreed: the team has it. Otherwise the officers look on."""
    bid = session().get(Bid, proposal.subject_id, populate_existing=True)
    if proposal.outcome != Outcome.PASSED or bid is None or bid.state != "submitted":
        return
    call = session().get_one(Call, bid.call_id, with_for_update=True, populate_existing=True)
    if call.state == CallState.EVALUATING:
        others = _("The members chose another bid. Thank you for yours.")
        _award(alliance, call, bid, statement=call.award_statement, message=others, actor=None)


def start_call(viewer: Viewer, *, slug: str, call_id: int) -> Call:
    """The team works on it. Twice is once."""
    here, call = call_to_run(viewer, slug, call_id)
    if call.state == CallState.RUNNING:
        return call
    _must_be(call, CallState.AWARDED)
    _move(here.alliance, call, CallState.RUNNING, actor=viewer)
    return call


def finish_call(viewer: Viewer, *, slug: str, call_id: int, result: str) -> Call:
    """It is done; what came of it stays on its page."""
    here, call = call_to_run(viewer, slug, call_id)
    _must_be(call, CallState.RUNNING)
    call.ended_reason, call.ended_at = said(result, field="result", longest=LONGEST_RESULT), now()
    _move(here.alliance, call, CallState.CLOSED, actor=viewer)
    return call


def cancel_call(viewer: Viewer, *, slug: str, call_id: int, reason: str) -> Call:
    """It comes to nothing, and everybody who bid is told why."""
    here, call = call_to_run(viewer, slug, call_id)
    if call.state in ENDED:
        raise ConflictError(_("The call has ended."))
    if _vote_on(call) is not None:
        raise ConflictError(_("The members are voting on the award."))
    drop_call(here.alliance, call, reason=said(reason, field="reason"), actor=viewer)
    return call


def drop_call(alliance: Alliance, call: Call, *, reason: str, actor: Viewer) -> None:
    """Cancel it for whoever has decided that; the alliance is held. Every bid that waits gets the reason."""
    call.ended_reason, call.ended_at = reason, now()
    for bid in bids_of(call):
        if bid.state == "submitted":
            _answer(bid, "refused", reason, actor=actor)
    _move(alliance, call, CallState.CANCELLED, actor=actor)


def evaluate_due(call_id: int) -> None:
    """The same as `begin_evaluation`, by the worker once the deadline has passed; harmless when it was done."""
    call = session().get_one(Call, call_id)
    alliance = session().get_one(Alliance, call.alliance_id, with_for_update=True, populate_existing=True)
    call = session().get_one(Call, call_id, with_for_update=True, populate_existing=True)
    if call.state == CallState.OPEN and call.deadline is not None and call.deadline <= now():
        _move(alliance, call, CallState.EVALUATING, actor=None)


def _audience(here: Here, facts: CallFacts) -> str:
    if facts.audience not in (Readers.PUBLIC, Readers.MEMBERS):
        raise InvalidError(_("Please look at the marked fields."), errors={"audience": _("Choose who sees it.")})
    return token_for(here, facts.audience)


def _to_award(viewer: Viewer, call: Call, bid_id: int) -> Bid:
    _must_be(call, CallState.EVALUATING)
    bids = bids_of(call)
    if ties_of(viewer.me, bids):
        raise ForbiddenError(
            _("You are tied to a bid on this call, as a person or by an organisation, so others award it.")
        )
    bid = bid_in(call, bid_id)
    if bid.state != "submitted":
        raise ConflictError(_("This bid was withdrawn."))
    return bid


def _award(alliance: Alliance, call: Call, bid: Bid, *, statement: str, message: str, actor: Viewer | None) -> None:
    call.awarded_id, call.award_statement, call.decided_at = bid.id, statement, now()
    for other in bids_of(call):
        if other.state == "submitted":
            state, answer = ("awarded", statement) if other.id == bid.id else ("refused", message)
            _answer(other, state, answer, actor=actor)
    _move(alliance, call, CallState.AWARDED, actor=actor, team=bid.team)


def _answer(bid: Bid, state: str, message: str, *, actor: Viewer | None) -> None:
    bid.state, bid.answer, bid.changed_at = state, message, now()
    session().flush()
    emit(BidChanged(bid.id, actor.user_id if actor else None, state))


def _vote_on(call: Call) -> Proposal | None:
    mine = select(Bid.id).where(Bid.call_id == call.id)
    return session().scalar(
        select(Proposal).where(
            Proposal.subject_kind == BID, Proposal.subject_id.in_(mine), Proposal.state == ProposalState.OPEN
        )
    )


def _must_be(call: Call, state: CallState) -> None:
    if call.state != state:
        raise ConflictError(_("The call has moved on in between. Reload the page."))


def _move(alliance: Alliance, call: Call, state: CallState, *, actor: Viewer | None, **facts: str) -> None:
    before, call.state = call.state, state.value
    reads = alliance.council if before == CallState.DRAFT and state == CallState.CANCELLED else alliance.everybody
    note(alliance, f"call-{state.value}", actor=actor, audience=reads, call=call.id, title=call.title, **facts)
    session().flush()
    emit(CallChanged(call.id, actor.user_id if actor else None, before, state.value))

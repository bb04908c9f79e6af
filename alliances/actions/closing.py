"""A vote ends: it is counted from its ballots, and what was decided takes effect, all in one transaction."""

import hashlib
from datetime import timedelta

from sqlalchemy import func, select

from alliances.actions.withdrawing import take_back
from alliances.counting import Rules, Tally, canonical, count, read_choice
from alliances.effects import take_effect
from alliances.events import ProposalClosed, ResolutionRegistered, StateChanged
from alliances.here import Here, here_at, hold_alliance
from alliances.log import note
from alliances.models import (
    ENDED,
    LIVING,
    Alliance,
    CastBallot,
    Matter,
    Option,
    Proposal,
    ProposalState,
    Resolution,
    State,
)
from alliances.outcomes import DECIDED, option_names, outcome_sentence
from alliances.policy import AllianceRight
from alliances.proposal_loading import options_of, proposal_at
from alliances.proposal_titles import as_facts
from alliances.secrecy import shuffle
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError
from kernel.events import emit, subscribe
from kernel.i18n import speaking, zone
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

HOME = Viewer().timezone  # years of resolutions begin here
AFTER_THAW = timedelta(days=2)


def close(viewer: Viewer, *, slug: str, number: int) -> Proposal:
    """Count a vote whose time is up, as whoever sees it may ask; or end it early, once everybody has voted."""
    here = here_at(viewer, slug, hold=True)
    proposal = proposal_at(here, number, hold=True)
    if proposal.state == ProposalState.CLOSED:
        return proposal
    if proposal.state != ProposalState.OPEN:
        raise ConflictError(_("No vote is open on this."))
    if not is_due(proposal):
        _may_end_early(here, proposal)
    if not here.is_alive:
        raise ConflictError(_("Nothing is decided while the alliance is not active."))
    count_and_close(here.alliance, proposal, actor=viewer if not is_due(proposal) else None)
    return proposal


def close_due(proposal_id: int) -> None:
    """The same by the worker; does nothing when it was closed in the meantime, or its alliance is frozen."""
    alliance_id = session().scalar(select(Proposal.alliance_id).where(Proposal.id == proposal_id))
    if alliance_id is None:
        return
    hold_alliance(alliance_id)
    alliance = session().get_one(Alliance, alliance_id, populate_existing=True)
    proposal = session().get_one(Proposal, proposal_id, populate_existing=True, with_for_update=True)
    if proposal.state == ProposalState.OPEN and is_due(proposal) and alliance.state in LIVING:
        count_and_close(alliance, proposal, actor=None)


def is_due(proposal: Proposal) -> bool:
    """Whether its time is up."""
    return proposal.closes_at is not None and now() >= proposal.closes_at


def count_and_close(alliance: Alliance, proposal: Proposal, *, actor: Viewer | None) -> None:
    """Count an open proposal; alliance and proposal are held. The roll is the one that was frozen at its opening."""
    options = options_of(proposal)
    tally = counted(proposal, options)
    proposal.state, proposal.closed_at = ProposalState.CLOSED.value, now()
    proposal.outcome, proposal.tally = tally.outcome.value, tally.to_json()
    proposal.tally_hash = hashlib.sha256(canonical(tally.to_json())).hexdigest()
    proposal.version += 1
    with speaking("zh_Hans" if proposal.lang.startswith("zh") else "en"):
        proposal.statement = outcome_sentence(tally, option_names(options, HOME))
    if proposal.is_secret:
        shuffle(proposal)
    note(
        alliance,
        "proposal-closed",
        actor=actor,
        audience=proposal.audience,
        number=proposal.number,
        **as_facts(proposal),
        outcome=proposal.outcome,
        cast=tally.cast,
        roll=tally.roll,
        roll_hash=proposal.roll_hash,
        tally_hash=proposal.tally_hash,
    )
    session().flush()
    resolution = _register(alliance, proposal) if _is_resolved(proposal, tally) else None
    take_effect(alliance, proposal)
    session().flush()
    emit(ProposalClosed(proposal.id))
    if resolution is not None:
        emit(ResolutionRegistered(resolution.id))


def counted(proposal: Proposal, options: list[Option]) -> Tally:
    """The tally of the ballots as they are."""
    rules, numbers = Rules.from_json(proposal.rules), [option.id for option in options]
    ballots = session().scalars(select(CastBallot.choice).where(CastBallot.proposal_id == proposal.id))
    choices = (read_choice(rules, numbers, choice) for choice in ballots)
    return count(rules, options=numbers, ballots=choices, roll=proposal.roll_size)


def _may_end_early(here: Here, proposal: Proposal) -> None:
    authorise(here.viewer, AllianceRight.OPEN_VOTE, (here, proposal))
    if proposal.cast_count < proposal.roll_size:
        raise ConflictError(_("A vote ends early only when everybody on the roll has voted."))


def _is_resolved(proposal: Proposal, tally: Tally) -> bool:
    return tally.outcome in DECIDED and proposal.matter != Matter.TIME


def _register(alliance: Alliance, proposal: Proposal) -> Resolution:
    """Into the register, under the next number of the year."""
    at = proposal.closed_at or now()
    year = at.astimezone(zone(HOME)).year
    before = select(func.count(Resolution.id)).where(
        Resolution.alliance_id == alliance.id, Resolution.number.startswith(f"{year}-")
    )
    resolution = Resolution(
        alliance_id=alliance.id,
        number=f"{year}-{(session().scalar(before) or 0) + 1}",
        proposal_id=proposal.id,
        statement=proposal.statement,
        audience=proposal.audience,
        decided_at=at,
        review_on=proposal.review_on,
    )
    session().add(resolution)
    note(
        alliance,
        "resolution-registered",
        actor=None,
        audience=proposal.audience,
        resolution=resolution.number,
        number=proposal.number,
        **as_facts(proposal),
        review=proposal.review_on.isoformat() if proposal.review_on else None,
    )
    session().flush()
    return resolution


@subscribe(StateChanged)
def follow_the_alliance(event: StateChanged) -> None:
    """What is open goes back when an alliance ends; after a thaw, every vote stays open for two more days at least."""
    alliance = session().get_one(Alliance, event.alliance_id)
    still_open = select(Proposal).where(Proposal.alliance_id == alliance.id, Proposal.state == ProposalState.OPEN)
    if event.after in ENDED:
        for proposal in session().scalars(still_open.order_by(Proposal.id).with_for_update()):
            take_back(alliance, proposal, actor=None, message=_("The alliance has ended."))
    elif event.before == State.FROZEN and event.after in LIVING:
        soonest = now() + AFTER_THAW
        for proposal in session().scalars(
            still_open.where(Proposal.closes_at < soonest).order_by(Proposal.id).with_for_update()
        ):
            proposal.closes_at = soonest
            proposal.version += 1

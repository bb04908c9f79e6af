"""What the worker does for decisions: counts what is due, reminds those who have not voted, and of reviews."""

from datetime import timedelta

from sqlalchemy import select

from alliances.actions.closing import close_due
from alliances.models import LIVING, Alliance, Proposal, ProposalState, Resolution
from alliances.notices.decisions import REMINDED, due_for_reminder, tell_review, tell_voters
from kernel.clock import now
from kernel.db import session
from kernel.jobs import enqueue, job

BEFORE_END = timedelta(hours=48)
AT_ONCE = 500


@job("alliances.close_votes", every=timedelta(minutes=1))
def close_votes() -> None:
    """Each in a transaction of its own, so that one vote never keeps another waiting."""
    due = (
        select(Proposal.id)
        .join(Alliance, Alliance.id == Proposal.alliance_id)
        .where(Proposal.state == ProposalState.OPEN, Proposal.closes_at <= now(), Alliance.state.in_(LIVING))
    )
    for proposal_id in session().scalars(due.order_by(Proposal.closes_at, Proposal.id).limit(AT_ONCE)).all():
        enqueue("alliances.close_vote", proposal_id=proposal_id)


@job("alliances.close_vote")
def close_vote(proposal_id: int) -> None:
    """One whose time is up."""
    close_due(proposal_id)


@job("alliances.tell_voters")
def tell(proposal_id: int, event: str) -> None:
    """Those whom it concerns; a proposal that was taken back and thrown away in the meantime concerns nobody."""
    proposal = session().get(Proposal, proposal_id)
    if proposal is not None and proposal.state != ProposalState.DRAFT:
        tell_voters(proposal, event)


@job("alliances.remind_voters", every=timedelta(minutes=10))
def remind_voters() -> None:
    """Two days before the end, those who have not voted; of a vote that lasts no longer, nobody."""
    at = now()
    due = select(Proposal).where(
        Proposal.state == ProposalState.OPEN,
        due_for_reminder(at, at + BEFORE_END),
        Proposal.opened_at < at - BEFORE_END,
    )
    for proposal in session().scalars(due.order_by(Proposal.id).limit(AT_ONCE)).all():
        proposal.reminded_at = at
        enqueue("alliances.tell_voters", proposal_id=proposal.id, event=REMINDED)


@job("alliances.remind_reviews", every=timedelta(hours=6))
def remind_reviews() -> None:
    """Resolutions whose day has come."""
    due = (
        select(Resolution)
        .join(Alliance, Alliance.id == Resolution.alliance_id)
        .where(
            Resolution.review_on <= now().date(),
            Resolution.reminded_at.is_(None),
            Resolution.superseded_by_id.is_(None),
            Alliance.state.in_(LIVING),
        )
    )
    for resolution in session().scalars(due.order_by(Resolution.id).limit(AT_ONCE)).all():
        resolution.reminded_at = now()
        tell_review(resolution)

"""A vote ends because what it was about has ended: nobody decided it, and nothing follows from it."""

from sqlalchemy import select

from alliances.actions.withdrawing import take_back
from alliances.models import Alliance, Proposal, ProposalState
from kernel.db import session
from kernel.viewer import Viewer


def end_vote(alliance: Alliance, proposal_id: int | None, *, actor: Viewer | None, message: str = "") -> None:
    """Take it back where it still runs. The alliance is held."""
    held = select(Proposal).where(Proposal.id == proposal_id, Proposal.alliance_id == alliance.id)
    proposal = session().scalar(held.with_for_update().execution_options(populate_existing=True))
    if proposal is not None and proposal.state == ProposalState.OPEN:
        take_back(alliance, proposal, actor=actor, message=message)

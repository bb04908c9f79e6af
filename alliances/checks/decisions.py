"""What must hold of votes: rolls and tallies are as their hashes say, and nobody voted twice."""

import hashlib

from sqlalchemy import func, select

from alliances.actions.closing import counted
from alliances.counting import canonical
from alliances.models import CastBallot, Proposal, ProposalState, Voter
from alliances.proposal_loading import options_of
from alliances.rolls import read_roll, roll_hash
from kernel.checks import check
from kernel.db import session


@check
def rolls_of_proposals(*, mend: bool) -> list[str]:  # noqa: ARG001 - what was frozen is not written anew
    """The roll is the one that was frozen, and as long as the number says."""
    faults = []
    for proposal in session().scalars(select(Proposal).where(Proposal.roll_hash != "").order_by(Proposal.id)).all():
        roll = read_roll(proposal.id)
        if (len(roll), roll_hash(proposal.number, roll)) != (proposal.roll_size, proposal.roll_hash):
            faults.append(f"proposal {proposal.id}: its roll is not the one that was frozen")
    return faults


@check
def votes_of_proposals(*, mend: bool) -> list[str]:
    """As many ballots as voters who voted, and as the number beside the proposal says."""
    voted = select(func.count()).where(Voter.proposal_id == Proposal.id, Voter.has_voted).correlate(Proposal)
    cast = select(func.count()).where(CastBallot.proposal_id == Proposal.id).correlate(Proposal)
    query = select(Proposal, voted.scalar_subquery().label("voted"), cast.scalar_subquery().label("cast"))
    faults = []
    for row in session().execute(query.where(Proposal.state != ProposalState.DRAFT).order_by(Proposal.id)).all():
        if row.voted != row.cast:
            faults.append(f"proposal {row.Proposal.id} has {row.cast} ballots of {row.voted} voters")
        elif row.Proposal.cast_count != row.cast:
            faults.append(f"proposal {row.Proposal.id} counts {row.Proposal.cast_count} ballots and has {row.cast}")
            if mend:
                row.Proposal.cast_count = row.cast
    return faults


@check
def tallies_of_proposals(*, mend: bool) -> list[str]:  # noqa: ARG001 - what was decided, nobody decides anew
    """The ballots still give the tally that was published, and the tally its hash."""
    faults = []
    closed = select(Proposal).where(Proposal.state == ProposalState.CLOSED).order_by(Proposal.id)
    for proposal in session().scalars(closed).all():
        tally = counted(proposal, options_of(proposal)).to_json()
        if tally != proposal.tally:
            faults.append(f"proposal {proposal.id}: its ballots do not give its tally")
        elif hashlib.sha256(canonical(tally)).hexdigest() != proposal.tally_hash:
            faults.append(f"proposal {proposal.id}: its tally does not have its hash")
    return faults

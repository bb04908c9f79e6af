"""Proposals, and whom the viewer votes for: loaded through what they may see, so that the invisible is Not Found."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from alliances.here import VOICES, Here
from alliances.models import Electorate, Member, MemberState, Option, Proposal, Proxy, Role, Voter
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.viewer import Viewer

OWN, ALTERNATE, PROXY = "own", "alternate", "proxy"

other = aliased(Proxy)


def visible_proposals(viewer: Viewer) -> ColumnElement[bool]:
    """The one condition of sight: a proposal bears the token of its electorate, a draft that of its author."""
    return Proposal.audience.in_(sorted(viewer.audience))


def proposal_at(here: Here, number: int, *, hold: bool = False) -> Proposal:
    """A proposal of this alliance; with `hold`, as it is now, and it stays so until the transaction ends."""
    query = select(Proposal).where(
        Proposal.alliance_id == here.alliance.id, Proposal.number == number, visible_proposals(here.viewer)
    )
    if hold:
        query = query.with_for_update().execution_options(populate_existing=True)
    proposal = session().scalar(query)
    if proposal is None:
        raise NotFoundError
    return proposal


def options_of(proposal: Proposal) -> list[Option]:
    """Its options in the order of the page, in which they are counted, too: of time, where they are times."""
    query = select(Option).where(Option.proposal_id == proposal.id).order_by(Option.starts_at, Option.position)
    return list(session().scalars(query))


@dataclass(frozen=True, slots=True)
class Mandate:
    """One vote that the viewer may cast: their own or their member's, as its alternate, or by proxy."""

    voter: Voter
    member: Member | None
    kind: str
    proxy: Proxy | None = None

    @property
    def is_done(self) -> bool:
        """Whether somebody with more right to it has cast it: a proxy never overrides the member's own vote."""
        return self.kind == PROXY and self.voter.has_voted and self.voter.voted_as != PROXY


def mandates_of(here: Here, proposal: Proposal) -> list[Mandate]:
    """Every vote on this roll that the viewer may cast now, their own first. One query, none for strangers."""
    if not here.viewer.signed_in:
        return []
    if proposal.electorate != Electorate.MEMBERS:
        mine = select(Voter).where(Voter.proposal_id == proposal.id, Voter.user_id == here.viewer.me)
        return [Mandate(voter, None, OWN) for voter in session().scalars(mine)]
    roles = {acting.member.id: acting.role for acting in here.acting if acting.role in VOICES}
    if not roles:
        return []
    query = (
        select(Voter, Member, Proxy)
        .join(Member, Member.id == Voter.member_id)
        .outerjoin(Proxy, and_(Proxy.from_member_id == Member.id, Proxy.to_member_id.in_(roles), in_force(proposal)))
        .where(
            Voter.proposal_id == proposal.id,
            Member.state == MemberState.ACTIVE,
            or_(Voter.member_id.in_(roles), Proxy.id.is_not(None)),
        )
        .order_by(Voter.id, Proxy.proposal_id.is_(None), Proxy.id)
    )
    rows = session().execute(query.execution_options(populate_existing=True)).all()
    return _sorted([(row.Voter, row.Member, row.Proxy) for row in rows], roles)


def _sorted(rows: Sequence[tuple[Voter, Member, Proxy | None]], roles: dict[int, str]) -> list[Mandate]:
    """Own votes, then proxies: these only for a holder that is on the roll itself, and each vote once."""
    own = {
        member.id: Mandate(voter, member, OWN if roles[member.id] == Role.REPRESENTATIVE else ALTERNATE)
        for voter, member, _proxy in rows
        if member.id in roles
    }
    held = {
        member.id: Mandate(voter, member, PROXY, proxy)
        for voter, member, proxy in reversed(rows)
        if proxy is not None and proxy.to_member_id in own and member.id not in own
    }
    return [*own.values(), *sorted(held.values(), key=lambda one: one.voter.id)]


def in_force(proposal: Proposal) -> ColumnElement[bool]:
    """Which proxies hold for a proposal now; none in a secret vote."""
    return Proxy.id.is_(None) if proposal.is_secret else in_force_for(literal(proposal.id))


def in_force_for(proposal_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Which proxies hold for a vote that is not secret: one for it alone, or else one for a period."""
    at = now()
    better = select(other.id).where(
        other.from_member_id == Proxy.from_member_id, other.proposal_id == proposal_id, other.revoked_at.is_(None)
    )
    return and_(
        Proxy.revoked_at.is_(None),
        or_(
            Proxy.proposal_id == proposal_id,
            and_(
                Proxy.proposal_id.is_(None),
                Proxy.starts_at <= at,
                Proxy.ends_at > at,
                ~better.correlate_except(other).exists(),
            ),
        ),
    )

"""What leaving, a case and a dissolution show."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from accounts.queries import PersonFacts, persons
from alliances.here import Here
from alliances.models import Dissolution, ExpulsionCase, Member, Proposal, ProposalState
from alliances.parties import Party, PartyFacts, parties
from alliances.sight import visible_cases
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer

LIST = 30


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with who is who, and the vote on it."""

    case: ExpulsionCase
    member: Member
    party: PartyFacts | None
    opened_by: PersonFacts | None
    replied_by: PersonFacts | None
    proposal: Proposal | None


@dataclass(frozen=True, slots=True)
class DissolutionView:
    """How the end of an alliance stands, with its vote."""

    dissolution: Dissolution
    started_by: PersonFacts | None
    proposal: Proposal | None


def case_page(viewer: Viewer, here: Here, *, cursor: str | None = None, limit: int = LIST) -> Page[CaseRow]:
    """Those that the viewer may see, the latest first."""
    query = select(ExpulsionCase).where(ExpulsionCase.alliance_id == here.alliance.id, visible_cases(viewer))
    page = keyset_page(query, keys=[ExpulsionCase.id], limit=limit, cursor=cursor)
    return Page(_shown([row.ExpulsionCase for row in page.items]), page.next)


def case_at(viewer: Viewer, here: Here, case_id: int) -> CaseRow:
    """One, or `NotFoundError`."""
    query = select(ExpulsionCase).where(
        ExpulsionCase.id == case_id, ExpulsionCase.alliance_id == here.alliance.id, visible_cases(viewer)
    )
    found = _shown(session().scalars(query).all())
    if not found:
        raise NotFoundError
    return found[0]


def dissolution_of(here: Here) -> DissolutionView | None:
    """The one that is asked for, under way, or done."""
    dissolution = session().get(Dissolution, here.alliance.id)
    if dissolution is None:
        return None
    proposal = session().get(Proposal, dissolution.proposal_id) if dissolution.proposal_id else None
    started_by = persons([dissolution.started_by_id]).get(dissolution.started_by_id)
    return DissolutionView(dissolution, started_by, proposal)


def count_open_proposals(member: Member) -> int:
    """How many votes run that a member proposed."""
    query = select(func.count()).where(Proposal.member_id == member.id, Proposal.state == ProposalState.OPEN)
    return session().scalar(query) or 0


def _shown(cases: Sequence[ExpulsionCase]) -> list[CaseRow]:
    if not cases:
        return []
    numbers = [case.member_id for case in cases]
    members = {member.id: member for member in session().scalars(select(Member).where(Member.id.in_(numbers)))}
    facts = parties([Party(member.party_kind, member.party_id) for member in members.values()])
    people = persons(
        {case.opened_by_id for case in cases} | {case.replied_by_id for case in cases if case.replied_by_id}
    )
    votes = [case.proposal_id for case in cases if case.proposal_id]
    proposals = (
        {row.id: row for row in session().scalars(select(Proposal).where(Proposal.id.in_(votes)))} if votes else {}
    )
    return [
        CaseRow(
            case,
            member := members[case.member_id],
            facts.get(Party(member.party_kind, member.party_id)),
            people.get(case.opened_by_id),
            people.get(case.replied_by_id or 0),
            proposals.get(case.proposal_id or 0),
        )
        for case in cases
    ]

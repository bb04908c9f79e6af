"""Working groups, with who is in them and what they have."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from accounts.queries import PersonFacts, persons
from alliances.here import Here
from alliances.models import Group, GroupMember, Member, Office, Term
from alliances.parties import Party, PartyFacts, parties
from alliances.queries.documents import DocumentRow, document_page
from alliances.queries.proposals import ProposalRow, group_proposals
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.viewer import Viewer

SOME = 5
MOST_PEOPLE = 200


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A working group in the list."""

    group: Group
    leads: tuple[PersonFacts, ...]
    people: int
    is_mine: bool


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Somebody in a group: for a member, or as an expert from outside."""

    person: PersonFacts
    party: PartyFacts | None
    is_expert: bool
    is_lead: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class GroupView:
    """A working group with its people and the latest of its documents and decisions, as far as the viewer sees them."""

    group: Group
    people: list[PlaceRow]
    proposals: list[ProposalRow]
    documents: list[DocumentRow]
    is_mine: bool

    @property
    def leads(self) -> list[PersonFacts]:
        """Who leads it."""
        return [place.person for place in self.people if place.is_lead]


def groups_of(here: Here, *, closed: bool = False) -> list[GroupRow]:
    """All of an alliance that still work, or those that have ended, by name."""
    which = Group.closed_at.is_not(None) if closed else Group.closed_at.is_(None)
    groups = session().scalars(select(Group).where(Group.alliance_id == here.alliance.id, which)).all()
    numbers = [group.id for group in groups]
    if not numbers:
        return []
    people_in = select(GroupMember.group_id, func.count()).where(GroupMember.group_id.in_(numbers))
    counts: dict[int, int] = {row[0]: row[1] for row in session().execute(people_in.group_by(GroupMember.group_id))}
    held = select(Term).where(Term.group_id.in_(numbers), Term.office == Office.LEAD, Term.ended_at.is_(None))
    leads = session().scalars(held.order_by(Term.id)).all()
    people = persons({term.user_id for term in leads})
    return [
        GroupRow(
            group,
            tuple(people[term.user_id] for term in leads if term.group_id == group.id and term.user_id in people),
            counts.get(group.id, 0),
            here.holds(group.token),
        )
        for group in sorted(groups, key=lambda group: group.name.casefold())
    ]


def group_at(here: Here, group_id: int) -> Group:
    """One of this alliance: for its members, and for the experts who work in it."""
    group = session().get(Group, group_id)
    if group is None or group.alliance_id != here.alliance.id or not (here.is_inside or here.holds(group.token)):
        raise NotFoundError
    return group


def group_view(viewer: Viewer, here: Here, group_id: int) -> GroupView:
    """The page of a group."""
    group = group_at(here, group_id)
    return GroupView(
        group,
        _people(group),
        group_proposals(here, group.id, limit=SOME),
        document_page(viewer, here, group_id=group.id, limit=SOME).items,
        here.holds(group.token),
    )


def _people(group: Group) -> list[PlaceRow]:
    rows = (
        session()
        .execute(
            select(GroupMember, Member.party_kind, Member.party_id)
            .outerjoin(Member, Member.id == GroupMember.member_id)
            .where(GroupMember.group_id == group.id)
            .order_by(GroupMember.since, GroupMember.user_id)
            .limit(MOST_PEOPLE)
        )
        .all()
    )
    held = select(Term.user_id).where(Term.group_id == group.id, Term.office == Office.LEAD, Term.ended_at.is_(None))
    leads = set(session().scalars(held))
    people = persons({row.GroupMember.user_id for row in rows})
    facts = parties([Party(row.party_kind, row.party_id) for row in rows if row.party_kind])
    places = [
        PlaceRow(
            people[row.GroupMember.user_id],
            facts.get(Party(row.party_kind, row.party_id)) if row.party_kind else None,
            is_expert=row.GroupMember.member_id is None,
            is_lead=row.GroupMember.user_id in leads,
            since=row.GroupMember.since,
        )
        for row in rows
        if row.GroupMember.user_id in people
    ]
    return sorted(places, key=lambda place: (not place.is_lead, place.is_expert))

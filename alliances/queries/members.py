"""Members as they are shown: to everybody who they are, to those inside who acts for them and what they accepted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, case, func, select

from accounts.models import Organisation, OrganisationSeat, SeatState
from accounts.queries import PersonFacts, persons
from alliances.here import Here
from alliances.models import Member, MemberState, PartyKind, Role, Seat, Standing, Term
from alliances.parties import CLASSES, Party, PartyFacts, parties, spoken_for
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page

LIST = 50
MOST_COLLEAGUES = 200


@dataclass(frozen=True, slots=True)
class SeatRow:
    """Somebody who acts for a member, and how."""

    person: PersonFacts
    role: str
    since: datetime


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member, with what the viewer may know of it; without a party, one that is gone."""

    member: Member
    party: PartyFacts | None
    seats: tuple[SeatRow, ...]
    has_accepted: bool

    def held_by(self, role: str) -> PersonFacts | None:
        """Who is the representative, or the alternate."""
        return next((seat.person for seat in self.seats if seat.role == role), None)

    @property
    def delegates(self) -> list[PersonFacts]:
        """The others who act for it."""
        return [seat.person for seat in self.seats if seat.role == Role.DELEGATE]


@dataclass(frozen=True, slots=True)
class MemberCounts:
    """How many members there are, by standing and by class."""

    by_standing: dict[str, int]
    by_class: dict[str, int]


def member_page(
    here: Here,
    *,
    standing: str = "",
    state: MemberState | None = MemberState.ACTIVE,
    cursor: str | None = None,
    limit: int = LIST,
) -> Page[MemberRow]:
    """Active members, full ones first, then those of longest standing; or, with no state, the former ones."""
    place = case((Member.standing == Standing.FULL, 0), (Member.standing == Standing.ASSOCIATE, 1), else_=2)
    query = select(Member).where(Member.alliance_id == here.alliance.id)
    if standing in set(Standing):
        query = query.where(Member.standing == standing)
    if state is not None:
        query = query.where(Member.state == state)
        page = keyset_page(query, keys=[place, Member.id], limit=limit, cursor=cursor, descending=False)
    else:
        query = query.where(Member.state != MemberState.ACTIVE)
        page = keyset_page(query, keys=[Member.id], limit=limit, cursor=cursor)
    return Page(rows_of(here, [row[0] for row in page.items]), page.next)


def member_at(here: Here, member_id: int) -> MemberRow:
    """One that is a member now, or `NotFoundError`."""
    member = session().get(Member, member_id)
    if member is None or member.alliance_id != here.alliance.id or member.state != MemberState.ACTIVE:
        raise NotFoundError
    return rows_of(here, [member])[0]


def my_members(here: Here) -> list[MemberRow]:
    """The members for which the viewer acts, or may say who does."""
    members = {member.id: member for member in here.members}
    mine = spoken_for(here.viewer)
    for kind in {party.kind for party in mine}:
        theirs = select(Member).where(
            Member.alliance_id == here.alliance.id,
            Member.state == MemberState.ACTIVE,
            Member.party_kind == kind,
            Member.party_id.in_([party.id for party in mine if party.kind == kind]),
        )
        members.update({member.id: member for member in session().scalars(theirs)})
    return rows_of(here, [members[number] for number in sorted(members)], is_mine=True)


def member_counts(here: Here) -> MemberCounts:
    """By standing and by class: firms, research institutions, experts and so on. One query."""
    is_organisation = and_(Member.party_kind == PartyKind.ORGANISATION, Organisation.id == Member.party_id)
    rows = session().execute(
        select(Member.standing, Member.party_kind, Organisation.kind, func.count())
        .outerjoin(Organisation, is_organisation)
        .where(Member.alliance_id == here.alliance.id, Member.state == MemberState.ACTIVE)
        .group_by(Member.standing, Member.party_kind, Organisation.kind)
    )
    by_standing: Counter[str] = Counter()
    by_class: Counter[str] = Counter()
    for standing, party_kind, kind, count in rows:
        by_standing[standing] += count
        by_class[CLASSES.get(kind or "", kind or party_kind)] += count
    return MemberCounts(dict(by_standing), dict(by_class.most_common()))


def colleagues(party: Party) -> list[PersonFacts]:
    """Who may act for a party: its people, or an ally's officers; of a large body the first two hundred by name."""
    if party.kind == PartyKind.ORGANISATION:
        query = select(OrganisationSeat.user_id).where(
            OrganisationSeat.organisation_id == party.id, OrganisationSeat.state == SeatState.ACTIVE
        )
    elif party.kind == PartyKind.ALLIANCE:
        query = select(Term.user_id).where(Term.alliance_id == party.id, Term.ended_at.is_(None))
    else:
        return []
    people = persons(session().scalars(query.limit(MOST_COLLEAGUES)))
    return sorted(people.values(), key=lambda person: person.name.casefold())


def people_acting(here: Here) -> list[PersonFacts]:
    """Who acts for the members of this alliance, to be named in a form: the first few hundred, by name."""
    seats = (
        select(Seat.user_id)
        .join(Member, Member.id == Seat.member_id)
        .where(Member.alliance_id == here.alliance.id, Member.state == MemberState.ACTIVE, Seat.until.is_(None))
        .distinct()
    )
    people = persons(session().scalars(seats.limit(MOST_COLLEAGUES)))
    return sorted(people.values(), key=lambda person: person.name.casefold())


def rows_of(here: Here, members: Sequence[Member], *, is_mine: bool = False) -> list[MemberRow]:
    """With names and people: a query a kind of party and two for people, however many there are."""
    facts = parties([Party(member.party_kind, member.party_id) for member in members])
    seats = _seats([member.id for member in members]) if here.is_inside or is_mine else {}
    return [
        MemberRow(
            member=member,
            party=facts.get(Party(member.party_kind, member.party_id)),
            seats=tuple(seats.get(member.id, ())),
            has_accepted=member.accepted_number >= here.alliance.charter_number,
        )
        for member in members
    ]


def _seats(member_ids: Iterable[int]) -> dict[int, list[SeatRow]]:
    numbers = list(member_ids)
    if not numbers:
        return {}
    order = case((Seat.role == Role.REPRESENTATIVE, 0), (Seat.role == Role.ALTERNATE, 1), else_=2)
    held = select(Seat).where(Seat.member_id.in_(numbers), Seat.until.is_(None)).order_by(order, Seat.id)
    rows: Sequence[Row[Any]] = session().execute(held).all()
    people = persons({row[0].user_id for row in rows})
    found: dict[int, list[SeatRow]] = {}
    for row in rows:
        seat: Seat = row[0]
        if seat.user_id in people:
            found.setdefault(seat.member_id, []).append(SeatRow(people[seat.user_id], seat.role, seat.since))
    return found

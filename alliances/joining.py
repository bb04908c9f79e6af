"""Coming in and going: the deeds themselves, for those who have already decided whether they may be done.

The caller holds the alliance, and has authorised whoever wants it.
"""

from sqlalchemy import select

from alliances.counters import count_members
from alliances.events import MemberEnded, MemberJoined, SeatGiven, StandingChanged
from alliances.log import note
from alliances.models import Alliance, GroupMember, Member, MemberState, Role, Seat, Standing, Term
from alliances.parties import Party, parties
from alliances.seating import people_of, reseat
from alliances.terms import end_term
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError
from kernel.events import emit
from kernel.viewer import Viewer
from kernel.words import gettext as _


def join(
    alliance: Alliance,
    party: Party,
    *,
    standing: Standing = Standing.FULL,
    representative_id: int,
    is_founder: bool = False,
    actor: Viewer | None,
) -> Member:
    """Make `party` a member that has accepted the charter as it is, with its representative. Once only."""
    if member_of(alliance.id, party) is not None:
        raise ConflictError(_("It is a member already."))
    member = Member(
        alliance_id=alliance.id,
        party_kind=party.kind,
        party_id=party.id,
        standing=standing.value,
        is_founder=is_founder,
        accepted_number=alliance.charter_number,
    )
    session().add(member)
    session().flush()
    session().add(
        Seat(
            member_id=member.id,
            user_id=representative_id,
            role=Role.REPRESENTATIVE.value,
            given_by_id=actor.user_id if actor else None,
        )
    )
    count_members(alliance)
    if alliance.open_seats and not is_founder:
        alliance.open_seats -= 1
    note(alliance, "member-joined", actor=actor, member=name_of_party(party), standing=standing.value)
    reseat(alliance.id, [representative_id])
    emit(MemberJoined(alliance.id, member.id, actor.user_id if actor else None))
    emit(SeatGiven(member.id, representative_id, Role.REPRESENTATIVE.value, actor.user_id if actor else None))
    return member


def end_membership(
    alliance: Alliance, member: Member, *, state: MemberState, reason: str = "", actor: Viewer | None
) -> None:
    """End a membership with its seats, offices and places in groups; what it sees ends with this transaction.

    Whether the alliance keeps enough people with steering offices, the caller has looked after.
    """
    at = now()
    people = people_of(member.id)
    member.state, member.ended_at, member.ended_reason, member.leaving_at = state.value, at, reason, None
    for seat in session().scalars(select(Seat).where(Seat.member_id == member.id, Seat.until.is_(None))):
        seat.until = at
    for term in session().scalars(select(Term).where(Term.member_id == member.id, Term.ended_at.is_(None))):
        end_term(alliance, term, reason=state.value, actor=actor)
    for place in session().scalars(select(GroupMember).where(GroupMember.member_id == member.id)):
        people.append(place.user_id)
        session().delete(place)
    count_members(alliance)
    name = name_of_party(Party(member.party_kind, member.party_id))
    note(alliance, "member-ended", actor=actor, member=name, how=state.value)
    reseat(alliance.id, people)
    emit(MemberEnded(alliance.id, member.id, actor.user_id if actor else None, state.value))


def change_standing(alliance: Alliance, member: Member, standing: Standing, *, actor: Viewer | None) -> None:
    """Let a member vote from now on, or not any more."""
    before = member.standing
    if before == standing:
        return
    member.standing = standing.value
    name = name_of_party(Party(member.party_kind, member.party_id))
    note(alliance, "standing-changed", actor=actor, member=name, before=before, after=standing.value)
    session().flush()
    emit(StandingChanged(member.id, before, standing.value))


def member_of(alliance_id: int, party: Party) -> Member | None:
    """The active membership of a party."""
    return session().scalar(
        select(Member).where(
            Member.alliance_id == alliance_id,
            Member.party_kind == party.kind,
            Member.party_id == party.id,
            Member.state == MemberState.ACTIVE,
        )
    )


def name_of_party(party: Party) -> str:
    """What the log calls a party."""
    facts = parties([party]).get(party)
    return facts.name if facts else str(party)

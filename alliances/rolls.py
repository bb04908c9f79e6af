"""The roll of a proposal: who votes, written down once when it opens and never changed, whatever becomes of them."""

import hashlib
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, insert, literal, or_, select

from alliances.counting import canonical
from alliances.models import (
    Alliance,
    Electorate,
    GroupMember,
    Member,
    MemberState,
    PartyKind,
    Proposal,
    Seat,
    Standing,
    Term,
    Voter,
)
from alliances.powers import IN_COUNCIL
from kernel.clock import now
from kernel.db import session


def write_roll(alliance: Alliance, proposal: Proposal, *, without: Collection[int] = ()) -> None:
    """Write down who votes on a proposal, and set `roll_size` and `roll_hash`; the alliance is held."""
    column = "member_id" if proposal.electorate == Electorate.MEMBERS else "user_id"
    session().execute(
        insert(Voter).from_select(
            ["proposal_id", column], _entitled(alliance, proposal, without), include_defaults=True
        )
    )
    roll = read_roll(proposal.id)
    proposal.roll_size, proposal.roll_hash = len(roll), roll_hash(proposal.number, roll)


def read_roll(proposal_id: int) -> list[str]:
    """Everybody on the roll as `organisation:7` or `person:3`, sorted: what the hash is over."""
    rows = session().execute(
        select(Member.party_kind, Member.party_id, Voter.user_id)
        .select_from(Voter)
        .outerjoin(Member, Member.id == Voter.member_id)
        .where(Voter.proposal_id == proposal_id)
    )
    return sorted(voter_key(row.party_kind, row.party_id, row.user_id) for row in rows)


def voter_key(party_kind: str | None, party_id: int | None, user_id: int | None) -> str:
    """How somebody is named on a published roll, for ever."""
    return f"{PartyKind.PERSON}:{user_id}" if party_kind is None else f"{party_kind}:{party_id}"


def roll_hash(number: int, roll: Sequence[str]) -> str:
    """SHA-256 over the canonical JSON of the proposal's number and its sorted roll."""
    return hashlib.sha256(canonical({"proposal": number, "roll": list(roll)})).hexdigest()


def votes_now(alliance: Alliance) -> ColumnElement[bool]:
    """Which members are on a roll that is written now: full ones that are not overdue with the charter in force."""
    return (
        (Member.alliance_id == alliance.id)
        & (Member.state == MemberState.ACTIVE)
        & (Member.standing == Standing.FULL)
        & or_(
            Member.asked_until.is_(None),
            Member.asked_until >= now(),
            Member.accepted_number >= alliance.charter_number,
        )
    )


def _entitled(alliance: Alliance, proposal: Proposal, without: Collection[int]) -> Select[int, int]:
    number = literal(proposal.id)
    if proposal.electorate == Electorate.MEMBERS:
        query = select(number, Member.id).where(votes_now(alliance)).order_by(Member.id)
        return query.where(Member.id.not_in(sorted(without))) if without else query
    if proposal.electorate == Electorate.COUNCIL:
        return (
            select(number, Term.user_id)
            .where(
                Term.alliance_id == alliance.id,
                Term.ended_at.is_(None),
                Term.office.in_(IN_COUNCIL),
                _is_seated(alliance.id),
            )
            .distinct()
        )
    return select(number, GroupMember.user_id).where(GroupMember.group_id == proposal.group_id)


def _is_seated(alliance_id: int) -> ColumnElement[bool]:
    """An office without a seat gives no vote, as it gives no sight."""
    return (
        select(Seat.id)
        .join(Member, Member.id == Seat.member_id)
        .where(
            Member.alliance_id == alliance_id,
            Member.state == MemberState.ACTIVE,
            Seat.user_id == Term.user_id,
            Seat.until.is_(None),
        )
        .exists()
    )

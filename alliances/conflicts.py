"""Conflicts of interest: how somebody is tied to a bid, as it is at this moment. Nobody has to tell; they may."""

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import select, tuple_

from accounts.models import OrganisationSeat
from alliances.models import Bid, Member, MemberState, PartyKind, ScoreSheet, Seat
from kernel.db import session


class Tie(StrEnum):
    """Why somebody may neither score a bid nor award."""

    AUTHOR = "author"
    TEAM = "team"
    SEAT = "seat"
    MEMBER = "member"
    DECLARED = "declared"


def ties_of(user_id: int, bids: Iterable[Bid]) -> dict[int, Tie]:
    """By the numbers of the bids to which this person is tied: as author, in the team, by a seat, as a member's person.

    Three queries at most, however many bids there are.
    """
    found: dict[int, Tie] = {}
    by_party: dict[tuple[str, int], set[int]] = {}
    numbers = set()
    for bid in bids:
        numbers.add(bid.id)
        if bid.author_id == user_id:
            found[bid.id] = Tie.AUTHOR
        elif user_id in bid.people:
            found[bid.id] = Tie.TEAM
        for behind in bid.parties:
            by_party.setdefault((behind["kind"], behind["id"]), set()).add(bid.id)
    for parties, tie in ((_seated(user_id, by_party), Tie.SEAT), (_acted_for(user_id, by_party), Tie.MEMBER)):
        for party in parties:
            for number in by_party[party]:
                found.setdefault(number, tie)
    for number in _declared(user_id, numbers):
        found.setdefault(number, Tie.DECLARED)
    return found


def _seated(user_id: int, parties: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """The organisations among these in which somebody has a seat; and a person is a party of its own."""
    wanted = sorted(number for kind, number in parties if kind == PartyKind.ORGANISATION)
    found = {party for party in parties if party == (PartyKind.PERSON.value, user_id)}
    if wanted:
        rows = session().scalars(
            select(OrganisationSeat.organisation_id).where(
                OrganisationSeat.user_id == user_id,
                OrganisationSeat.state == "active",
                OrganisationSeat.organisation_id.in_(wanted),
            )
        )
        found |= {(PartyKind.ORGANISATION.value, number) for number in rows}
    return found


def _acted_for(user_id: int, parties: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """The parties for which somebody acts in some alliance."""
    wanted = sorted(parties)
    if not wanted:
        return set()
    rows = session().execute(
        select(Member.party_kind, Member.party_id)
        .join(Seat, Seat.member_id == Member.id)
        .where(
            Seat.user_id == user_id,
            Seat.until.is_(None),
            Member.state == MemberState.ACTIVE,
            tuple_(Member.party_kind, Member.party_id).in_(wanted),
        )
    )
    return {(row.party_kind, row.party_id) for row in rows}


def _declared(user_id: int, bids: set[int]) -> list[int]:
    if not bids:
        return []
    said = select(ScoreSheet.bid_id).where(
        ScoreSheet.user_id == user_id, ScoreSheet.bid_id.in_(sorted(bids)), ScoreSheet.conflict != ""
    )
    return list(session().scalars(said))

"""Seats, offices and groups become the audience tokens that people hold: worked out here and nowhere else."""

import re
from collections.abc import Iterable

from sqlalchemy import or_, select

from accounts.actions.grants import grant_by_rule, revoke_by_rule
from accounts.models import Grant
from alliances.models import Group, GroupMember, Member, MemberState, Seat, Term
from alliances.powers import IN_COUNCIL
from kernel.db import session

OURS = re.compile(r"alliance:(\d+)(:(council|group\d+))?")


def reseat(alliance_id: int, user_ids: Iterable[int]) -> None:
    """Give these people exactly the tokens of this alliance that they should hold, and take the others."""
    people = sorted(set(user_ids))
    session().flush()
    should = tokens_by_person(alliance_id, people)
    query = select(Grant.user_id, Grant.token).where(
        Grant.user_id.in_(people),
        or_(Grant.token == f"alliance:{alliance_id}", Grant.token.startswith(f"alliance:{alliance_id}:")),
    )
    has: dict[int, set[str]] = {person: set() for person in people}
    for row in session().execute(query):
        has[row.user_id].add(row.token)
    for person in people:
        for token in sorted(should[person] - has[person]):
            grant_by_rule(user_id=person, token=token)
        for token in sorted(has[person] - should[person]):
            revoke_by_rule(user_id=person, token=token)


def tokens_by_person(alliance_id: int, people: list[int]) -> dict[int, set[str]]:
    """What seats, offices and groups give; an expert invited into a group holds that group's token alone."""
    found: dict[int, set[str]] = {person: set() for person in people}
    seated = session().scalars(
        select(Seat.user_id)
        .join(Member, Member.id == Seat.member_id)
        .where(
            Member.alliance_id == alliance_id,
            Member.state == MemberState.ACTIVE,
            Seat.until.is_(None),
            Seat.user_id.in_(people),
        )
    )
    for person in seated:
        found[person].add(f"alliance:{alliance_id}")
    council = session().scalars(
        select(Term.user_id).where(
            Term.alliance_id == alliance_id,
            Term.ended_at.is_(None),
            Term.office.in_(IN_COUNCIL),
            Term.user_id.in_(people),
        )
    )
    for person in council:
        if found[person]:  # an office without a seat gives no sight
            found[person].add(f"alliance:{alliance_id}:council")
    grouped = session().execute(
        select(GroupMember.user_id, Group.id)
        .join(Group, Group.id == GroupMember.group_id)
        .where(Group.alliance_id == alliance_id, GroupMember.user_id.in_(people))
    )
    for row in grouped:
        found[row.user_id].add(f"alliance:{alliance_id}:group{row.id}")
    return found


def people_of(member_id: int) -> list[int]:
    """Everybody who acts for a member now."""
    return list(session().scalars(select(Seat.user_id).where(Seat.member_id == member_id, Seat.until.is_(None))))

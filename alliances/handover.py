"""What a member has to hand over before it can go, so that nothing is orphaned."""

from dataclasses import dataclass

from sqlalchemy import func, select

from alliances.models import Alliance, Group, Member, MemberState, Office, Standing, State, Term
from alliances.powers import LEAST_HOLDERS, STEERING
from kernel.db import session

SINGLE = (Office.CHAIR, Office.SECRETARY, Office.TREASURER)  # one holder at a time


@dataclass(frozen=True, slots=True)
class HandOver:
    """Offices that its people hold, those among them that need a successor first, and groups it leads alone."""

    terms: tuple[Term, ...]
    needed: tuple[Term, ...]
    groups: tuple[Group, ...]
    is_last: bool

    @property
    def is_settled(self) -> bool:
        """Whether it may go."""
        return not (self.needed or self.groups or self.is_last)


def hand_over(alliance: Alliance, member: Member) -> HandOver:
    """What is still to be settled: single offices, the last who can give offices, groups without another lead.

    An alliance that is forming or has ended binds nobody.
    """
    held = select(Term).where(Term.member_id == member.id, Term.ended_at.is_(None)).order_by(Term.id)
    terms = tuple(session().scalars(held))
    if alliance.state not in (State.ACTIVE, State.FROZEN, State.DISSOLVING):
        return HandOver(terms, (), (), is_last=False)
    others = select(func.count(Term.user_id.distinct())).where(
        Term.alliance_id == alliance.id,
        Term.ended_at.is_(None),
        Term.office.in_(STEERING),
        Term.member_id.is_distinct_from(member.id),
    )
    is_scarce = (session().scalar(others) or 0) < LEAST_HOLDERS
    needed = tuple(
        term
        for term in terms
        if term.group_id is None and (term.office in SINGLE or (is_scarce and term.office in STEERING))
    )
    full = select(Member.id).where(
        Member.alliance_id == alliance.id,
        Member.state == MemberState.ACTIVE,
        Member.standing == Standing.FULL,
        Member.id != member.id,
    )
    is_last = member.standing == Standing.FULL and session().scalar(full.limit(1)) is None
    return HandOver(terms, needed, _led_alone(terms), is_last=is_last)


def _led_alone(terms: tuple[Term, ...]) -> tuple[Group, ...]:
    led = {term.group_id for term in terms if term.office == Office.LEAD and term.group_id is not None}
    if not led:
        return ()
    others = select(Term.group_id).where(
        Term.group_id.in_(led),
        Term.office == Office.LEAD,
        Term.ended_at.is_(None),
        Term.id.not_in([term.id for term in terms]),
    )
    alone = led - set(session().scalars(others))
    query = select(Group).where(Group.id.in_(alone), Group.closed_at.is_(None)).order_by(Group.id)
    return tuple(session().scalars(query))

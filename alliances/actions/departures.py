"""What becomes of seats and memberships when people leave an organisation, or a member itself ends."""

from collections import defaultdict

from sqlalchemy import select

from alliances.actions.cases import drop_case_of
from alliances.actions.seats import close_seats
from alliances.actions.steering import keep_steered
from alliances.here import hold_alliance
from alliances.joining import end_membership
from alliances.models import Alliance, Member, MemberState, Seat
from alliances.parties import Party
from alliances.speakers import can_work_for
from kernel.db import session


def unseat(party: Party, user_id: int) -> None:
    """Somebody does not work for it any more: they act for it nowhere. Harmless while they still do."""
    if can_work_for(party, user_id):
        return
    rows = session().execute(
        select(Member.alliance_id, Member.id)
        .join(Seat, Seat.member_id == Member.id)
        .where(
            Member.party_kind == party.kind,
            Member.party_id == party.id,
            Member.state == MemberState.ACTIVE,
            Seat.user_id == user_id,
            Seat.until.is_(None),
        )
    )
    members: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        members[row.alliance_id].append(row.id)
    for alliance_id in sorted(members):
        close_seats(_held(alliance_id), members[alliance_id], user_id, actor=None)


def end_party(party: Party) -> None:
    """The party has ended, and with it every membership that it has."""
    theirs = (Member.party_kind == party.kind, Member.party_id == party.id, Member.state == MemberState.ACTIVE)
    for alliance_id in session().scalars(select(Member.alliance_id).where(*theirs).order_by(Member.alliance_id)).all():
        alliance = _held(alliance_id)
        member = session().scalar(
            select(Member).where(Member.alliance_id == alliance_id, *theirs).execution_options(populate_existing=True)
        )
        if member is not None:
            drop_case_of(alliance, member, actor=None)
            end_membership(alliance, member, state=MemberState.ENDED, actor=None)
            keep_steered(alliance)


def _held(alliance_id: int) -> Alliance:
    hold_alliance(alliance_id)
    return session().get_one(Alliance, alliance_id, populate_existing=True)

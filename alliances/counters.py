"""Derived numbers of alliances, each kept by one function."""

from sqlalchemy import func, select

from alliances.models import Alliance, Member, MemberState
from kernel.db import session


def count_members(alliance: Alliance) -> None:
    """Set `member_count`; call it after members changed, with the alliance held."""
    session().flush()
    alliance.member_count = (
        session().scalar(
            select(func.count()).where(Member.alliance_id == alliance.id, Member.state == MemberState.ACTIVE)
        )
        or 0
    )

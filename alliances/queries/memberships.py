"""To which alliances somebody belongs, for the pages of organisations and people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from alliances.here import visible_alliances
from alliances.models import Alliance, Member, MemberState, State, Term
from alliances.parties import Party
from alliances.words import name_of
from kernel.db import session
from kernel.viewer import Viewer

SHOWN = (State.FORMING, State.ACTIVE, State.FROZEN, State.DISSOLVING)
MOST = 50


@dataclass(frozen=True, slots=True)
class Membership:
    """An alliance that lives, and what the party or person is in it."""

    name: str
    url: str
    state: str
    state_name: str
    roles: tuple[str, ...]


def memberships_of(viewer: Viewer, party: Party) -> list[Membership]:
    """Where this party is a member, as far as the viewer sees the alliance."""
    query = (
        _seen(viewer)
        .add_columns(Member.standing.label("role"))
        .join(Member, Member.alliance_id == Alliance.id)
        .where(Member.party_kind == party.kind, Member.party_id == party.id, Member.state == MemberState.ACTIVE)
    )
    return _shown(viewer, session().execute(query).all(), "standing")


def offices_of(viewer: Viewer, user_id: int) -> list[Membership]:
    """Which offices of alliances somebody holds, working groups aside."""
    query = (
        _seen(viewer)
        .add_columns(Term.office.label("role"))
        .join(Term, Term.alliance_id == Alliance.id)
        .where(Term.user_id == user_id, Term.ended_at.is_(None), Term.group_id.is_(None))
    )
    return _shown(viewer, session().execute(query).all(), "office")


def _seen(viewer: Viewer) -> Select[Any]:
    return (
        select(Alliance)
        .where(visible_alliances(viewer), Alliance.state.in_(SHOWN))
        .order_by(Alliance.active_at.desc(), Alliance.id)
        .limit(MOST)
    )


def _shown(viewer: Viewer, rows: Sequence[Any], section: str) -> list[Membership]:
    roles: dict[int, list[str]] = {}
    for row in rows:
        roles.setdefault(row.Alliance.id, []).append(name_of(section, row.role, viewer.locale))
    alliances = {row.Alliance.id: row.Alliance for row in rows}
    return [
        Membership(
            name=alliance.name_in(viewer.locale),
            url=alliance.url,
            state=alliance.state,
            state_name=name_of("state", alliance.state, viewer.locale),
            roles=tuple(roles[number]),
        )
        for number, alliance in alliances.items()
    ]

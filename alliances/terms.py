"""Offices begin and end here, with their tokens and the line in the log. The caller holds the alliance."""

from datetime import datetime

from sqlalchemy import func, select

from accounts.models import User
from alliances.events import TermBegan, TermEnded
from alliances.log import note
from alliances.models import Alliance, Office, Term
from alliances.powers import STEERING
from alliances.seating import reseat
from kernel.clock import now
from kernel.db import session
from kernel.events import emit
from kernel.viewer import Viewer


def begin_term(
    alliance: Alliance,
    office: Office,
    *,
    user_id: int,
    member_id: int | None,
    group_id: int | None = None,
    ends_at: datetime | None = None,
    proposal_id: int | None = None,
    actor: Viewer | None,
) -> Term:
    """Give somebody an office; whoever holds it already keeps the term they have. Without a vote it is interim."""
    held = session().scalar(
        select(Term).where(
            Term.alliance_id == alliance.id,
            Term.office == office,
            Term.user_id == user_id,
            Term.group_id == group_id if group_id is not None else Term.group_id.is_(None),
            Term.ended_at.is_(None),
        )
    )
    if held is not None:
        return held
    term = Term(
        alliance_id=alliance.id,
        office=office.value,
        group_id=group_id,
        user_id=user_id,
        member_id=member_id,
        is_interim=proposal_id is None and group_id is None,
        ends_at=ends_at,
        proposal_id=proposal_id,
        given_by_id=actor.user_id if actor else None,
    )
    session().add(term)
    session().flush()
    note(alliance, "term-began", actor=actor, office=office.value, holder=_handle(user_id), group=group_id)
    reseat(alliance.id, [user_id])
    emit(TermBegan(term.id, actor.user_id if actor else None))
    return term


def end_term(alliance: Alliance, term: Term, *, reason: str, actor: Viewer | None) -> None:
    """Take an office back; the term stays as history."""
    term.ended_at, term.ended_reason = now(), reason
    note(alliance, "term-ended", actor=actor, office=term.office, holder=_handle(term.user_id), group=term.group_id)
    reseat(alliance.id, [term.user_id])
    emit(TermEnded(term.id, actor.user_id if actor else None))


def steering_holders(alliance_id: int, *, but: int | None = None) -> int:
    """How many people hold an office that can give offices; `but` leaves one person out."""
    query = select(func.count(Term.user_id.distinct())).where(
        Term.alliance_id == alliance_id, Term.ended_at.is_(None), Term.office.in_(STEERING)
    )
    if but is not None:
        query = query.where(Term.user_id != but)
    return session().scalar(query) or 0


def _handle(user_id: int) -> str:
    return session().scalars(select(User.handle).where(User.id == user_id)).one()

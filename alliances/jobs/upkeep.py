"""What time brings: invitations lapse, notices run out, and who decides is reminded."""

from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select, union

from alliances.actions.invitations import expire_invitations
from alliances.actions.leaving import end_notices
from alliances.here import hold_alliance
from alliances.models import (
    ENDED,
    LIVING,
    Alliance,
    Application,
    AskState,
    Invitation,
    Member,
    MemberState,
    State,
    Term,
)
from alliances.notices.members import officers_with, tell
from alliances.powers import Power
from alliances.queries.admission import REMIND_AFTER
from alliances.queries.offices import SOON
from kernel.clock import now
from kernel.db import session

AT_ONCE = 500
WINDOW = timedelta(days=2)


def due_alliances() -> list[int]:
    """Those in which something is due."""
    invited = (
        select(Invitation.alliance_id)
        .join(Alliance, Alliance.id == Invitation.alliance_id)
        .where(Invitation.state == AskState.OPEN, Invitation.expires_at <= now(), Alliance.state != State.DRAFT)
    )
    leaving = select(Member.alliance_id).where(Member.leaving_at <= now(), Member.state == MemberState.ACTIVE)
    return list(session().scalars(union(invited, leaving, _waiting(), _ending()).limit(AT_ONCE)))


def keep_up(alliance_id: int) -> None:
    """Do what is due in one of them; twice is harmless."""
    hold_alliance(alliance_id)
    alliance = session().get_one(Alliance, alliance_id, populate_existing=True)
    expire_invitations(alliance)
    if alliance.state not in ENDED:
        end_notices(alliance)
    if alliance.state in (*LIVING, State.FORMING):
        _remind_of_applications(alliance)
        _remind_of_terms(alliance)


def _waiting() -> Select[int]:
    return (
        select(Application.alliance_id)
        .join(Alliance, Alliance.id == Application.alliance_id)
        .where(_is_waiting(), Alliance.state.in_((*LIVING, State.FORMING)))
    )


def _ending() -> Select[int]:
    return (
        select(Term.alliance_id)
        .join(Alliance, Alliance.id == Term.alliance_id)
        .where(_is_ending(), Alliance.state.in_(LIVING))
    )


def _is_waiting() -> ColumnElement[bool]:
    return and_(
        Application.state == AskState.OPEN,
        Application.created_at < now() - REMIND_AFTER,
        Application.reminded_at.is_(None),
    )


def _is_ending() -> ColumnElement[bool]:
    """Within two days after the moment at which one is reminded: the job may miss a day, and nobody is told twice."""
    marks = (now(), now() + SOON)
    return and_(Term.ended_at.is_(None), or_(*(Term.ends_at.between(mark - WINDOW, mark) for mark in marks)))


def _remind_of_applications(alliance: Alliance) -> None:
    waiting = select(Application).where(Application.alliance_id == alliance.id, _is_waiting())
    for application in session().scalars(waiting).all():
        application.reminded_at = now()
        tell(officers_with(alliance.id, Power.ADMIT), "application.waiting", application, reason="my-office")


def _remind_of_terms(alliance: Alliance) -> None:
    """The holder and who gives offices, once before the end and once after it: nobody is told the same twice."""
    ending = select(Term).where(Term.alliance_id == alliance.id, _is_ending())
    for term in session().scalars(ending).all():
        is_over = term.ends_at is not None and term.ends_at <= now()
        people = [term.user_id, *officers_with(alliance.id, Power.OFFICES)]
        tell(people, "term.over" if is_over else "term.ending", term, reason="my-office")

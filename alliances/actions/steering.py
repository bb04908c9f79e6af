"""An active alliance never runs out of people who can give offices; and offices that were elected begin here."""

from sqlalchemy import select

from accounts.models import User
from alliances.effects import effect
from alliances.handover import SINGLE
from alliances.models import (
    LIVING,
    Alliance,
    Matter,
    Member,
    MemberState,
    Office,
    Option,
    Proposal,
    Role,
    Seat,
    Standing,
    State,
    Term,
)
from alliances.powers import LEAST_HOLDERS
from alliances.terms import begin_term, end_term, steering_holders
from kernel.db import session


def keep_steered(alliance: Alliance) -> None:
    """Where people went without handing over, the representatives of the longest-standing full members step in.

    They are interim, first as chair where there is none, then as secretary, until there are enough. Nothing happens
    while enough are there, and the alliance is held.
    """
    if alliance.state not in (*LIVING, State.FROZEN):
        return
    missing = LEAST_HOLDERS - steering_holders(alliance.id)
    if missing <= 0:
        return
    taken = {term.office for term in _held(alliance) if term.office in SINGLE}
    offices = [office for office in (Office.CHAIR, Office.SECRETARY) if office not in taken] or [Office.VICE_CHAIR]
    for office, (user_id, member_id) in zip(
        (*offices, Office.VICE_CHAIR), _next_in_line(alliance)[:missing], strict=False
    ):
        begin_term(alliance, office, user_id=user_id, member_id=member_id, actor=None)


def member_for(alliance_id: int, user_id: int) -> Member | None:
    """For which member somebody would hold an office: a full one rather than an associate; observers hold none."""
    rows = (
        session()
        .scalars(
            select(Member)
            .join(Seat, Seat.member_id == Member.id)
            .where(
                Member.alliance_id == alliance_id,
                Member.state == MemberState.ACTIVE,
                Member.standing != Standing.OBSERVER,
                Seat.user_id == user_id,
                Seat.until.is_(None),
            )
            .order_by(Member.id)
        )
        .all()
    )
    return next((member for member in rows if member.standing == Standing.FULL), rows[0] if rows else None)


@effect(Matter.OFFICE)
def take_office(alliance: Alliance, proposal: Proposal) -> None:
    """Whoever was elected holds the office from now on; in a single office the one before them goes.

    In the others those go whose term has run out, or who were appointed until the election. Whoever has no seat any
    more is passed over.
    """
    winners = _winners(proposal)
    if (
        proposal.office not in set(Office)
        or proposal.outcome != "elected"
        or not winners
        or alliance.state not in LIVING
    ):
        return
    office = Office(proposal.office)
    before = [term for term in _held(alliance) if term.office == office and term.group_id == proposal.group_id]
    for user_id in winners:
        member = member_for(alliance.id, user_id)
        if member is None:
            continue
        for term in [term for term in before if term.ended_at is None and term.proposal_id != proposal.id]:
            is_over = term.is_interim or term.ends_at is not None
            if office in SINGLE or term.user_id == user_id or is_over:
                end_term(alliance, term, reason="elected", actor=None)
        begin_term(
            alliance,
            office,
            user_id=user_id,
            member_id=member.id,
            group_id=proposal.group_id,
            proposal_id=proposal.id,
            actor=None,
        )
    keep_steered(alliance)


def _winners(proposal: Proposal) -> list[int]:
    """The people whose options won, in the order of winning."""
    options = session().scalars(select(Option).where(Option.proposal_id == proposal.id)).all()
    people = {option.id: option.user_id for option in options}
    won = [people.get(number) for number in (proposal.tally or {}).get("winners", [])]
    return [user_id for user_id in won if user_id is not None]


def _held(alliance: Alliance) -> list[Term]:
    held = select(Term).where(Term.alliance_id == alliance.id, Term.ended_at.is_(None)).order_by(Term.id)
    return list(session().scalars(held))


def _next_in_line(alliance: Alliance) -> list[tuple[int, int]]:
    """Representatives of full members who hold no steering office, the longest-standing member first."""
    steering = {
        term.user_id for term in _held(alliance) if term.office in (Office.CHAIR, Office.VICE_CHAIR, Office.SECRETARY)
    }
    rows = session().execute(
        select(Seat.user_id, Member.id)
        .join(Member, Member.id == Seat.member_id)
        .join(User, User.id == Seat.user_id)
        .where(
            Member.alliance_id == alliance.id,
            Member.state == MemberState.ACTIVE,
            Member.standing == Standing.FULL,
            Member.leaving_at.is_(None),
            Seat.role == Role.REPRESENTATIVE,
            Seat.until.is_(None),
            User.suspended_at.is_(None),
        )
        .order_by(Member.joined_at, Member.id)
        .limit(20)
    )
    found: dict[int, int] = {}
    for row in rows:
        if row.user_id not in steering:
            found.setdefault(row.user_id, row.id)
    return list(found.items())

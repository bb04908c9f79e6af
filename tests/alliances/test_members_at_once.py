"""Two people at the same instant, on real connections: one defined outcome each, and nobody is orphaned."""

from flask import Flask
from sqlalchemy import func, select

from accounts.models import OrganisationSeat
from accounts.viewers import viewer_for
from alliances.actions.admission import apply, decide, sponsor
from alliances.actions.cases import open_case, vote_on_case
from alliances.actions.closing import close_due
from alliances.actions.leaving import leave
from alliances.actions.offices import appoint, resign
from alliances.actions.seats import name_seat
from alliances.models import (
    Application,
    ExpulsionCase,
    Member,
    MemberState,
    Office,
    Proposal,
    Role,
    Seat,
    Term,
)
from alliances.parties import Party
from alliances.terms import steering_holders
from kernel.checks import run_checks
from kernel.clock import now
from kernel.db import db, session
from kernel.errors import ConflictError, InvalidError
from kernel.work import unit_of_work
from tests.integration.test_moderation_at_once import at_once, site
from tests.makers import decisions
from tests.makers.alliances import MadeAlliance, alliance, organisation
from tests.makers.people import person

__all__ = ["site"]


def names(done: list[object]) -> list[str]:
    return sorted(type(one).__name__ for one in done)


def settled() -> None:
    """Whatever came first, what is derived is right."""
    db.session.remove()
    assert [fault for fault in run_checks(mend=False) if "charter" not in fault] == []


def asked(made: MadeAlliance) -> int:
    admin = person()
    house = organisation(admin=admin)
    with unit_of_work():
        party = Party("organisation", house.id)
        return apply(viewer_for(admin.id), slug=made.alliance.slug, party=party, accepted="0" * 64).id


def test_an_application_is_accepted_or_refused_but_not_both(site: Flask) -> None:
    made = alliance(members=3)
    number, slug = asked(made), made.alliance.slug
    first, second = made.viewer(0), made.viewer(1)
    done = at_once(
        site,
        lambda: decide(first, slug=slug, application_id=number, accept=True, message="Yes"),
        lambda: decide(second, slug=slug, application_id=number, accept=False, message="No"),
    )
    assert names(done) == ["Application", "ConflictError"]
    settled()
    row = session().get_one(Application, number)
    active = select(func.count()).where(Member.alliance_id == made.alliance.id, Member.state == MemberState.ACTIVE)
    assert session().scalar(active) == (4 if row.state == "accepted" else 3)


def test_the_last_sponsor_is_needed_once(site: Flask) -> None:
    made = alliance(members=4, admission="sponsors", sponsors_needed=1)
    number, slug = asked(made), made.alliance.slug
    voices = [made.viewer(who) for who in (2, 3)]
    done = at_once(
        site, *[lambda who=who: sponsor(who, slug=slug, application_id=number, message="Yes") for who in voices]
    )
    assert names(done) == ["Application", "ConflictError"]
    settled()


def test_two_of_three_who_steer_resign_and_one_of_them_has_to_stay(site: Flask) -> None:
    made = alliance(members=4)
    slug = made.alliance.slug
    with unit_of_work():
        appoint(made.viewer(0), slug=slug, office="vice-chair", handle=made.people[2].handle)
    terms = {term.user_id: term.id for term in session().scalars(select(Term).where(Term.ended_at.is_(None)))}
    deeds = [(made.viewer(who), terms[made.people[who].id]) for who in (0, 1)]
    done = at_once(site, *[lambda who=who, term=term: resign(who, slug=slug, term_id=term) for who, term in deeds])
    assert names(done) == ["InvalidError", "Term"]
    assert any(isinstance(one, InvalidError) and "successor" in one.errors for one in done)
    db.session.remove()
    assert steering_holders(made.alliance.id) == 2
    settled()


def test_two_admins_name_different_representatives_and_the_later_holds(site: Flask) -> None:
    made = alliance(members=3)
    slug, member, house = made.alliance.slug, made.members[2], made.organisations[2]
    people = [person(grants=(f"organisation:{house.id}:admin",)) for _ in range(2)]
    with unit_of_work() as work:
        for who in people:
            work.add(
                OrganisationSeat(
                    organisation_id=house.id, user_id=who.id, role="admin", state="active", decided_at=now()
                )
            )
    number = member.id
    deeds = [(viewer_for(who.id), who.handle) for who in people]
    done = at_once(
        site,
        *[
            lambda who=who, handle=handle: name_seat(
                who, slug=slug, member_id=number, role="representative", handle=handle
            )
            for who, handle in deeds
        ],
    )
    assert names(done) == ["Seat", "Seat"]
    db.session.remove()
    held = select(Seat.user_id).where(Seat.member_id == number, Seat.role == Role.REPRESENTATIVE, Seat.until.is_(None))
    assert session().scalars(held).one() in {who.id for who in people}
    assert made.alliance.everybody not in viewer_for(made.people[2].id).audience


def test_a_member_leaves_while_its_vote_is_counted(site: Flask) -> None:
    made = alliance(members=4, rules={"notice_days": 0})
    on = decisions.proposal(made)
    for who in (0, 1, 2):
        decisions.vote(made, on, who, decisions.YES)
    with unit_of_work() as work:
        work.get_one(Proposal, on.id).closes_at = now()
    slug, number, member, goes = made.alliance.slug, on.id, made.members[2].id, made.viewer(2)
    done = at_once(site, lambda: leave(goes, slug=slug, member_id=member, reason="Enough"), lambda: close_due(number))
    assert not any(isinstance(one, Exception) for one in done)
    settled()
    counted = session().get_one(Proposal, number)
    assert (counted.outcome, counted.roll_size, counted.cast_count) == ("passed", 4, 3)
    assert session().get_one(Member, member).state == MemberState.LEFT


def test_a_member_leaves_while_its_case_is_put_to_the_vote(site: Flask) -> None:
    made = alliance(members=5, rules={"notice_days": 0})
    slug, member = made.alliance.slug, made.members[3].id
    with unit_of_work() as work:
        case = open_case(made.viewer(0), slug=slug, member_id=member, grounds="It leaked.")
        work.flush()
        case.reply_until = now()
        number = case.id
    chair, goes = made.viewer(0), made.viewer(3)
    done = at_once(
        site,
        lambda: leave(goes, slug=slug, member_id=member),
        lambda: vote_on_case(chair, slug=slug, case_id=number),
    )
    assert isinstance(done[0], Member)
    assert isinstance(done[1], (ExpulsionCase, ConflictError))
    settled()
    case = session().get_one(ExpulsionCase, number)
    assert case.state == "dropped"
    assert session().get_one(Member, member).state == MemberState.LEFT
    open_votes = select(func.count()).where(Proposal.alliance_id == made.alliance.id, Proposal.state == "open")
    assert session().scalar(open_votes) == 0


def test_one_single_office_is_given_to_two_and_one_holds_it(site: Flask) -> None:
    made = alliance(members=4)
    slug = made.alliance.slug
    deeds = [(made.viewer(0), made.people[2].handle), (made.viewer(1), made.people[3].handle)]
    at_once(
        site,
        *[
            lambda who=who, handle=handle: appoint(who, slug=slug, office="treasurer", handle=handle)
            for who, handle in deeds
        ],
    )
    settled()
    held = select(func.count()).where(Term.office == Office.TREASURER, Term.ended_at.is_(None))
    assert session().scalar(held) == 1

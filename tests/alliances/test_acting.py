"""Who acts for members and holds offices, who works in groups: and that nothing is ever left without anybody."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.actions.grants import revoke_by_rule
from accounts.actions.seats import remove
from accounts.models import Organisation, OrganisationSeat, User
from accounts.viewers import viewer_for
from activity.models import Notice
from alliances.actions.groups import (
    add_to_group,
    close_group,
    end_lead,
    join_group,
    leave_group,
    name_lead,
    open_group,
    remove_from_group,
)
from alliances.actions.offices import appoint, end_office, resign, set_term_end
from alliances.actions.seats import end_seat, name_seat, set_standing
from alliances.jobs.upkeep import keep_up
from alliances.models import GroupMember, LogLine, Office, Seat, Standing, State, Term
from alliances.queries.offices import dominance, officers
from alliances.terms import begin_term, steering_holders
from kernel.checks import run_checks
from kernel.clock import now
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.i18n import speaking
from kernel.jobs import run_due
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers.alliances import MadeAlliance, alliance
from tests.makers.people import person


@pytest.fixture(autouse=True)
def in_english(database: Session) -> Iterator[None]:
    """Refusals are recognised by their sentences."""
    with speaking("en"):
        yield


def colleague(house: Organisation, *, role: str = "member") -> User:
    """Somebody else of the organisation."""
    who = person()
    with unit_of_work() as work:
        work.add(
            OrganisationSeat(organisation_id=house.id, user_id=who.id, role=role, state="active", decided_at=now())
        )
    return who


def seat(made: MadeAlliance, who: User, role: str, *, by: Viewer | None = None, member: int = 2) -> Seat:
    with unit_of_work():
        return name_seat(
            by or made.viewer(member),
            slug=made.alliance.slug,
            member_id=made.members[member].id,
            role=role,
            handle=who.handle,
        )


def term_of(database: Session, made: MadeAlliance, office: Office) -> Term:
    held = select(Term).where(Term.alliance_id == made.alliance.id, Term.office == office, Term.ended_at.is_(None))
    return database.scalars(held).one()


def test_a_member_names_its_people_and_they_see_the_alliance_from_then_on(database: Session) -> None:
    made = alliance()
    house = made.organisations[2]
    alternate, delegate = colleague(house), colleague(house)
    seat(made, alternate, "alternate")
    seat(made, delegate, "delegate")
    everybody = made.alliance.everybody
    assert all(everybody in viewer_for(who.id).audience for who in (alternate, delegate))
    told = select(Notice.event).where(Notice.user_id == alternate.id)
    assert "seat.alternate" in database.scalars(told).all()
    with pytest.raises(InvalidError) as refusal:
        seat(made, person(), "delegate")
    assert "handle" in refusal.value.errors
    with pytest.raises(ForbiddenError):
        seat(made, delegate, "alternate", by=made.viewer(0))
    with pytest.raises(ConflictError, match="another representative"):
        end_seat(made.viewer(2), slug=made.alliance.slug, member_id=made.members[2].id, handle=made.people[2].handle)
    with unit_of_work():
        end_seat(viewer_for(delegate.id), slug=made.alliance.slug, member_id=made.members[2].id, handle=delegate.handle)
    assert everybody not in viewer_for(delegate.id).audience


def test_another_representative_takes_over_and_an_officer_stays_until_the_office_is_handed_over(
    database: Session,
) -> None:
    made = alliance()
    successor = colleague(made.organisations[0])
    seat(made, successor, "representative", member=0)
    roles = select(Seat.user_id, Seat.role).where(Seat.member_id == made.members[0].id, Seat.until.is_(None))
    assert {row.user_id: row.role for row in database.execute(roles)} == {
        successor.id: "representative",
        made.people[0].id: "delegate",
    }
    with pytest.raises(ConflictError, match="handed over"):
        end_seat(
            viewer_for(successor.id),
            slug=made.alliance.slug,
            member_id=made.members[0].id,
            handle=made.people[0].handle,
        )
    plain = colleague(made.organisations[2])
    seat(made, plain, "representative")
    assert made.alliance.everybody not in viewer_for(made.people[2].id).audience


def test_whoever_leaves_the_organisation_acts_for_it_nowhere_and_the_rest_is_steered_on(database: Session) -> None:
    made = alliance(members=4)
    house = made.organisations[0]
    boss = colleague(house, role="admin")
    with unit_of_work():
        from accounts.actions.seat_tokens import keep_tokens

        keep_tokens(user_id=boss.id, organisation_id=house.id)
    gone = database.scalars(select(OrganisationSeat).where(OrganisationSeat.user_id == made.people[0].id)).one()
    with unit_of_work():
        remove(viewer_for(boss.id), slug=house.slug, seat_id=gone.id, message="Left the firm")
    assert made.alliance.everybody not in viewer_for(made.people[0].id).audience
    assert steering_holders(made.alliance.id) == 2
    assert term_of(database, made, Office.CHAIR).user_id == made.people[2].id  # the longest-standing without an office
    told = select(Notice.user_id).where(Notice.event == "seat.vacant")
    assert database.scalars(told).all() == [boss.id]
    seat(made, boss, "representative", by=viewer_for(boss.id), member=0)
    assert run_checks_of_members() == []


def run_checks_of_members() -> list[str]:
    return [fault for fault in run_checks(mend=False) if "charter" not in fault]


def test_officers_change_a_members_standing_with_a_reason_but_not_their_own(database: Session) -> None:
    made = alliance()
    slug = made.alliance.slug
    with pytest.raises(ForbiddenError, match="for which they act"):
        set_standing(made.viewer(0), slug=slug, member_id=made.members[0].id, standing="observer", message="No")
    with pytest.raises(ForbiddenError):
        set_standing(made.viewer(2), slug=slug, member_id=made.members[0].id, standing="observer", message="No")
    with pytest.raises(InvalidError):
        set_standing(made.viewer(0), slug=slug, member_id=made.members[2].id, standing="observer", message="")
    with unit_of_work():
        set_standing(
            made.viewer(0), slug=slug, member_id=made.members[2].id, standing="observer", message="It wishes so."
        )
    assert made.here(2).voices == ()
    assert "It wishes so." in database.scalars(select(LogLine.content).where(LogLine.act == "standing-explained")).one()


def test_nobody_gives_ends_or_prolongs_an_office_of_their_own(database: Session) -> None:
    made = alliance(members=4)
    slug, chair = made.alliance.slug, term_of(database, made, Office.CHAIR)
    me = made.people[0]
    with pytest.raises(ForbiddenError, match="themselves"):
        appoint(made.viewer(0), slug=slug, office="treasurer", handle=me.handle)
    with pytest.raises(ForbiddenError, match="own office"):
        end_office(made.viewer(0), slug=slug, term_id=chair.id, reason="No")
    with pytest.raises(ForbiddenError, match="own term"):
        set_term_end(made.viewer(0), slug=slug, term_id=chair.id, ends_on=None)
    with pytest.raises(ForbiddenError):
        appoint(made.viewer(2), slug=slug, office="treasurer", handle=made.people[3].handle)
    with pytest.raises(InvalidError):
        appoint(made.viewer(0), slug=slug, office="treasurer", handle=person().handle)
    with unit_of_work():
        given = appoint(made.viewer(0), slug=slug, office="treasurer", handle=made.people[2].handle)
    assert (given.is_interim, given.member_id) == (True, made.members[2].id)
    assert made.alliance.council in made.viewer(2).audience
    with unit_of_work():
        end_office(made.viewer(1), slug=slug, term_id=given.id, reason="Too much work")
    assert made.alliance.council not in made.viewer(2).audience


def test_whoever_was_elected_is_not_replaced_by_an_appointment(database: Session) -> None:
    made = alliance(members=4)
    term_of(database, made, Office.SECRETARY).is_interim = False
    with pytest.raises(ConflictError, match="elected"):
        appoint(made.viewer(0), slug=made.alliance.slug, office="secretary", handle=made.people[2].handle)
    with pytest.raises(ForbiddenError, match="elected"):
        end_office(
            made.viewer(0),
            slug=made.alliance.slug,
            term_id=term_of(database, made, Office.SECRETARY).id,
            reason="No",
        )


def test_the_last_two_who_give_offices_resign_only_with_a_successor(database: Session) -> None:
    made = alliance(members=4)
    slug, term = made.alliance.slug, term_of(database, made, Office.CHAIR)
    with pytest.raises(InvalidError) as refusal, unit_of_work():
        resign(made.viewer(0), slug=slug, term_id=term.id)
    assert "successor" in refusal.value.errors
    with pytest.raises(InvalidError):
        resign(made.viewer(0), slug=slug, term_id=term.id, successor=made.people[1].handle)  # would be one person
    with pytest.raises(NotFoundError):
        resign(made.viewer(2), slug=slug, term_id=term.id)
    assert term_of(database, made, Office.CHAIR).user_id == made.people[0].id
    with unit_of_work():
        resign(made.viewer(0), slug=slug, term_id=term.id, successor=made.people[2].handle)
    assert term_of(database, made, Office.CHAIR).user_id == made.people[2].id
    assert steering_holders(made.alliance.id) == 2


def test_terms_that_run_out_are_told_of_and_not_ended(database: Session) -> None:
    made = alliance(members=3)
    with unit_of_work():
        given = appoint(
            made.viewer(0),
            slug=made.alliance.slug,
            office="treasurer",
            handle=made.people[2].handle,
            ends_on=(now() + timedelta(days=40)).date(),
        )
    assert given.ends_at is not None
    marks = {"term.ending": given.ends_at - timedelta(days=29), "term.over": given.ends_at + timedelta(hours=1)}
    for event, moment in marks.items():
        with time_machine.travel(moment), unit_of_work():
            keep_up(made.alliance.id)
            keep_up(made.alliance.id)
        told = select(Notice.user_id).where(Notice.event == event)
        assert sorted(database.scalars(told)) == sorted(user.id for user in made.people)
    assert given.ended_at is None
    with time_machine.travel(given.ends_at + timedelta(days=1)):
        assert [row.is_over for row in officers(made.here(0))] == [False, False, True]


def test_a_council_in_few_hands_is_said(database: Session) -> None:
    made = alliance(members=5)
    second = colleague(made.organisations[2])
    seat(made, second, "delegate")
    with unit_of_work():
        for who, member in ((made.people[2], 2), (second, 2)):
            begin_term(made.alliance, Office.COUNCIL, user_id=who.id, member_id=made.members[member].id, actor=None)
    found = dominance(made.here(0), officers(made.here(0)))
    assert [(one.code, one.party is not None, one.seats, one.council) for one in found] == [
        ("firm", False, 3, 4),
        ("firm", True, 2, 4),
    ]


def test_a_working_group_is_opened_led_joined_and_closed(database: Session) -> None:
    made = alliance(members=4)
    slug = made.alliance.slug
    with pytest.raises(ForbiddenError):
        open_group(made.viewer(2), slug=slug, name="Testing")
    with unit_of_work():
        group = open_group(made.viewer(0), slug=slug, name="Testing", lead=made.people[2].handle)
        join_group(made.viewer(3), slug=slug, group_id=group.id)
    assert group.token in made.viewer(2).audience
    assert group.token in made.viewer(3).audience
    assert group.token not in made.viewer(1).audience
    with pytest.raises(ConflictError, match="name another"):
        leave_group(made.viewer(2), slug=slug, group_id=group.id)
    with unit_of_work():
        name_lead(made.viewer(2), slug=slug, group_id=group.id, handle=made.people[3].handle)
        end_lead(made.viewer(2), slug=slug, group_id=group.id, handle=made.people[2].handle)
        leave_group(made.viewer(2), slug=slug, group_id=group.id)
    assert group.token not in made.viewer(2).audience
    with pytest.raises(ForbiddenError):
        close_group(made.viewer(2), slug=slug, group_id=group.id)
    with unit_of_work():
        close_group(made.viewer(3), slug=slug, group_id=group.id)
    with pytest.raises(ConflictError, match="closed"):
        join_group(made.viewer(2), slug=slug, group_id=group.id)
    assert group.token in made.viewer(3).audience  # it can still be read


def test_an_expert_from_outside_sees_the_group_and_nothing_else(database: Session) -> None:
    made = alliance()
    expert = person()
    with unit_of_work():
        group = open_group(made.viewer(0), slug=made.alliance.slug, name="Testing")
        place = add_to_group(made.viewer(0), slug=made.alliance.slug, group_id=group.id, handle=expert.handle)
    assert place.member_id is None
    audience = viewer_for(expert.id).audience
    assert (group.token in audience, made.alliance.everybody in audience) == (True, False)
    with pytest.raises(ForbiddenError):
        join_group(viewer_for(expert.id), slug=made.alliance.slug, group_id=group.id)
    with unit_of_work():
        remove_from_group(made.viewer(0), slug=made.alliance.slug, group_id=group.id, handle=expert.handle)
    assert group.token not in viewer_for(expert.id).audience
    with pytest.raises(NotFoundError):
        leave_group(viewer_for(expert.id), slug=made.alliance.slug, group_id=group.id)


def test_officers_of_an_ally_act_for_it_only_while_they_are_officers(database: Session) -> None:
    made, ally = alliance(admission="open"), alliance(members=4)
    from alliances.actions.admission import apply
    from alliances.charters import charter_of
    from alliances.parties import Party

    charter = charter_of(made.alliance)
    assert charter is not None
    with unit_of_work():
        made.alliance.template = "experts"
        apply(
            ally.viewer(0),
            slug=made.alliance.slug,
            party=Party("alliance", ally.alliance.id),
            standing=Standing.ASSOCIATE.value,
            accepted=charter.hash,
        )
    assert made.alliance.everybody in ally.viewer(0).audience
    with unit_of_work():
        resign(
            ally.viewer(0),
            slug=ally.alliance.slug,
            term_id=term_of(database, ally, Office.CHAIR).id,
            successor=ally.people[2].handle,
        )
    run_due()
    database.expire_all()
    assert made.alliance.everybody not in ally.viewer(0).audience
    assert database.scalars(select(GroupMember)).all() == []


def test_nothing_is_named_in_an_alliance_that_has_ended(database: Session) -> None:
    made = alliance()
    made.alliance.state = State.DISSOLVED.value
    with pytest.raises(ForbiddenError):
        seat(made, colleague(made.organisations[2]), "delegate")
    with pytest.raises(ConflictError):
        resign(made.viewer(0), slug=made.alliance.slug, term_id=term_of(database, made, Office.CHAIR).id)


def test_a_token_too_many_or_too_few_is_found_and_mended(database: Session) -> None:
    made = alliance()
    stranger = person(grants=(made.alliance.everybody,))
    with unit_of_work():
        revoke_by_rule(user_id=made.people[0].id, token=made.alliance.council)
        made.alliance.member_count = 9
    assert [fault.split(",")[0] for fault in run_checks_of_members()] == [
        f"alliance {made.alliance.slug} shows 9 members and has 3",
        f"person {made.people[0].id} lacks {made.alliance.council}",
        f"person {stranger.id} holds {made.alliance.everybody}",
    ]
    with unit_of_work():
        run_checks(mend=True)
    assert run_checks_of_members() == []
    assert made.alliance.council in made.viewer(0).audience

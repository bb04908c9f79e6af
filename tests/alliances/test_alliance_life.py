"""An alliance is drafted, opened for signatures, signed into life; it lapses, stops, goes on, and is replaced."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from alliances.actions import states
from alliances.actions.founding import found, open_for_signatures
from alliances.actions.signing import withdraw_signature
from alliances.jobs.life import lapse_formings
from alliances.models import (
    Acceptance,
    AskState,
    CharterState,
    CharterVersion,
    Invitation,
    Member,
    MemberState,
    Office,
    Proposal,
    ProposalState,
    State,
    Term,
)
from alliances.parties import Party
from alliances.quorum import progress_of
from kernel.checks import run_checks
from kernel.clock import now
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.jobs import run_due
from kernel.work import unit_of_work
from tests.alliances.founders import draft, facts, forming, founded, hash_of, house, sign
from tests.makers import alliances as make
from tests.makers.people import person, sign_in


def text(answer: object) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.get_data(as_text=True)))  # type: ignore[attr-defined]  # a response


def test_a_draft_is_seen_by_its_founder_alone(client: FlaskClient, database: Session) -> None:
    founder = house()
    made = draft(founder)
    assert made.state == State.DRAFT
    charter = database.scalars(select(CharterVersion).where(CharterVersion.alliance_id == made.id)).one()
    assert "钙钛矿产业联盟" in charter.sections["mission"]["zh"]
    assert "Perovskite Alliance" in charter.sections["mission"]["en"]
    assert client.get(made.url).status_code == 404
    sign_in(client, person(staff=True))
    assert client.get(made.url).status_code == 404
    assert "Perovskite" not in client.get("/alliances").get_data(as_text=True)
    sign_in(client, founder.admin)
    assert "Open it for signatures" in client.get(made.url).get_data(as_text=True)
    assert "Perovskite Alliance" in client.get("/alliances").get_data(as_text=True)


def test_one_founds_for_oneself_or_an_organisation_one_administers(database: Session) -> None:
    founder, other = house(), house()
    with pytest.raises(InvalidError) as refused, unit_of_work():
        found(founder.viewer, facts(), party=other.party)
    assert "party" in refused.value.errors
    with pytest.raises(InvalidError) as refused, unit_of_work():
        found(founder.viewer, facts(name=" ", sectors=(), place="Atlantis"), party=founder.party)
    assert set(refused.value.errors) == {"name", "sectors", "place"}


def test_the_signature_that_fills_the_quorum_founds_the_alliance(client: FlaskClient, database: Session) -> None:
    firm, institute, second = house("firm"), house("institute"), house("firm")
    made = forming(firm, institute, second)
    assert made.state == State.FORMING
    assert made.audience == "public"
    page = text(client.get(made.url, headers={"Accept-Language": "en"}))
    assert "1/3 signed, needs one research institution" in page
    sign(second, made)
    assert progress_of([made])[made.id].missing == ("research",)
    assert made.state == State.FORMING, "two of three, and no institute"
    sign(institute, made)
    database.expire_all()
    charter = database.scalars(select(CharterVersion).where(CharterVersion.alliance_id == made.id)).one()
    assert (made.state, charter.state) == (State.ACTIVE, CharterState.IN_FORCE)
    assert charter.in_force_at is not None
    assert len(charter.hash) == 64
    held = dict(database.execute(select(Term.office, Term.user_id).where(Term.alliance_id == made.id)).all())
    assert held == {Office.CHAIR.value: firm.admin.id, Office.SECRETARY.value: second.admin.id}
    assert made.member_count == 3
    assert made.everybody in institute.viewer.audience
    assert run_checks(mend=False) == []


def test_enough_firms_without_an_institute_found_nothing(database: Session) -> None:
    firms = [house("firm") for _ in range(4)]
    made = forming(firms[0], *firms[1:])
    for firm in firms[1:]:
        sign(firm, made)
    assert made.state == State.FORMING
    progress = progress_of([made])[made.id]
    assert (progress.signed, progress.kinds, progress.missing) == (4, 1, ("research",))


def test_one_person_does_not_found_an_alliance_with_themselves(database: Session) -> None:
    admin = person()
    houses = [make.organisation(admin=admin, kind=kind) for kind in ("firm", "institute", "firm")]
    mine = house("firm")
    mine.admin, mine.organisation = admin, houses[0]
    made = draft(mine)
    others = []
    for one in houses[1:]:
        other = house()
        other.admin, other.organisation = admin, one
        others.append(other)
    from alliances.actions.invitations import invite

    for other in others:
        with unit_of_work():
            invite(mine.viewer, slug=made.slug, kind="organisation", name=other.organisation.slug)
    with unit_of_work():
        open_for_signatures(mine.viewer, slug=made.slug)
    for other in others:
        sign(other, made)
    assert made.state == State.FORMING
    assert progress_of([made])[made.id].people == 1


def test_one_signs_the_text_that_one_read_and_only_when_asked(database: Session) -> None:
    firm, institute, stranger = house("firm"), house("institute"), house("firm")
    made = forming(firm, institute)
    with pytest.raises(ConflictError):
        sign(institute, made, accepted="0" * 64)
    with pytest.raises(ForbiddenError):
        sign(stranger, made)
    sign(institute, made)
    sign(institute, made)
    charter = database.scalars(select(CharterVersion).where(CharterVersion.alliance_id == made.id)).one()
    signed = database.scalars(select(Acceptance.hash).where(Acceptance.charter_id == charter.id)).all()
    assert signed == [charter.hash] * 2


def test_nobody_signs_for_an_organisation_of_others(database: Session) -> None:
    firm, institute = house("firm"), house("institute")
    made = forming(firm, institute)
    clerk = house("firm")
    clerk.organisation = institute.organisation
    with pytest.raises(ForbiddenError):
        sign(clerk, made)


def test_a_signature_is_taken_back_while_it_forms_but_not_by_the_one_who_called(database: Session) -> None:
    firm, institute = house("firm"), house("institute")
    made = forming(firm, institute)
    sign(institute, made)
    with unit_of_work():
        withdraw_signature(institute.viewer, slug=made.slug, party=institute.party, message="Not now.")
    assert progress_of([made])[made.id].signed == 1
    assert made.everybody not in institute.viewer.audience
    with pytest.raises(ConflictError), unit_of_work():
        withdraw_signature(firm.viewer, slug=made.slug, party=firm.party)
    sign(institute, made)
    assert progress_of([made])[made.id].signed == 2, "it may sign again"


def test_a_charter_with_an_empty_section_is_not_opened(client: FlaskClient, database: Session) -> None:
    founder = house()
    made = draft(founder)
    charter = database.scalars(select(CharterVersion).where(CharterVersion.alliance_id == made.id)).one()
    with unit_of_work():
        charter.sections = {**charter.sections, "mission": {"zh": "", "en": ""}}
    sign_in(client, founder.admin)
    answer = client.post(f"{made.url}/opening")
    assert answer.status_code == 422
    database.expire_all()
    assert made.state == State.DRAFT


def test_when_the_time_is_over_it_lapses_and_nobody_signs_any_more(database: Session) -> None:
    firm, institute, second = house("firm"), house("institute"), house("firm")
    made = forming(firm, institute, second)
    signature = hash_of(made)
    with time_machine.travel(now() + timedelta(days=20)):
        sign(institute, made)
    with time_machine.travel(now() + timedelta(days=61)):
        with pytest.raises(ConflictError):
            sign(second, made, accepted=signature)
        with unit_of_work():
            lapse_formings()
        run_due()
        database.expire_all()
        assert made.state == State.LAPSED
        assert made.ended_at is not None
        invited = database.scalars(select(Invitation.state).where(Invitation.alliance_id == made.id)).all()
        assert sorted(invited) == sorted([AskState.ACCEPTED, AskState.LAPSED])
    assert run_checks(mend=False) == []


def test_only_the_chair_gives_it_up_and_everybody_reads_why(client: FlaskClient, database: Session) -> None:
    firm, institute = house("firm"), house("institute")
    made = forming(firm, institute)
    sign(institute, made)
    with pytest.raises(ForbiddenError), unit_of_work():
        states.give_up(institute.viewer, slug=made.slug, reason="No")
    sign_in(client, firm.admin)
    assert client.post(f"{made.url}/giving-up", data={"reason": ""}).status_code == 422
    assert client.post(f"{made.url}/giving-up", data={"reason": "Too early."}).status_code == 303
    database.expire_all()
    assert made.state == State.LAPSED
    assert "Too early." in client.get(f"{made.url}/log").get_data(as_text=True)


def test_the_chair_freezes_it_and_lets_it_go_on_and_no_vote_is_lost(database: Session) -> None:
    made = make.alliance()
    with unit_of_work() as work:
        vote = Proposal(
            alliance_id=made.alliance.id, number=1, title="A plan", audience=made.alliance.everybody, method="simple",
            state=ProposalState.OPEN.value, author_id=made.people[0].id, closes_at=now() + timedelta(days=2),
        )  # fmt: skip
        work.add(vote)
    with pytest.raises(ForbiddenError), unit_of_work():
        states.freeze(made.viewer(2), slug=made.alliance.slug, reason="I am only a member")
    with unit_of_work():
        states.freeze(made.viewer(0), slug=made.alliance.slug, reason="The accounts are looked into.")
    with pytest.raises(ConflictError), unit_of_work():
        states.freeze(made.viewer(0), slug=made.alliance.slug, reason="Again")
    later = now() + timedelta(days=3)
    with time_machine.travel(later), unit_of_work():
        states.thaw(made.viewer(0), slug=made.alliance.slug)
    database.expire_all()
    assert made.alliance.state == State.ACTIVE
    assert vote.closes_at is not None
    assert vote.closes_at > later + timedelta(days=1)


def test_what_the_staff_froze_the_chair_does_not_thaw(client: FlaskClient, database: Session) -> None:
    made, staff = make.alliance(), person(staff=True)
    sign_in(client, staff)
    assert client.post(f"{made.alliance.url}/freezing", data={"reason": "A complaint."}).status_code == 303
    assert "A complaint." in client.get(made.alliance.url).get_data(as_text=True)
    with pytest.raises(ForbiddenError), unit_of_work():
        states.thaw(made.viewer(0), slug=made.alliance.slug)
    with unit_of_work():
        states.thaw(viewer_for(staff.id), slug=made.alliance.slug)
    assert made.alliance.state == State.ACTIVE


def test_an_ended_alliance_is_replaced_once_the_other_accepts(client: FlaskClient, database: Session) -> None:
    old, new = make.alliance(state=State.DISSOLVED), make.alliance()
    alive = make.alliance()
    with pytest.raises(ForbiddenError), unit_of_work():
        states.name_successor(alive.viewer(0), slug=alive.alliance.slug, successor=new.alliance.slug)
    with pytest.raises(InvalidError), unit_of_work():
        states.name_successor(old.viewer(0), slug=old.alliance.slug, successor=old.alliance.slug)
    with unit_of_work():
        states.name_successor(old.viewer(0), slug=old.alliance.slug, successor=new.alliance.slug)
    assert old.alliance.state == State.DISSOLVED
    with pytest.raises(ForbiddenError), unit_of_work():
        states.accept_succession(new.viewer(2), slug=new.alliance.slug, predecessor=old.alliance.slug, accept=True)
    with pytest.raises(NotFoundError), unit_of_work():
        states.accept_succession(alive.viewer(0), slug=alive.alliance.slug, predecessor=old.alliance.slug, accept=True)
    sign_in(client, new.people[0])
    assert "has ended and names this alliance" in client.get(f"{new.alliance.url}/edit").get_data(as_text=True)
    answer = {"predecessor": old.alliance.slug, "answer": "accept"}
    assert client.post(f"{new.alliance.url}/predecessors", data=answer).status_code == 303
    database.expire_all()
    assert old.alliance.state == State.REPLACED
    assert new.alliance.url in client.get(old.alliance.url).get_data(as_text=True)


def test_persons_found_an_alliance_of_experts(database: Session) -> None:
    founder, others = person(), [person(), person()]
    party = Party("person", founder.id)
    with unit_of_work():
        made = found(viewer_for(founder.id), facts(template="experts"), party=party)
    from alliances.actions.invitations import invite
    from alliances.actions.signing import sign_charter

    for one in others:
        with unit_of_work():
            invite(viewer_for(founder.id), slug=made.slug, kind="person", name=one.handle)
    with unit_of_work():
        open_for_signatures(viewer_for(founder.id), slug=made.slug)
    for one in others:
        with unit_of_work():
            sign_charter(viewer_for(one.id), slug=made.slug, party=Party("person", one.id), accepted=hash_of(made))
    assert made.state == State.ACTIVE
    members = database.scalars(select(Member.state).where(Member.alliance_id == made.id)).all()
    assert members == [MemberState.ACTIVE] * 3


def test_founders_are_told_when_it_lives(client: FlaskClient, database: Session) -> None:
    made, houses = founded()
    run_due()
    sign_in(client, houses[1].admin)
    notices = client.get("/notifications", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "Enough have signed" in notices
    assert made.url in notices

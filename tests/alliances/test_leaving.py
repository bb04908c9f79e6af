"""How members go and alliances end: with notice, by a vote with the right of reply, by a checklist."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from alliances.actions.cases import drop_case, open_case, reply_to_case, vote_on_case
from alliances.actions.dissolving import (
    CHECKLIST,
    drop_dissolution,
    finish_dissolution,
    missing,
    propose_dissolution,
    tick,
)
from alliances.actions.groups import open_group
from alliances.actions.leaving import leave, stay
from alliances.actions.offices import resign
from alliances.handover import hand_over
from alliances.jobs.upkeep import due_alliances, keep_up
from alliances.log import START, chained
from alliances.models import CaseState, LogLine, MemberState, Office, Proposal, Standing, State, Term, Voter
from alliances.queries.ending import case_page
from alliances.terms import steering_holders
from kernel.clock import now
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.i18n import speaking
from kernel.work import unit_of_work
from tests.makers import decisions
from tests.makers.alliances import MadeAlliance, add_member, alliance
from tests.makers.people import person, sign_in


@pytest.fixture(autouse=True)
def in_english(database: Session) -> Iterator[None]:
    """Refusals are recognised by their sentences."""
    with speaking("en"):
        yield


def test_the_chair_cannot_leave_before_naming_a_successor(database: Session) -> None:
    made = alliance(members=4)
    slug, member = made.alliance.slug, made.members[0]
    with pytest.raises(ConflictError, match="handed over"):
        leave(made.viewer(0), slug=slug, member_id=member.id)
    needed = hand_over(made.alliance, member).needed
    assert [term.office for term in needed] == [Office.CHAIR]
    with unit_of_work():
        resign(made.viewer(0), slug=slug, term_id=needed[0].id, successor=made.people[2].handle)
    assert hand_over(made.alliance, member).is_settled
    with unit_of_work():
        leave(made.viewer(0), slug=slug, member_id=member.id, reason="We change our field.")
    assert (member.state, member.leaving_reason) == (MemberState.ACTIVE, "We change our field.")
    assert made.alliance.everybody in made.viewer(0).audience
    with time_machine.travel(now() + timedelta(days=31)):
        assert due_alliances() == [made.alliance.id]
        with unit_of_work():
            keep_up(made.alliance.id)
    assert (member.state, made.alliance.member_count) == (MemberState.LEFT, 3)
    assert made.alliance.everybody not in made.viewer(0).audience


def test_a_group_that_only_the_member_leads_is_handed_over_first(database: Session) -> None:
    made = alliance(members=4)
    with unit_of_work():
        group = open_group(made.viewer(0), slug=made.alliance.slug, name="Testing", lead=made.people[2].handle)
    assert hand_over(made.alliance, made.members[2]).groups == (group,)
    with pytest.raises(ConflictError):
        leave(made.viewer(2), slug=made.alliance.slug, member_id=made.members[2].id)


def test_notice_is_taken_back_and_only_by_the_member(database: Session) -> None:
    made = alliance(members=4)
    slug, member = made.alliance.slug, made.members[2]
    with pytest.raises(ForbiddenError):
        leave(made.viewer(3), slug=slug, member_id=member.id)
    with unit_of_work():
        leave(made.viewer(2), slug=slug, member_id=member.id)
    with pytest.raises(ConflictError, match="already"):
        leave(made.viewer(2), slug=slug, member_id=member.id)
    with unit_of_work():
        stay(made.viewer(2), slug=slug, member_id=member.id)
    assert member.leaving_at is None


def test_observers_leave_at_once_and_the_last_full_member_not_at_all(database: Session) -> None:
    made = alliance(members=2)
    add_member(made, standing=Standing.OBSERVER)
    with unit_of_work():
        leave(made.viewer(2), slug=made.alliance.slug, member_id=made.members[2].id)
    assert made.members[2].state == MemberState.LEFT
    made.members[1].standing = Standing.OBSERVER.value
    assert hand_over(made.alliance, made.members[0]).is_last


def test_a_member_that_leaves_while_a_vote_runs_stays_on_its_roll(database: Session) -> None:
    made = alliance(members=4)
    made.alliance.rules = {"notice_days": 0}
    on = decisions.proposal(made)
    decisions.vote(made, on, 2, decisions.YES)
    with unit_of_work():
        leave(made.viewer(2), slug=made.alliance.slug, member_id=made.members[2].id)
    assert made.members[2].state == MemberState.LEFT
    decisions.vote(made, on, 0, decisions.YES)
    tally = decisions.end(on)
    assert (tally.roll, tally.cast) == (4, 2)
    rolled = select(Voter.member_id).where(Voter.proposal_id == on.id)
    assert made.members[2].id in database.scalars(rolled).all()


def accused(made: MadeAlliance, **facts: object) -> int:
    with unit_of_work():
        case = open_case(
            made.viewer(0), slug=made.alliance.slug, member_id=made.members[3].id, grounds="It leaked.", **facts
        )
    return case.id


def test_a_member_is_heard_before_the_others_vote_without_it(database: Session) -> None:
    made = alliance(members=5)
    slug = made.alliance.slug
    with pytest.raises(ForbiddenError):
        open_case(made.viewer(2), slug=slug, member_id=made.members[3].id, grounds="It leaked.")
    with pytest.raises(ForbiddenError, match="for which they act"):
        open_case(made.viewer(0), slug=slug, member_id=made.members[0].id, grounds="It leaked.")
    with pytest.raises(InvalidError):
        open_case(made.viewer(0), slug=slug, member_id=made.members[3].id, grounds="It leaked.", days=1)
    number = accused(made)
    with pytest.raises(ConflictError, match="already"):
        open_case(made.viewer(0), slug=slug, member_id=made.members[3].id, grounds="Again.")
    with pytest.raises(ConflictError, match="may still reply"):
        vote_on_case(made.viewer(0), slug=slug, case_id=number)
    with pytest.raises(NotFoundError):
        reply_to_case(made.viewer(2), slug=slug, case_id=number, reply="What is this?")
    assert [len(case_page(made.viewer(who), made.here(who)).items) for who in (0, 1, 2, 3)] == [1, 1, 0, 1]
    with unit_of_work():
        reply_to_case(made.viewer(3), slug=slug, case_id=number, reply="It was published before.")
        case = vote_on_case(made.viewer(0), slug=slug, case_id=number)
    on = database.get_one(Proposal, case.proposal_id)
    assert "It was published before." in on.body
    assert on.roll_size == 4
    with pytest.raises(ForbiddenError):
        decisions.vote(made, on, 3, decisions.NO)
    with pytest.raises(ConflictError):
        reply_to_case(made.viewer(3), slug=slug, case_id=number, reply="And another thing.")
    for who in (0, 1, 2):
        decisions.vote(made, on, who, decisions.YES)
    decisions.end(on)
    assert (case.state, made.members[3].state) == (CaseState.EXPELLED, MemberState.EXPELLED)
    assert made.alliance.everybody not in made.viewer(3).audience
    assert [row.case.id for row in case_page(made.viewer(3), made.here(3)).items] == [number]  # it still sees all of it


def test_a_member_that_is_not_expelled_stays_and_silence_is_no_obstacle(database: Session) -> None:
    made = alliance(members=5)
    number = accused(made, days=7)
    with time_machine.travel(now() + timedelta(days=8)):
        with unit_of_work():
            case = vote_on_case(made.viewer(0), slug=made.alliance.slug, case_id=number)
        on = database.get_one(Proposal, case.proposal_id)
        for who, choice in ((0, decisions.YES), (1, decisions.NO), (2, decisions.NO)):
            decisions.vote(made, on, who, choice)
        decisions.end(on)
    assert (case.state, made.members[3].state) == (CaseState.KEPT, MemberState.ACTIVE)


def test_a_case_is_dropped_with_a_word_or_when_the_member_goes(database: Session) -> None:
    made = alliance(members=5)
    made.alliance.rules = {"notice_days": 0}
    slug = made.alliance.slug
    first = accused(made)
    with unit_of_work():
        case = drop_case(made.viewer(0), slug=slug, case_id=first, message="A misunderstanding.")
    assert (case.state, case.ended_reason) == (CaseState.DROPPED, "A misunderstanding.")
    second = accused(made)
    with unit_of_work():
        reply_to_case(made.viewer(3), slug=slug, case_id=second, reply="No.")
        case = vote_on_case(made.viewer(0), slug=slug, case_id=second)
        leave(made.viewer(3), slug=slug, member_id=made.members[3].id)
    assert (case.state, made.members[3].state) == (CaseState.DROPPED, MemberState.LEFT)
    assert database.get_one(Proposal, case.proposal_id).state == "withdrawn"


def dissolving(made: MadeAlliance, database: Session) -> None:
    with unit_of_work():
        asked = propose_dissolution(made.viewer(0), slug=made.alliance.slug, reason="The work is done.")
    on = database.get_one(Proposal, asked.proposal_id)
    for who in range(len(made.members)):
        decisions.vote(made, on, who, decisions.YES)
    decisions.end(on)


def test_an_alliance_ends_by_vote_and_checklist_and_can_be_read_ever_after(database: Session) -> None:
    made = alliance(members=3)
    slug, chair = made.alliance.slug, made.viewer(0)
    with unit_of_work():
        group = open_group(chair, slug=slug, name="Testing")
    with pytest.raises(ForbiddenError):
        propose_dissolution(made.viewer(2), slug=slug, reason="I am tired.")
    dissolving(made, database)
    assert made.alliance.state == State.DISSOLVING
    on = decisions.proposal(made)  # it still decides, for instance on its means
    with pytest.raises(ConflictError, match="still open"):
        finish_dissolution(chair, slug=slug)
    with pytest.raises(InvalidError):
        tick(chair, slug=slug, item="dues", words="")
    with unit_of_work():
        for item in CHECKLIST:
            dissolution = tick(chair, slug=slug, item=item, words="Done.")
    assert missing(dissolution) == []
    assert group.closed_at is not None
    assert on.state == "withdrawn"
    with unit_of_work():
        finish_dissolution(chair, slug=slug)
    assert made.alliance.state == State.DISSOLVED
    assert made.alliance.everybody in made.viewer(2).audience
    with pytest.raises(ForbiddenError):
        tick(chair, slug=slug, item="dues", words="Again.")


def test_without_enough_votes_it_lives_on_and_may_be_asked_again(database: Session) -> None:
    made = alliance(members=4)
    slug = made.alliance.slug
    with unit_of_work():
        asked = propose_dissolution(made.viewer(0), slug=slug, reason="The work is done.")
    with pytest.raises(ConflictError, match="voting"):
        propose_dissolution(made.viewer(0), slug=slug, reason="Again.")
    on = database.get_one(Proposal, asked.proposal_id)
    for who in (0, 1):
        decisions.vote(made, on, who, decisions.YES)
    decisions.end(on)
    assert made.alliance.state == State.ACTIVE
    with unit_of_work():
        asked = propose_dissolution(made.viewer(0), slug=slug, reason="Again.")
        drop_dissolution(made.viewer(0), slug=slug, message="We go on.")
    assert database.get_one(Proposal, asked.proposal_id).state == "withdrawn"
    made.alliance.state = State.FROZEN.value
    with pytest.raises(ForbiddenError, match="frozen"):
        propose_dissolution(made.viewer(0), slug=slug, reason="Again.")


def archive(client: FlaskClient, made: MadeAlliance, who: int) -> zipfile.ZipFile:
    sign_in(client, made.people[who])
    with client.get(f"{made.alliance.url}/archive.zip") as answer:
        assert answer.status_code == 200
        return zipfile.ZipFile(io.BytesIO(answer.get_data()))


def test_the_archive_holds_what_its_reader_may_read_and_can_be_checked(
    app: Flask, database: Session, client: FlaskClient
) -> None:
    made = alliance(members=3)
    on = decisions.proposal(made, title="Buy a tester")
    decisions.vote(made, on, 0, decisions.YES)
    decisions.vote(made, on, 1, decisions.YES)
    decisions.end(on)
    decisions.proposal(made, title="Council matter zqsecret", electorate="council")
    bundle = archive(client, made, 2)
    assert bundle.testzip() is None
    page = bundle.read("index.html").decode()
    assert "Buy a tester" in page
    assert re.findall(r"(?:href|src)=\"(https?:|/)", page) == []  # it needs neither this site nor a network
    decided = json.loads(bundle.read("decisions.json"))
    assert [(row["title"], row["outcome"], row["tally"]["cast"]) for row in decided] == [("Buy a tester", "passed", 2)]
    assert not any(b"zqsecret" in bundle.read(name) for name in bundle.namelist())
    head, withheld = START, 0
    for line in map(json.loads, bundle.read("log.jsonl").decode().splitlines()):
        head = chained(head, line["digest"])
        assert line["hash"] == head
        withheld += "content" not in line
    assert head == made.alliance.log_head
    assert withheld == 1
    assert b"zqsecret" in archive(client, made, 0).read("decisions.json")


def test_nobody_outside_downloads_it(database: Session, client: FlaskClient) -> None:
    made = alliance()
    url = f"{made.alliance.url}/archive.zip"
    assert client.get(url).status_code == 303
    sign_in(client, person())
    assert client.get(url).status_code == 403


def test_the_successors_of_those_who_went_unprepared_are_the_longest_standing(database: Session) -> None:
    made = alliance(members=4)
    made.alliance.rules = {"notice_days": 1}
    with unit_of_work() as work:  # an election in between made the leaving member's representative a vice-chair
        leave(made.viewer(2), slug=made.alliance.slug, member_id=made.members[2].id)
        work.add(
            Term(
                alliance_id=made.alliance.id,
                office="vice-chair",
                user_id=made.people[2].id,
                member_id=made.members[2].id,
            )
        )
        for term in work.scalars(select(Term).where(Term.office == "secretary")):
            term.ended_at = now()
    with time_machine.travel(now() + timedelta(days=2)), unit_of_work():
        keep_up(made.alliance.id)
    assert steering_holders(made.alliance.id) == 2
    assert [line for line in database.scalars(select(LogLine.act)) if line == "member-ended"] == ["member-ended"]
    assert viewer_for(made.people[1].id).audience >= {made.alliance.council}

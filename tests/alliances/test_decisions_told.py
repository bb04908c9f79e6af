"""Who is told of votes, what the worker does, what search finds, and what the checks find."""

from datetime import timedelta

import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from activity.models import Notice
from alliances.actions.closing import close_due
from alliances.events import StateChanged
from alliances.jobs.decisions import close_votes, remind_reviews, remind_voters
from alliances.models import CastBallot, Member, MemberState, Proposal, Resolution, State
from kernel.checks import run_checks
from kernel.clock import now
from kernel.events import emit
from kernel.jobs import run_due
from kernel.refs import Ref, cards
from kernel.work import unit_of_work
from search_index.documents import SOURCES
from tests.makers import decisions as make
from tests.makers.alliances import alliance
from tests.makers.people import person


def told(database: Session, user_id: int) -> list[str]:
    run_due()
    query = select(Notice.event).where(Notice.user_id == user_id, Notice.event.like("%vote.%")).order_by(Notice.id)
    return list(database.scalars(query))


def test_those_on_the_roll_hear_of_the_opening_and_who_voted_of_the_end(database: Session) -> None:
    made = alliance(members=3)
    stand_in = person()
    make.alternate(made.members[2], stand_in.id)
    on = make.proposal(made)
    assert told(database, made.people[0].id) == []
    assert told(database, made.people[1].id) == told(database, stand_in.id) == ["vote.opened"]
    make.vote(made, on, 1)
    make.vote(made, on, 0)
    make.end(on)
    assert told(database, made.people[1].id) == ["vote.opened", "vote.closed"]
    assert told(database, made.people[2].id) == ["vote.opened"]


def test_those_who_have_not_voted_are_reminded_once_two_days_before_the_end(database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(made)
    make.vote(made, on, 1)
    run_due()
    with time_machine.travel(now() + timedelta(days=5, minutes=1), tick=False):
        for _time in range(2):
            with unit_of_work():
                remind_voters()
        assert told(database, made.people[2].id) == ["vote.opened", "vote.reminded"]
        assert told(database, made.people[1].id) == ["vote.opened"]


def test_the_worker_counts_what_is_due_but_nothing_of_a_frozen_alliance(database: Session) -> None:
    made, frozen = alliance(members=2), alliance(members=2)
    on, stopped = make.proposal(made), make.proposal(frozen)
    with unit_of_work():
        make.fresh(frozen.alliance).state = State.FROZEN.value
    with time_machine.travel(now() + timedelta(days=8), tick=False):
        with unit_of_work():
            close_votes()
        run_due()
        with unit_of_work():
            close_due(stopped.id)
    states = {row.id: (row.state, row.outcome) for row in database.scalars(select(Proposal))}
    assert states == {on.id: ("closed", "no-quorum"), stopped.id: ("open", "")}


def test_a_thaw_gives_two_more_days_and_an_end_takes_back_what_is_open(database: Session) -> None:
    made, ended = alliance(members=2), alliance(members=2)
    on, last = make.proposal(made), make.proposal(ended)
    make.vote(ended, last, 0)
    with time_machine.travel(now() + timedelta(days=6, hours=23), tick=False), unit_of_work():
        emit(StateChanged(made.alliance.id, None, State.FROZEN.value, State.ACTIVE.value))
        emit(StateChanged(ended.alliance.id, None, State.DISSOLVING.value, State.DISSOLVED.value))
        database.flush()
        assert on.closes_at == now() + timedelta(days=2)
    assert (last.state, last.cast_count, last.tally) == ("withdrawn", 1, None)


def test_an_objection_is_told_to_the_author_and_a_proxy_to_its_holder(database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(made, method="consent")
    make.proxy(made, 2, 1, on)
    make.vote(made, on, 2, {"stance": "objection"}, reason="Too dear")
    assert told(database, made.people[0].id) == ["vote.objected"]
    assert "vote.proxy" in told(database, made.people[1].id)


def test_a_review_that_is_due_is_told_once_to_author_and_secretary(database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(made, by=2, review_on=(now() + timedelta(days=10)).date())
    for who in range(3):
        make.vote(made, on, who)
    make.end(on)
    with time_machine.travel(now() + timedelta(days=11), tick=False):
        for _time in range(2):
            with unit_of_work():
                remind_reviews()
    reviewed = database.scalars(select(Notice.user_id).where(Notice.event == "resolution.review")).all()
    assert sorted(reviewed) == sorted([made.people[1].id, made.people[2].id])


def test_cards_and_documents_bear_the_audience_of_their_electorate(database: Session) -> None:
    made = alliance(members=4)
    council = make.proposal(made, electorate="council")
    written = make.draft(made, title="Not yet")
    for who in (0, 1):
        make.vote(made, council, who)
    make.end(council)
    resolution = database.scalars(select(Resolution)).one()
    refs = [Ref("alliances.proposal", council.id), Ref("alliances.resolution", resolution.id)]
    assert set(cards(made.viewer(1), refs)) == set(refs)
    assert cards(made.viewer(3), refs) == cards(viewer_for(person().id), refs) == {}
    source = SOURCES["alliances.proposal"]
    assert [doc.audience for doc in source.documents([council.id, written.id])] == [made.alliance.council]
    assert written.id not in source.ids(0, 100)
    assert source.show(made.viewer(3), [council.id]) == {}
    kept = SOURCES["alliances.resolution"]
    assert [doc.audience for doc in kept.documents(kept.ids(0, 100))] == [made.alliance.council]


def test_the_checks_find_ballots_that_were_changed_after_the_count(database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(made)
    for who in range(3):
        make.vote(made, on, who)
    with unit_of_work():
        database.get_one(Member, made.members[2].id).state = MemberState.LEFT.value
    make.end(on)
    ours = [fault for fault in run_checks(mend=False) if fault.startswith("proposal")]
    assert ours == []
    with unit_of_work():
        ballots = database.scalars(select(CastBallot)).all()
        for ballot in ballots[:2]:
            ballot.choice = make.NO
    assert any("ballots do not give" in fault for fault in run_checks(mend=False))

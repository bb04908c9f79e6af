"""Calls 揭榜: sealed bids, scorers barred where they are tied, an exact ranking, and a message to everybody."""

from datetime import timedelta
from fractions import Fraction

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import OrganisationSeat, User
from accounts.viewers import viewer_for
from activity.models import Notice
from alliances.actions import bids as bidding
from alliances.actions import calls as actions
from alliances.actions import milestones, scoring
from alliances.checks.rooms import awards_of_calls
from alliances.jobs.rooms import open_bids
from alliances.models import Bid, CallState, MilestoneState, ScoreSheet
from alliances.queries.calls import CallView, call_view
from alliances.ranking import mean, ranked, sheet_score
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.jobs import run_due
from kernel.work import unit_of_work
from tests.makers import rooms as make
from tests.makers.alliances import MadeAlliance, alliance, organisation
from tests.makers.people import person, sign_in


def seen(made: MadeAlliance, call_id: int, who: User) -> CallView:
    """The call as somebody sees it."""
    from alliances.here import here_of

    viewer = viewer_for(who.id)
    return call_view(viewer, here_of(viewer, made.alliance.id), call_id)


def test_a_score_is_the_weighted_mean_of_shares_exactly() -> None:
    criteria = [{"key": "a", "weight": 2, "max": 10}, {"key": "b", "weight": 1, "max": 3}]
    assert sheet_score(criteria, {"a": 7, "b": 1}) == Fraction(2, 3) * Fraction(7, 10) + Fraction(1, 9)
    assert sheet_score(criteria, {"a": 10, "b": 3}) == 1
    assert mean([Fraction(1, 3), Fraction(1, 2)]) == Fraction(5, 12)
    assert ranked({1: Fraction(1, 3), 2: None, 3: Fraction(2, 6), 4: Fraction(1, 2)}) == [
        (4, 1),
        (1, 2),
        (3, 2),
        (2, None),
    ]


def test_bids_are_sealed_until_the_deadline_and_never_shown_to_other_bidders(
    client: FlaskClient, database: Session
) -> None:
    made = alliance(members=4)
    call = make.call(made)
    first, second = person(), person()
    make.bid(made, call, first, team="Zqfirst", body="Zqbody")
    make.bid(made, call, second, team="Zqsecond")
    scorer = person()

    def page(who: User) -> str:
        sign_in(client, who)
        return client.get(f"{made.alliance.url}/calls/{call.id}").get_data(as_text=True)

    assert "Zqfirst" in page(first)
    for who in (second, scorer, made.people[0], made.people[3], person(staff=True)):
        assert "Zqfirst" not in page(who)
    make.evaluate(made, call, scorer)
    for who in (scorer, made.people[0]):
        assert "Zqfirst" in page(who)
        assert "Zqbody" in page(who)
    for who in (second, made.people[3], person(), person(staff=True)):
        assert "Zqfirst" not in page(who)
    with pytest.raises(ConflictError):
        make.bid(made, call, person())


def test_one_bids_once_changes_it_and_takes_it_back(database: Session) -> None:
    made = alliance()
    call, author = make.call(made), person()
    one = make.bid(made, call, author, team="First")
    other = make.bid(made, call, author, team="Second")
    assert one.id == other.id
    assert session().scalar(select(Bid.team)) == "Second"
    with unit_of_work():
        bidding.withdraw_bid(viewer_for(author.id), slug=made.alliance.slug, call_id=call.id, bid_id=one.id)
    make.evaluate(made, call)
    assert seen(made, call.id, made.people[0]).bids == []
    with pytest.raises(NotFoundError):
        bidding.withdraw_bid(viewer_for(person().id), slug=made.alliance.slug, call_id=call.id, bid_id=one.id)


def test_whoever_is_tied_to_a_bid_neither_scores_it_nor_sees_its_scores(database: Session) -> None:
    made = alliance(members=4)
    call = make.call(made)
    house, author, mate = organisation(), person(), person()
    seated, free = person(), person()
    with unit_of_work() as work:
        for who in (author, seated):
            work.add(
                OrganisationSeat(
                    organisation_id=house.id, user_id=who.id, role="member", state="active", decided_at=now()
                )
            )
        from accounts.actions.grants import grant_by_rule

        grant_by_rule(user_id=author.id, token=f"organisation:{house.id}")
    mine = make.bid(made, call, author, organisations=(house.id,), people=(mate.handle,))
    theirs = make.bid(made, call, person())
    make.evaluate(made, call, seated, free)
    make.score(made, mine, free, 10, 5)
    make.score(made, theirs, seated, 5, 0)
    with pytest.raises(ForbiddenError):
        make.score(made, mine, seated, 0, 0)
    barred = {row.bid.id: row for row in seen(made, call.id, seated).bids}
    assert barred[mine.id].tie == "seat"
    assert (barred[mine.id].sheets, barred[mine.id].mean, barred[mine.id].place) == ([], None, None)
    assert barred[theirs.id].mean == Fraction(1, 3)
    unbarred = {row.bid.id: row for row in seen(made, call.id, free).bids}
    assert unbarred[mine.id].mean == 1
    assert [row.bid.id for row in seen(made, call.id, free).bids] == [mine.id, theirs.id]
    with unit_of_work():
        scoring.declare_conflict(
            viewer_for(free.id), slug=made.alliance.slug, call_id=call.id, bid_id=mine.id, reason="My pupil"
        )
    assert session().get_one(ScoreSheet, (mine.id, free.id)).scores == {}
    assert seen(made, call.id, made.people[0]).bids[-1].mean is None
    with pytest.raises(ForbiddenError):
        make.score(made, mine, free, 1, 1)
    with pytest.raises(ForbiddenError):
        make.score(made, theirs, person(), 1, 1)


def test_who_is_tied_to_a_bid_does_not_award_and_nobody_is_tied_against_their_will(database: Session) -> None:
    made = alliance()
    call = make.call(made)
    trick, plain = make.bid(made, call, person(), people=(made.people[0].handle,)), make.bid(made, call, person())
    make.evaluate(made, call)
    chair, slug = made.viewer(0), made.alliance.slug

    def award(who: int) -> None:
        with unit_of_work():
            actions.award(
                made.viewer(who), slug=slug, call_id=call.id, bid_id=plain.id, statement="Best", message="Sorry"
            )

    with pytest.raises(ForbiddenError):
        award(0)
    with unit_of_work():
        bidding.leave_team(chair, slug=slug, call_id=call.id, bid_id=trick.id)
    award(0)
    assert call.state == CallState.AWARDED


def test_everybody_who_bid_hears_what_became_of_it(client: FlaskClient, database: Session) -> None:
    made = alliance(members=4)
    call = make.call(made)
    winner, loser = person(), person()
    best, other = make.bid(made, call, winner, team="Zqwinner"), make.bid(made, call, loser)
    make.evaluate(made, call)
    sign_in(client, made.people[0])
    url = f"{made.alliance.url}/calls/{call.id}"
    assert client.post(f"{url}/award", data={"bid": best.id, "statement": "", "message": "No"}).status_code == 422
    sent = client.post(f"{url}/award", data={"bid": best.id, "statement": "Clear and cheap", "message": "Thank you"})
    assert sent.status_code == 303
    database.expire_all()
    assert (best.state, best.answer) == ("awarded", "Clear and cheap")
    assert (other.state, other.answer) == ("refused", "Thank you")
    told = set(session().execute(select(Notice.user_id, Notice.event).where(Notice.event.startswith("bid."))).all())
    assert told == {(winner.id, "bid.awarded"), (loser.id, "bid.refused")}
    sign_in(client, loser)
    page = client.get(url).get_data(as_text=True)
    assert "Thank you" in page
    assert "Awarded to Zqwinner" in page
    for deed, data in (("start", {}), ("result", {"result": "Zqresult"})):
        sign_in(client, made.people[0])
        assert client.post(f"{url}/{deed}", data=data).status_code == 303
    assert "Zqresult" in client.get(url).get_data(as_text=True)
    assert client.post(f"{url}/award", data={"bid": best.id, "statement": "x", "message": "x"}).status_code == 409
    assert awards_of_calls(mend=False) == []


def test_the_members_award_by_a_vote(database: Session) -> None:
    made = alliance()
    call = make.call(made)
    bid, other = make.bid(made, call, person()), make.bid(made, call, person())
    make.evaluate(made, call)
    with unit_of_work():
        proposal = actions.put_award_to_vote(
            made.viewer(), slug=made.alliance.slug, call_id=call.id, bid_id=bid.id, statement="Best of two"
        )
    with pytest.raises(ConflictError):
        actions.award(
            made.viewer(), slug=made.alliance.slug, call_id=call.id, bid_id=other.id, statement="x", message="x"
        )
    session().rollback()
    make.decide(made, proposal, {"stance": "yes"})
    assert (call.state, call.awarded_id) == (CallState.AWARDED, bid.id)
    assert other.state == "refused"


def test_the_deadline_opens_the_bids_and_a_cancelled_call_tells_why(database: Session) -> None:
    made = alliance()
    call = make.call(made)
    bid = make.bid(made, call, person())
    with pytest.raises(ConflictError):
        actions.begin_evaluation(made.viewer(), slug=made.alliance.slug, call_id=call.id)
    session().rollback()
    with unit_of_work():
        call.deadline = now() - timedelta(seconds=1)
    with pytest.raises(ConflictError):
        make.bid(made, call, person())
    with unit_of_work():
        open_bids()
    assert call.state == CallState.EVALUATING
    with unit_of_work():
        actions.cancel_call(made.viewer(), slug=made.alliance.slug, call_id=call.id, reason="No money")
    assert (bid.state, bid.answer) == ("refused", "No money")


def test_a_draft_is_the_councils_and_an_open_call_keeps_its_criteria(client: FlaskClient, database: Session) -> None:
    made = alliance(members=4)
    draft = make.call(made, is_open=False, title="Zqdraft")
    for who, status in ((made.people[0], 200), (made.people[3], 404), (person(), 404)):
        sign_in(client, who)
        assert client.get(f"{made.alliance.url}/calls/{draft.id}").status_code == status
        assert ("Zqdraft" in client.get(f"{made.alliance.url}/calls").get_data(as_text=True)) is (status == 200)
    call = make.call(made, audience="members", title="Zqmembers")
    run_due()
    assert "call.opened" in set(session().scalars(select(Notice.event)))
    sign_in(client, person())
    assert client.get(f"{made.alliance.url}/calls/{call.id}").status_code == 404
    facts = make.CallFacts(title="Other", body="x", audience="members", deadline=call.deadline)
    with pytest.raises(ConflictError):
        actions.change_call(made.viewer(), slug=made.alliance.slug, call_id=call.id, facts=facts)
    with pytest.raises(InvalidError):
        make.call(made, deadline=now() - timedelta(days=1))


def test_milestones_of_an_awarded_call_are_seen_by_who_sees_the_call(client: FlaskClient, database: Session) -> None:
    made = alliance(members=4)
    call = make.call(made)
    bid = make.bid(made, call, person())
    make.evaluate(made, call)
    slug = made.alliance.slug
    with unit_of_work():
        actions.award(made.viewer(), slug=slug, call_id=call.id, bid_id=bid.id, statement="Best", message="Sorry")
    with unit_of_work():
        made_stone = milestones.set_milestone(
            made.viewer(), slug=slug, title="Zqfilm", due_on=make.tomorrow().date(), call_id=call.id
        )
        milestones.set_milestone(made.viewer(), slug=slug, title="Zqinner")
    with pytest.raises(ForbiddenError):
        milestones.set_milestone(made.viewer(3), slug=slug, title="x")
    sign_in(client, person())
    assert "Zqfilm" in client.get(f"{made.alliance.url}/calls/{call.id}").get_data(as_text=True)
    listed = client.get(f"{made.alliance.url}/milestones").get_data(as_text=True)
    assert "Zqfilm" in listed
    assert "Zqinner" not in listed
    with pytest.raises(InvalidError), unit_of_work():
        milestones.end_milestone(
            made.viewer(), slug=slug, milestone_id=made_stone.id, state=MilestoneState.DROPPED, comment=""
        )
    with unit_of_work():
        milestones.end_milestone(made.viewer(), slug=slug, milestone_id=made_stone.id, state=MilestoneState.REACHED)
    sign_in(client, made.people[0])
    page = client.get(f"{made.alliance.url}/milestones")
    assert page.status_code == 200
    assert "Zqinner" in page.get_data(as_text=True)


def test_hostile_bids_and_sheets_are_refused_in_words(client: FlaskClient, database: Session) -> None:
    made = alliance()
    call, author = make.call(made), person()
    sign_in(client, author)
    url = f"{made.alliance.url}/calls/{call.id}"
    for data in (
        {"team": "", "offer": "x"},
        {"team": "x", "offer": " "},
        {"team": "x", "offer": "x", "people": "@nobody-of-this-name"},
        {"team": "x", "offer": "x", "people": " ".join(f"@p{number}" for number in range(200))},
        {"team": "x", "offer": "x", "organisations": ["999"]},
    ):
        assert client.post(f"{url}/bids", data=data).status_code == 422
    bid = make.bid(made, call, author, body="<script>alert(1)</script>")
    assert "<script>alert" not in client.get(url).get_data(as_text=True)
    scorer = person()
    make.evaluate(made, call, scorer)
    sign_in(client, scorer)
    for data in ({"c1": "11", "c2": "0"}, {"c1": "1"}, {"c1": "x", "c2": "1"}, {"deed": "conflict", "reason": " "}):
        assert client.post(f"{url}/bids/{bid.id}/sheet", data=data).status_code == 422
    assert client.post(f"{url}/bids/999/sheet", data={"c1": "1", "c2": "1"}).status_code == 404

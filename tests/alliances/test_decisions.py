"""From a draft to a resolution: who votes, what is fixed when it opens, and what the count says."""

import hashlib
import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from alliances.actions.closing import close
from alliances.actions.proposals import change_draft, draft_proposal, open_proposal, propose_again
from alliances.actions.voting import put_to_vote
from alliances.actions.withdrawing import step_down, unopen, withdraw
from alliances.counting import Method, Outcome
from alliances.models import LogLine, Matter, Option, Proposal, ProposalState, Resolution, Standing, Voter
from alliances.proposal_text import Candidate, ProposalFacts
from alliances.rolls import read_roll
from alliances.wishes import Wishes
from kernel.clock import now
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.work import unit_of_work
from tests.makers import decisions as make
from tests.makers.alliances import add_member, alliance
from tests.makers.people import person


def test_one_vote_an_organisation_is_counted_and_stands_in_the_register(database: Session) -> None:
    made = alliance(members=4)
    review = (now() + timedelta(days=200)).date()
    on = make.proposal(made, review_on=review)
    assert (on.roll_size, on.quorum, on.state) == (4, 2, "open")
    for who, choice in ((0, make.YES), (1, make.YES), (2, make.NO)):
        make.vote(made, on, who, choice)
    make.vote(made, on, 2, make.YES)  # the last one counts
    tally = make.end(on)
    assert (tally.outcome, tally.cast, tally.roll) == (Outcome.PASSED, 3, 4)
    closed = database.get_one(Proposal, on.id)
    assert closed.statement == "Passed: 3 yes, 0 no, 0 abstained."
    resolution = database.scalars(select(Resolution).where(Resolution.proposal_id == on.id)).one()
    assert resolution.number == f"{now().year}-1"
    assert (resolution.review_on, resolution.audience) == (review, made.alliance.everybody)


def test_the_roll_holds_full_members_that_accepted_the_charter_and_never_changes(database: Session) -> None:
    made = alliance(members=4)
    add_member(made, standing=Standing.OBSERVER)
    with unit_of_work():
        made.members[3].asked_until, made.members[3].accepted_number = now() - timedelta(days=1), 0
    on = make.proposal(made)
    add_member(made)
    roll = read_roll(on.id)
    assert roll == sorted(f"organisation:{house.id}" for house in made.organisations[:3])
    text = json.dumps({"proposal": on.number, "roll": roll}, sort_keys=True, separators=(",", ":"))
    assert on.roll_hash == hashlib.sha256(text.encode()).hexdigest()
    line = database.scalars(select(LogLine).where(LogLine.act == "proposal-opened")).one()
    assert json.loads(line.content)["facts"]["roll_hash"] == on.roll_hash
    with pytest.raises(ForbiddenError):
        make.vote(made, on, 5)


@pytest.mark.parametrize(("votes", "outcome"), [(2, Outcome.NO_QUORUM), (3, Outcome.PASSED)])
def test_the_quorum_is_reached_by_exactly_as_many_as_it_names(database: Session, votes: int, outcome: Outcome) -> None:
    made = alliance(members=5)  # half of five is two and a half: three
    on = make.proposal(made)
    for who in range(votes):
        make.vote(made, on, who)
    assert make.end(on).outcome is outcome
    resolved = database.scalars(select(Resolution).where(Resolution.proposal_id == on.id)).all()
    assert len(resolved) == (outcome is Outcome.PASSED)


def test_a_wish_asks_for_more_than_the_charter_and_never_for_less(database: Session) -> None:
    made = alliance(members=3, rules={"general": {"method": "special", "threshold": "2/3", "days": 5}})
    for facts, field in (
        (ProposalFacts("A", method="simple"), "method"),
        (ProposalFacts("A", method="special", wishes=Wishes(threshold="3/5")), "threshold"),
        (ProposalFacts("A", method="special", wishes=Wishes(quorum_share="1/3")), "quorum_share"),
        (ProposalFacts("A", method="special", days=4), "days"),
        (ProposalFacts("", method="nonsense"), "title"),
    ):
        with pytest.raises(InvalidError) as refused:
            draft_proposal(made.viewer(0), facts, slug=made.alliance.slug)
        assert field in refused.value.errors
    on = make.proposal(made, method="special", wishes=Wishes(threshold="3/4", quorum_count=3))
    assert (on.rules["threshold"], on.quorum, on.days) == ("3/4", 3, 5)


def test_a_draft_is_its_authors_alone(database: Session) -> None:
    made = alliance(members=3)
    written = make.draft(made)
    with pytest.raises(NotFoundError):
        open_proposal(made.viewer(1), slug=made.alliance.slug, number=written.number)
    with pytest.raises(NotFoundError):
        open_proposal(viewer_for(person().id), slug=made.alliance.slug, number=written.number)


def test_what_is_voted_on_stays_as_it_is_once_somebody_has_voted(database: Session) -> None:
    made = alliance(members=3)
    slug, mine = made.alliance.slug, made.viewer(0)
    on = make.proposal(made, method="ranked", options=("A", "B"))
    with unit_of_work():
        unopen(mine, slug=slug, number=on.number)
        change_draft(
            mine, ProposalFacts("Other", method="ranked", options=("C", "D", "E")), slug=slug, number=on.number
        )
        open_proposal(mine, slug=slug, number=on.number)
    options = database.scalars(select(Option).where(Option.proposal_id == on.id).order_by(Option.position)).all()
    assert [option.label for option in options] == ["C", "D", "E"]
    make.vote(made, on, 1, {"ranking": [options[1].id]})
    with pytest.raises(ConflictError):
        unopen(mine, slug=slug, number=on.number)
    with unit_of_work():
        again = propose_again(mine, slug=slug, number=on.number)
        change_draft(mine, ProposalFacts("Third", method="ranked", options=("C", "F")), slug=slug, number=again.number)
        open_proposal(mine, slug=slug, number=again.number)
    before = database.get_one(Proposal, on.id)
    assert (before.state, before.cast_count, again.replaces_id) == (ProposalState.WITHDRAWN, 1, before.id)
    with pytest.raises(ForbiddenError):
        make.vote(made, before, 1, {"ranking": [options[1].id]})


def test_only_the_author_or_an_officer_withdraws_and_says_why(database: Session) -> None:
    made = alliance(members=4)
    on = make.proposal(made, by=3)
    with pytest.raises(ForbiddenError):
        withdraw(made.viewer(2), slug=made.alliance.slug, number=on.number, message="No")
    with pytest.raises(InvalidError):
        withdraw(made.viewer(3), slug=made.alliance.slug, number=on.number, message=" ")
    with unit_of_work():
        withdraw(made.viewer(1), slug=made.alliance.slug, number=on.number, message="It was settled")
    assert database.get_one(Proposal, on.id).statement == "It was settled"


def test_a_vote_ends_early_only_when_everybody_has_voted(database: Session) -> None:
    made = alliance(members=2)
    on = make.proposal(made)
    make.vote(made, on, 0)
    with pytest.raises(ConflictError):
        close(made.viewer(0), slug=made.alliance.slug, number=on.number)
    make.vote(made, on, 1)
    with unit_of_work():
        assert close(made.viewer(0), slug=made.alliance.slug, number=on.number).outcome == "passed"


def test_a_tie_is_an_outcome_and_is_voted_on_again(database: Session) -> None:
    made = alliance(members=2)
    on = make.proposal(made)
    make.vote(made, on, 0, make.YES)
    make.vote(made, on, 1, make.NO)
    assert make.end(on).outcome is Outcome.TIE
    with unit_of_work():
        again = propose_again(made.viewer(0), slug=made.alliance.slug, number=on.number)
        open_proposal(made.viewer(0), slug=made.alliance.slug, number=again.number)
    assert again.replaces_id == on.id
    assert database.get_one(Proposal, on.id).outcome == "tie"


def test_an_objection_needs_a_reason_and_blocks(database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(made, method="consent")
    with pytest.raises(InvalidError) as refused:
        make.vote(made, on, 2, {"stance": "objection"})
    assert "reason" in refused.value.errors
    make.vote(made, on, 2, {"stance": "objection"}, reason="Too dear")
    make.vote(made, on, 1, {"stance": "consent"})
    assert make.end(on).outcome is Outcome.BLOCKED


def test_an_election_fills_seats_and_a_candidate_may_step_down_before_the_first_vote(database: Session) -> None:
    made = alliance(members=4)
    handles = [Candidate(who.handle, "I would") for who in made.people]
    facts = {"method": "election", "office": "council", "wishes": Wishes(seats=2), "with_none": True}
    with pytest.raises(InvalidError) as refused:
        make.draft(made, candidates=(Candidate("nobody-here"),), **facts)
    assert "candidates" in refused.value.errors
    on = make.proposal(made, candidates=tuple(handles), **facts)
    with unit_of_work():
        step_down(made.viewer(3), slug=made.alliance.slug, number=on.number)
    options = database.scalars(select(Option).where(Option.proposal_id == on.id).order_by(Option.position)).all()
    assert [option.is_none for option in options] == [False, False, False, True]
    for who in range(3):
        make.vote(made, on, who, {"ranking": [options[0].id, options[1].id]})
    with pytest.raises(ConflictError):
        step_down(made.viewer(2), slug=made.alliance.slug, number=on.number)
    tally = make.end(on)
    assert tally.outcome is Outcome.ELECTED
    assert len(tally.winners) == 2


def test_what_other_parts_put_to_the_vote_opens_at_once_without_those_it_is_about(database: Session) -> None:
    made = alliance(members=4)
    with unit_of_work():
        on = put_to_vote(
            made.here(0),
            matter=Matter.EXPULSION,
            about={"name": "西门钢厂", "name_en": "Westgate Steel"},
            without=[made.members[3].id],
            method=Method.SPECIAL,
        )
    assert (on.roll_size, on.state, on.days, on.rules["threshold"]) == (3, "open", 14, "2/3")
    voters = database.scalars(select(Voter.member_id).where(Voter.proposal_id == on.id)).all()
    assert made.members[3].id not in voters
    with pytest.raises(ForbiddenError):
        withdraw(made.viewer(0), slug=made.alliance.slug, number=on.number, message="Never mind")

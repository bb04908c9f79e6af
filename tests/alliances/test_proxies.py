"""Who votes for a member: its representative, its alternate, a proxy; and that it is one vote whoever casts it."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from alliances.actions.proxies import revoke_proxy
from alliances.joining import end_membership
from alliances.models import CastBallot, LogLine, MemberState, Proposal, Standing, Voter
from alliances.queries.proposals import proposal_desk, votes_waiting
from kernel.clock import now
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.work import unit_of_work
from tests.makers import decisions as make
from tests.makers.alliances import add_member, alliance
from tests.makers.people import person


def choices(database: Session, on: Proposal) -> list[str]:
    return sorted(
        choice["stance"]
        for choice in database.scalars(select(CastBallot.choice).where(CastBallot.proposal_id == on.id))
    )


def test_representative_and_alternate_share_the_one_vote_of_their_member(database: Session) -> None:
    made = alliance(members=3)
    stand_in = person()
    make.alternate(made.members[2], stand_in.id)
    on = make.proposal(made)
    make.vote(made, on, 2, make.YES)
    make.vote(made, on, viewer_for(stand_in.id), make.NO)
    assert choices(database, on) == ["no"]
    voter = make.voter_of(on, made.members[2])
    assert (voter.voted_as, voter.voted_by_id, on.cast_count) == ("alternate", stand_in.id, 1)


def test_a_proxy_votes_until_the_member_does_and_never_again_after_it(database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(made)
    make.proxy(made, 2, 1, on)
    voter = make.voter_of(on, made.members[2])
    make.vote(made, on, 1, make.YES, voter_id=voter.id)
    assert (voter.voted_as, voter.voted_by_id) == ("proxy", made.people[1].id)
    make.vote(made, on, 1, make.ABSTAIN)  # the holder's own
    make.vote(made, on, 2, make.NO)
    assert choices(database, on) == ["abstain", "no"]
    with pytest.raises(ConflictError):
        make.vote(made, on, 1, make.YES, voter_id=voter.id)
    assert (voter.voted_as, voter.proxy_id) == ("own", None)


def test_nobody_passes_a_proxy_on(database: Session) -> None:
    made = alliance(members=4)
    on = make.proposal(made)
    make.proxy(made, 3, 2, on)
    make.proxy(made, 2, 1, on)
    with pytest.raises(ForbiddenError):
        make.vote(made, on, 1, voter_id=make.voter_of(on, made.members[3]).id)
    make.vote(made, on, 2, voter_id=make.voter_of(on, made.members[3]).id)


def test_one_member_holds_no_more_proxies_than_the_charter_allows(database: Session) -> None:
    made = alliance(members=5, rules={"proxies": 1})
    on = make.proposal(made)
    make.proxy(made, 2, 1, on)
    with pytest.raises(ConflictError):
        make.proxy(made, 3, 1, on)
    with pytest.raises(ConflictError):
        make.proxy(made, 4, 1)  # for a month, in which this vote falls
    make.proxy(made, 3, 4, on)
    with pytest.raises(ConflictError):
        make.proxy(made, 3, 0, on)  # it has given its vote already


def test_a_proxy_for_a_period_ends_with_it_and_gives_way_to_one_for_the_proposal(database: Session) -> None:
    made = alliance(members=4)
    make.proxy(made, 3, 1, ends_at=now() + timedelta(days=3))
    on = make.proposal(made)
    voter = make.voter_of(on, made.members[3])
    make.vote(made, on, 1, voter_id=voter.id)
    better = make.proxy(made, 3, 2, on)
    with pytest.raises(ForbiddenError):
        make.vote(made, on, 1, voter_id=voter.id)
    make.vote(made, on, 2, make.NO, voter_id=voter.id)
    with unit_of_work():
        revoke_proxy(made.viewer(3), slug=made.alliance.slug, proxy_id=better.id)
    assert choices(database, on) == ["no"]  # what was cast stands
    with time_machine.travel(now() + timedelta(days=4), tick=False), pytest.raises(ForbiddenError):
        make.vote(made, on, 1, voter_id=voter.id)


def test_what_a_member_that_left_gave_away_is_worth_nothing_and_the_roll_stays(database: Session) -> None:
    made = alliance(members=4)
    on = make.proposal(made)
    make.proxy(made, 3, 1, on)
    with unit_of_work():
        end_membership(made.alliance, made.members[3], state=MemberState.LEFT, actor=None)
    with pytest.raises(ForbiddenError):
        make.vote(made, on, 1, voter_id=make.voter_of(on, made.members[3]).id)
    with pytest.raises(NotFoundError):
        make.vote(made, on, viewer_for(made.people[3].id))
    make.vote(made, on, 0)
    make.vote(made, on, 1)
    tally = make.end(on)
    assert (tally.roll, tally.quorum_needed, tally.cast) == (4, 2, 2)


def test_proxies_go_to_other_full_members_and_come_from_ones_own(database: Session) -> None:
    made = alliance(members=3)
    add_member(made, standing=Standing.OBSERVER)
    on = make.proposal(made)
    for holder in (2, 3):
        with pytest.raises(InvalidError):
            make.proxy(made, 2, holder, on)
    with pytest.raises(InvalidError):
        make.proxy(made, 2, 1, on, from_member_id=made.members[0].id)
    with pytest.raises(ForbiddenError):
        make.proxy(made, 3, 1, on)
    make.vote(made, on, 2)
    with pytest.raises(ConflictError):
        make.proxy(made, 2, 1, on)


def test_the_log_names_who_votes_for_whom(database: Session) -> None:
    made = alliance(members=3)
    make.proxy(made, 2, 1)
    line = database.scalars(select(LogLine).where(LogLine.act == "proxy-given")).one()
    assert made.organisations[2].name in line.content
    assert made.organisations[1].name in line.content
    assert not database.scalars(select(Voter)).all()


def test_what_waits_is_ones_own_vote_and_the_one_held_by_proxy_until_they_are_cast(database: Session) -> None:
    made = alliance(members=4)
    one, other = make.proposal(made), make.proposal(made, is_secret=True)
    make.proxy(made, 3, 1)  # for a month
    make.proxy(made, 2, 1, one)
    for member in (made.members[1], made.members[3]):
        assert [row.number for row in proposal_desk(made.here(1)).waiting] == [one.number, other.number]
        make.vote(made, one, 1, voter_id=make.voter_of(one, member).id)
    make.vote(made, other, 1)  # of a secret vote there are no proxies
    assert [row.number for row in proposal_desk(made.here(1)).waiting] == [one.number]
    assert len(votes_waiting(made.viewer(1))) == 1
    make.vote(made, one, 1, voter_id=make.voter_of(one, made.members[2]).id)
    assert proposal_desk(made.here(1)).waiting == []
    make.proxy(made, 0, 3, one)  # for this one, somebody else
    assert votes_waiting(made.viewer(1)) == []
    assert len(votes_waiting(made.viewer(3))) == 2

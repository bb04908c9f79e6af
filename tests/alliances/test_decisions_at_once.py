"""Two at the same instant: one vote a member, one end of a vote, and nothing counted that came after it."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from accounts.viewers import viewer_for
from alliances.actions.ballots import Cast, cast_ballot
from alliances.actions.closing import close_due
from alliances.actions.proxies import give_proxy
from alliances.here import here_of
from alliances.joining import end_membership
from alliances.models import CastBallot, Member, MemberState, Proposal, Proxy, Resolution, Voter
from kernel.clock import now
from kernel.db import db, session
from kernel.errors import ConflictError, ForbiddenError
from kernel.work import unit_of_work
from tests.integration.test_moderation_at_once import at_once, site
from tests.makers import decisions as make
from tests.makers.alliances import alliance
from tests.makers.people import person

__all__ = ["site"]


def test_representative_and_alternate_at_once_are_one_vote_and_a_secret_one_is_cast_once(site: Flask) -> None:
    made = alliance(members=3)
    stand_in = person()
    make.alternate(made.members[2], stand_in.id)
    on, secret = make.proposal(made), make.proposal(made, is_secret=True)
    pair, slug = [made.viewer(2), viewer_for(stand_in.id)], made.alliance.slug
    numbers, ids = (on.number, secret.number), (on.id, secret.id)

    def votes(number: int) -> list[object]:
        return at_once(
            site,
            *[
                lambda who=who, stance=stance: cast_ballot(who, slug=slug, number=number, choice={"stance": stance})
                for who, stance in zip(pair, ("yes", "no"), strict=True)
            ],
        )

    assert [type(one) for one in votes(numbers[0])] == [Cast, Cast]
    assert sorted(type(one).__name__ for one in votes(numbers[1])) == ["Cast", "ConflictError"]
    db.session.remove()
    for number in ids:
        assert session().scalar(select(func.count()).where(CastBallot.proposal_id == number)) == 1
        assert session().get_one(Proposal, number).cast_count == 1


def test_a_vote_at_the_second_of_the_end_is_counted_or_refused_never_lost(site: Flask) -> None:
    made = alliance(members=6)
    on = make.proposal(made)
    make.vote(made, on, 0)
    viewers, slug, number, proposal_id = [made.viewer(who) for who in range(1, 6)], made.alliance.slug, on.number, on.id
    with unit_of_work() as work:
        work.get_one(Proposal, proposal_id).closes_at = now() + timedelta(milliseconds=40)
    late = [lambda who=who: cast_ballot(who, slug=slug, number=number, choice={"stance": "yes"}) for who in viewers]
    done = at_once(site, *late, lambda: close_due(proposal_id))
    assert all(isinstance(one, Cast | ConflictError | ForbiddenError) or one is None for one in done), done
    db.session.remove()
    with unit_of_work() as work:
        row = work.get_one(Proposal, proposal_id)
        row.closes_at = min(row.closes_at or now(), now())
    with unit_of_work():
        close_due(proposal_id)  # whoever was first, it is over now
    db.session.remove()
    closed = session().get_one(Proposal, proposal_id)
    assert closed.tally is not None
    cast = 1 + sum(isinstance(one, Cast) for one in done)
    assert (closed.tally["cast"], closed.cast_count, len(closed.tally["stances"])) == (cast, cast, 3)
    assert session().scalar(select(func.count()).where(CastBallot.proposal_id == proposal_id)) == cast


def test_two_workers_and_a_member_count_a_vote_once(site: Flask) -> None:
    made = alliance(members=3)
    on = make.proposal(made)
    for who in range(3):
        make.vote(made, on, who)
    proposal_id, alliance_id, leaver = on.id, made.alliance.id, made.members[2].id
    mine = made.viewer(0)
    with unit_of_work() as work:
        work.get_one(Proposal, proposal_id).closes_at = now() - timedelta(seconds=1)

    def leave() -> None:
        here = here_of(mine, alliance_id, hold=True)
        end_membership(here.alliance, session().get_one(Member, leaver), state=MemberState.LEFT, actor=None)

    done = at_once(site, lambda: close_due(proposal_id), lambda: close_due(proposal_id), leave)
    assert done == [None, None, None]
    db.session.remove()
    closed = session().get_one(Proposal, proposal_id)
    assert closed.tally is not None
    assert (closed.roll_size, closed.tally["roll"], closed.tally["cast"]) == (3, 3, 3)
    assert session().scalar(select(func.count(Resolution.id)).where(Resolution.proposal_id == proposal_id)) == 1
    assert session().scalar(select(func.count(Voter.id)).where(Voter.proposal_id == proposal_id)) == 3


def test_a_holder_gets_no_more_proxies_at_once_than_one_after_the_other(site: Flask) -> None:
    made = alliance(members=5, rules={"proxies": 2})
    holder, slug = made.members[0].id, made.alliance.slug
    givers = [made.viewer(who) for who in (1, 2, 3, 4)]
    until = now() + timedelta(days=5)
    done = at_once(
        site, *[lambda who=who: give_proxy(who, slug=slug, to_member_id=holder, ends_at=until) for who in givers]
    )
    assert sorted(type(one).__name__ for one in done) == ["ConflictError"] * 2 + ["Proxy"] * 2
    db.session.remove()
    assert session().scalar(select(func.count(Proxy.id)).where(Proxy.to_member_id == holder)) == 2

"""Five thousand voters: opening, voting, counting and showing need as many queries as for five."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from accounts.models import Organisation
from alliances.actions.closing import close_due
from alliances.actions.proposals import open_proposal
from alliances.counting import Outcome
from alliances.models import CastBallot, Member, MemberState, PartyKind, Proposal, Standing, Voter
from alliances.notices.decisions import OPENED, tell_voters
from kernel.clock import now
from kernel.db import session
from kernel.work import unit_of_work
from tests.makers import decisions as make
from tests.makers.alliances import MadeAlliance, alliance
from tests.makers.people import sign_in
from tests.queries import queries

MANY = 5_000


@pytest.fixture
def crowd(database: Session) -> MadeAlliance:
    """An alliance of five thousand organisations."""
    made = alliance(members=3)
    with unit_of_work():
        first = 10_000_000
        session().execute(
            insert(Organisation),
            [
                {"id": first + place, "slug": f"crowd-{place}", "name": f"机构 {place}", "kind": "firm"}
                for place in range(MANY)
            ],
        )
        session().execute(
            insert(Member),
            [
                {
                    "alliance_id": made.alliance.id,
                    "party_kind": PartyKind.ORGANISATION.value,
                    "party_id": first + place,
                    "standing": Standing.FULL.value,
                    "state": MemberState.ACTIVE.value,
                    "joined_at": now(),
                }
                for place in range(MANY)
            ],
        )
    return made


def test_a_vote_of_five_thousand_opens_is_shown_and_closes_in_bounded_queries(
    client: FlaskClient, crowd: MadeAlliance, database: Session
) -> None:
    written = make.draft(crowd)
    slug = crowd.alliance.slug
    with queries(at_most=20), unit_of_work():
        on = open_proposal(crowd.viewer(0), slug=slug, number=written.number)
    assert on.roll_size == MANY + 3
    make.vote(crowd, on, 0)
    _everybody_votes(on)
    sign_in(client, crowd.people[1])
    address = f"/alliances/{slug}/proposals/{on.number}"
    for page in (address, f"/alliances/{slug}/proposals", f"/alliances/{slug}/participation"):
        client.get(page)
        with queries(at_most=9):
            assert client.get(page).status_code == 200
    with queries(at_most=9):
        assert client.get(f"{address}/roll").status_code == 200
    with queries(at_most=2 + MANY // 1000), unit_of_work():
        tell_voters(on, OPENED)
    with unit_of_work() as work:
        work.get_one(Proposal, on.id).closes_at = now() - timedelta(seconds=1)
    with queries(at_most=25), unit_of_work():
        close_due(on.id)
    closed = database.get_one(Proposal, on.id, populate_existing=True)
    assert closed.tally is not None
    assert (closed.outcome, closed.tally["cast"]) == (Outcome.PASSED, MANY + 1)
    with queries(at_most=9):
        assert client.get(address).status_code == 200
    assert client.get(f"{address}/roll").text.count("<tr>") == 101  # a page of it


def _everybody_votes(on: Proposal) -> None:
    """The ballots of all who have no representative here, as rows."""
    with unit_of_work() as work:
        left = list(work.scalars(select(Voter.id).where(Voter.proposal_id == on.id, Voter.has_voted.is_(False))))[2:]
        work.execute(
            insert(CastBallot),
            [
                {"proposal_id": on.id, "voter_id": number, "choice": {"stance": "yes"}, "cast_at": now()}
                for number in left
            ],
        )
        work.execute(update(Voter).where(Voter.id.in_(left)).values(has_voted=True, voted_as="own"))
        work.get_one(Proposal, on.id).cast_count = len(left) + 1

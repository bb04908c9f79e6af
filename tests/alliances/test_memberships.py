"""Where somebody belongs is shown on their pages, as far as the reader may know."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from alliances.models import Proposal, ProposalState, Voter
from kernel.clock import now
from kernel.work import unit_of_work
from tests.makers.alliances import alliance
from tests.makers.people import person, sign_in


def test_an_organisation_and_its_officer_show_the_alliance(client: FlaskClient, database: Session) -> None:
    made = alliance(name_en="Coatings Alliance")
    sign_in(client, person())
    assert "Coatings Alliance" in client.get(f"/organisations/{made.organisations[2].slug}").text
    page = client.get(f"/people/{made.people[0].handle}").text
    assert "Coatings Alliance" in page
    assert "Chair" in page


def test_a_draft_is_shown_on_no_page_of_its_founder(client: FlaskClient, database: Session) -> None:
    made = alliance(state="draft", name_en="Secret Alliance")
    for reader in (person(), made.people[0]):
        sign_in(client, reader)
        assert "Secret Alliance" not in client.get(f"/organisations/{made.organisations[0].slug}").text
        assert "Secret Alliance" not in client.get(f"/people/{made.people[0].handle}").text


def test_the_front_page_says_which_votes_wait(client: FlaskClient, database: Session) -> None:
    made = alliance()
    with unit_of_work() as work:
        proposal = Proposal(
            alliance_id=made.alliance.id,
            number=1,
            title="A second chamber",
            audience=made.alliance.everybody,
            method="simple",
            state=ProposalState.OPEN.value,
            author_id=made.people[0].id,
            opened_at=now(),
            closes_at=now() + timedelta(days=7),
        )
        work.add(proposal)
        work.flush()
        work.add_all(Voter(proposal_id=proposal.id, member_id=member.id) for member in made.members)
    sign_in(client, made.people[1])
    assert "A second chamber" in client.get("/").text
    sign_in(client, person())
    assert "A second chamber" not in client.get("/").text

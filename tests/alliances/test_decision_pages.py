"""The pages of decisions: what they show to whom, what a form does, and how few queries they need."""

import csv
import io
import json
import re
from hashlib import sha256

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliances.actions.closing import close_due
from alliances.counting import Rules, Tally, canonical, count, read_choice
from alliances.models import CastBallot, Option, Proposal
from kernel.work import unit_of_work
from tests.makers import decisions as make
from tests.makers.alliances import MadeAlliance, alliance
from tests.makers.people import person, sign_in
from tests.queries import queries

FORM = {"title": "Which test rig?", "electorate": "members", "ballot": "ranked", "days": "", "seats": "1"}


def page_of(made: MadeAlliance, on: Proposal, part: str = "") -> str:
    return f"/alliances/{made.alliance.slug}/proposals/{on.number}{part}"


def test_a_vote_is_proposed_looked_at_opened_and_cast_by_forms(client: FlaskClient, database: Session) -> None:
    made = alliance(members=3)
    sign_in(client, made.people[0])
    base = f"/alliances/{made.alliance.slug}/proposals"
    assert client.get(f"{base}/new").status_code == 200
    wrong = client.post(base, data=FORM | {"method": "ranked", "options": "Only one"})
    assert wrong.status_code == 422
    assert "Only one" in wrong.text
    answer = client.post(base, data=FORM | {"method": "ranked", "options": "Rig A\nRig B\nRig C"})
    assert answer.status_code == 303
    draft = client.get(answer.location)
    assert "Rig C" in draft.text
    assert client.get(answer.location + "/edit").status_code == 200
    assert client.post(answer.location + "/opening").status_code == 303
    options = database.scalars(select(Option).order_by(Option.position)).all()
    twice = client.post(
        answer.location + "/ballot", data={f"rank-{options[0].id}": "1", f"rank-{options[1].id}": "1", "reason": "Hm"}
    )
    assert twice.status_code == 422
    assert 'value="1"' in twice.text
    assert ">Hm</textarea>" in twice.text
    data = {f"rank-{options[0].id}": "2", f"rank-{options[1].id}": "1"}
    assert client.post(answer.location + "/ballot", data=data).status_code == 303
    assert database.scalars(select(CastBallot.choice)).one() == {"ranking": [options[1].id, options[0].id]}
    assert "Rig B › Rig A" in client.get(answer.location).text


def test_outsiders_are_told_that_it_is_for_members_and_other_audiences_see_nothing(
    client: FlaskClient, database: Session
) -> None:
    made = alliance(members=4)
    council = make.proposal(made, electorate="council", title="Only the council knows this")
    sign_in(client, person())
    assert client.get(page_of(made, council)).status_code == 403
    sign_in(client, made.people[3])
    assert client.get(page_of(made, council)).status_code == 404
    for part in ("/roll", "/roll.csv", "/ballots", "/ballots.csv", "/count.json", "/edit"):
        assert client.get(page_of(made, council, part)).status_code in (403, 404)
    for place in ("proposals", "resolutions", "participation", "proposals?show=open"):
        assert "Only the council knows this" not in client.get(f"/alliances/{made.alliance.slug}/{place}").text


def test_a_secret_ballot_gives_its_receipt_once_and_says_nothing_until_the_end(
    client: FlaskClient, database: Session
) -> None:
    made = alliance(members=3)
    on = make.proposal(made, is_secret=True)
    sign_in(client, made.people[1])
    assert client.post(page_of(made, on, "/closure")).status_code == 409
    answer = client.post(page_of(made, on, "/ballot"), data={"stance": "no"})
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    found = re.search(r'class="receipt"><code>([^<]+)<', answer.text)
    assert found is not None
    receipt = sha256(found[1].encode()).hexdigest()
    assert client.post(page_of(made, on, "/ballot"), data={"stance": "yes"}).status_code == 409
    assert client.get(page_of(made, on, "/ballots")).status_code == 409
    assert receipt not in client.get(page_of(made, on)).text
    make.vote(made, on, 0)
    make.end(on)
    assert receipt in client.get(page_of(made, on, "/ballots")).text
    assert made.organisations[1].name_en not in client.get(page_of(made, on, "/ballots")).text


def test_anybody_can_count_again_from_what_is_published(client: FlaskClient, database: Session) -> None:
    made = alliance(members=5)
    on = make.proposal(made, method="ranked", options=("A", "B", "C"), title="=Which?")
    options = [option.id for option in database.scalars(select(Option).order_by(Option.position))]
    rankings = [[0, 1], [1, 2], [2, 1], [0], [2, 1, 0]]
    for who, ranking in enumerate(rankings):
        make.vote(made, on, who, {"ranking": [options[place] for place in ranking]}, reason="=1+1" if who == 3 else "")
    tally = make.end(on)
    sign_in(client, made.people[2])
    told = client.get(page_of(made, on, "/count.json")).get_json()
    rules = Rules.from_json(told["rules"])
    ids = [option["id"] for option in told["options"]]
    ballots = [read_choice(rules, ids, ballot["choice"]) for ballot in told["ballots"]]
    assert count(rules, options=ids, ballots=ballots, roll=len(told["roll"])) == tally == Tally.from_json(told["tally"])
    assert sha256(canonical(told["tally"])).hexdigest() == told["tally_hash"]
    roll = {"proposal": told["proposal"], "roll": told["roll"]}
    assert sha256(canonical(roll)).hexdigest() == told["roll_hash"]
    rows = list(csv.DictReader(io.StringIO(client.get(page_of(made, on, "/ballots.csv")).text.lstrip("\ufeff"))))
    again = [read_choice(rules, ids, json.loads(row["choice"])) for row in rows]
    assert count(rules, options=ids, ballots=again, roll=len(told["roll"])) == tally
    assert {row["reason"] for row in rows} == {"", "'=1+1"}
    assert {row["voter"] for row in rows} == set(told["roll"])


@pytest.mark.parametrize(
    ("facts", "choice"),
    [
        ({"method": "simple"}, {"stance": "yes"}),
        ({"method": "special"}, {"stance": "no"}),
        ({"method": "consent"}, {"stance": "reservation"}),
        ({"method": "gradients"}, {"stance": "support"}),
        ({"method": "sense"}, {"stance": "unsure"}),
        ({"method": "ranked", "options": ("A", "B", "C"), "with_none": True}, {"ranking": [0, 1]}),
        ({"method": "approval", "options": ("A", "B")}, {"approved": [0]}),
        ({"method": "score", "options": ("A", "B")}, {"scores": {0: 5, 1: 2}}),
        ({"method": "dots", "options": ("A", "B")}, {"dots": {0: 7, 1: 3}}),
    ],
)
def test_every_method_has_a_ballot_and_a_result_in_few_queries(
    client: FlaskClient, database: Session, facts: dict[str, object], choice: dict[str, object]
) -> None:
    made = alliance(members=4)
    on = make.proposal(made, **facts)
    options = [option.id for option in database.scalars(select(Option).order_by(Option.position))]
    named = {name: _numbered(content, options) for name, content in choice.items()}
    for who in (0, 1, 2):
        make.vote(made, on, who, named)
    sign_in(client, made.people[1])
    client.get(page_of(made, on))
    with queries(at_most=9):
        assert client.get(page_of(made, on)).status_code == 200
    make.end(on)
    with queries(at_most=9):
        result = client.get(page_of(made, on))
    assert result.status_code == 200
    assert "outcome-title" in result.text
    with queries(at_most=9):
        assert client.get(f"/alliances/{made.alliance.slug}/proposals").status_code == 200


def test_a_vote_whose_time_is_up_takes_no_ballots_and_is_counted_by_whoever_asks(
    client: FlaskClient, database: Session
) -> None:
    from datetime import timedelta

    from kernel.clock import now

    made = alliance(members=3)
    on = make.proposal(made)
    make.vote(made, on, 0)
    make.vote(made, on, 1)
    with unit_of_work() as work:
        work.get_one(Proposal, on.id).closes_at = now() - timedelta(seconds=1)
    sign_in(client, made.people[2])
    assert "closure" in client.get(page_of(made, on)).text
    assert client.post(page_of(made, on, "/ballot"), data={"stance": "yes"}).status_code == 409
    assert client.post(page_of(made, on, "/closure")).status_code == 303
    assert "Passed: 2 yes" in client.get(page_of(made, on)).text
    close_due(on.id)  # the worker comes later, and finds nothing to do


def test_proxies_are_given_used_and_taken_back_by_forms(client: FlaskClient, database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(made)
    sign_in(client, made.people[2])
    base = f"/alliances/{made.alliance.slug}/proxies"
    assert client.post(base, data={"to_member": "nobody", "proposal": str(on.number)}).status_code == 422
    holder = made.organisations[1]
    given = client.post(
        base, data={"to_member": holder.name, "proposal": str(on.number), "instructions": "Yes, please"}
    )
    assert given.status_code == 303
    assert "Yes, please" in client.get(base).text
    sign_in(client, made.people[1])
    voter = make.voter_of(on, made.members[2])
    page = client.get(page_of(made, on) + f"?for={voter.id}")
    assert "Yes, please" in page.text
    assert client.post(page_of(made, on, "/ballot"), data={"stance": "yes", "voter": str(voter.id)}).status_code == 303
    sign_in(client, made.people[0])
    assert "Yes, please" not in client.get(page_of(made, on)).text


def test_a_resolution_is_looked_at_again_and_superseded(client: FlaskClient, database: Session) -> None:
    made = alliance(members=2)
    numbers = []
    for title in ("First rule", "Second rule"):
        on = make.proposal(made, title=title)
        make.vote(made, on, 0)
        make.end(on)
        numbers.append(f"{on.closed_at.year}-{len(numbers) + 1}")
    sign_in(client, made.people[1])
    page = f"/alliances/{made.alliance.slug}/resolutions/{numbers[0]}"
    assert client.post(page + "/review", data={"text": ""}).status_code == 422
    wrong = client.post(page + "/review", data={"text": "Done", "superseded_by": "1999-1"})
    assert wrong.status_code == 422
    assert client.post(page + "/review", data={"text": "Done", "superseded_by": numbers[1]}).status_code == 303
    assert numbers[1] in client.get(page).text
    assert client.get(f"/alliances/{made.alliance.slug}/resolutions?show=due").status_code == 200
    assert "Done" in client.get(page).text


def test_participation_says_how_often_each_member_took_part(client: FlaskClient, database: Session) -> None:
    made = alliance(members=3)
    for _number in range(2):
        on = make.proposal(made)
        make.vote(made, on, 0)
        make.end(on)
    sign_in(client, made.people[1])
    page = client.get(f"/alliances/{made.alliance.slug}/participation").text
    assert "2 of 2" in page
    assert page.count("0 of 2") == 2


def _numbered(content: object, options: list[int]) -> object:
    """The choice with the numbers of options in place of their places."""
    if isinstance(content, list):
        return [options[place] for place in content]
    return {str(options[place]): mark for place, mark in content.items()} if isinstance(content, dict) else content

"""Calls, bids and sheets by programs, from a draft to what came of it."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from kernel.clock import now
from tests.makers import rooms
from tests.makers.alliances import MadeAlliance, alliance
from tests.makers.api import PREFIX, Program
from tests.makers.people import person

pytestmark = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
SHEET = [{"label": "Method", "weight": 2, "max": 10}, {"label": "Cost", "max": 5}]


@pytest.fixture
def made(database: Session) -> MadeAlliance:
    return alliance(members=4)


def test_a_call_is_drafted_changed_and_opened(client: FlaskClient, made: MadeAlliance) -> None:
    chair, member = Program(client, made.people[0]), Program(client, made.people[2])
    url = f"{made.alliance.url}/calls"
    given: dict[str, Any] = {"title": "A barrier film", "body": "Below 10⁻⁴."}
    assert member.post(url, given).status_code == 403
    drafted = chair.post(url, given)
    one = f"{url}/{drafted.json['id']}"
    assert (drafted.status_code, drafted.headers["Location"]) == (201, PREFIX + one)
    assert member.get(one).status_code == 404, "the council sees drafts"
    assert chair.put(f"{one}/open").json["errors"].keys() == {"deadline"}
    deadline = (now() + timedelta(days=9)).isoformat()
    changed = chair.patch(one, {"deadline": deadline, "criteria": SHEET}).json
    assert [(row["key"], row["weight"], row["max"]) for row in changed["criteria"]] == [("c1", 2, 10), ("c2", 1, 5)]
    assert (changed["title"], changed["is_public"]) == ("A barrier film", True)
    assert chair.put(f"{one}/open").json["state"] == "open"
    assert chair.patch(one, {"criteria": SHEET[:1]}).status_code == 409
    assert chair.patch(one, {"deadline": now().isoformat()}).json["errors"].keys() == {"deadline"}
    assert chair.put(f"{one}/evaluating").status_code == 409, "bids are taken until the deadline"
    assert member.put(f"{one}/cancelled", {"reason": "No."}).status_code == 403
    assert chair.put(f"{one}/cancelled", {"reason": "No money."}).json["state"] == "cancelled"


def test_bids_are_sealed_scored_and_one_is_awarded(client: FlaskClient, made: MadeAlliance) -> None:
    chair, scorer, tied = (Program(client, made.people[who]) for who in (0, 2, 3))
    bidder, second = Program(client, person()), Program(client, person())
    call = rooms.call(made)
    url = f"{made.alliance.url}/calls/{call.id}"
    offer = {"team": "Lab", "body": "We laminate.", "people": [made.people[3].handle]}
    sent = bidder.post(f"{url}/bids", offer)
    ours = sent.headers["Location"].removeprefix(PREFIX)
    assert bidder.get(ours).json["mine"] is True
    theirs = second.post(f"{url}/bids", {"team": "Firm", "body": "We coat."}).headers["Location"].removeprefix(PREFIX)
    assert bidder.post(f"{url}/bids", {**offer, "body": "We laminate twice."}).headers["Location"] == PREFIX + ours
    assert [who.get(theirs).status_code for who in (bidder, chair, Program(client))] == [404, 404, 404], "sealed"
    assert tied.put(f"{theirs}/left").status_code == 404
    assert second.put(f"{ours}/withdrawn").status_code == 404
    assert chair.put(f"{url}/scorers/{made.people[2].handle}").json["bid_count"] == 2
    rooms.evaluate(made, call, made.people[3])
    points = {"points": {"c1": 7, "c2": 1}, "comment": "Sound."}
    assert bidder.put(f"{ours}/sheet", points).status_code == 403
    assert tied.put(f"{ours}/sheet", points).status_code == 404 or tied.get(ours).json["tied"]
    assert scorer.put(f"{ours}/sheet", {"points": {"c1": 11}}).json["errors"].keys() == {"c1", "c2"}
    scored = scorer.put(f"{ours}/sheet", points).json
    assert (scored["score"], scored["sheets"][0]["points"]) == ("8/15", points["points"])
    assert scorer.put(f"{theirs}/conflict", {"reason": "My sister."}).json["tied"] is True
    assert scorer.put(f"{theirs}/sheet", points).status_code == 403
    number = int(ours.rpartition("/")[2])
    award = {"bid": number, "statement": "The thinner one.", "message": "Thank you."}
    assert scorer.put(f"{url}/awarded", award).status_code == 403
    assert chair.put(f"{url}/awarded", award).json["awarded_to"] == "Lab"
    assert second.get(theirs).json["answer"] == "Thank you."
    assert chair.put(f"{url}/running").json["state"] == "running"
    assert chair.put(f"{url}/closed", {"result": "A film."}).json["result"] == "A film."


def test_the_members_vote_on_an_award(client: FlaskClient, made: MadeAlliance) -> None:
    chair, bidder = Program(client, made.people[0]), person()
    call = rooms.call(made)
    bid = rooms.bid(made, call, bidder)
    rooms.evaluate(made, call, made.people[2])
    url = f"{made.alliance.url}/calls/{call.id}"
    assert chair.delete(f"{url}/scorers/{made.people[2].handle}").status_code == 204
    assert chair.delete(f"{url}/scorers/{made.people[2].handle}").status_code == 404
    vote = chair.post(f"{url}/voting", {"bid": bid.id, "statement": "The only one."})
    assert vote.headers["Location"] == f"{PREFIX}{made.alliance.url}/proposals/{vote.json['proposal']}"
    assert Program(client, made.people[3]).get(vote.headers["Location"].removeprefix(PREFIX)).status_code == 200
    assert chair.put(f"{url}/cancelled", {"reason": "No."}).status_code == 409
    assert Program(client, bidder).put(f"{url}/bids/{bid.id}/withdrawn").status_code == 204

"""Decisions for programs: the same deeds and the same sight as on the pages."""

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliances.models import Member
from alliances.proposal_text import Candidate
from kernel.idempotency import IdempotencyKey
from tests.makers import decisions as make
from tests.makers.alliances import MadeAlliance, alliance
from tests.makers.people import api_token, person


def headers(made: MadeAlliance, who: int) -> dict[str, str]:
    return {"Authorization": f"Bearer {api_token(made.people[who])}"}


def test_a_vote_from_proposal_to_resolution(client: FlaskClient, database: Session) -> None:
    made = alliance(members=3)
    base = f"/api/v1/alliances/{made.alliance.slug}/proposals"
    one, two = headers(made, 0), headers(made, 1)
    refused = client.post(base, json={"title": "A", "method": "ranked", "options": ["Only one"]}, headers=one)
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["options"])
    body = {"title": "Which?", "method": "ranked", "options": ["A", "B"], "open": True}
    made_one = client.post(base, json=body, headers=one)
    assert made_one.status_code == 201, made_one.text
    told = made_one.get_json()
    assert (told["state"], told["roll"], told["quorum"]) == ("open", 3, 2)
    assert "seed" not in told["rules"]
    here = f"{base}/{told['number']}"
    ranking = {"choice": {"ranking": [told["options"][1]["id"]]}}
    assert client.post(f"{here}/ballots", json={"choice": {"ranking": [10**30]}}, headers=one).status_code == 422
    assert client.post(f"{here}/ballots", json=ranking, headers=one).status_code == 201
    assert client.get(f"{here}/ballots", headers=two).status_code == 409
    assert client.put(f"{here}/closed", headers=two).status_code == 409
    assert client.post(f"{here}/ballots", json=ranking, headers=two).status_code == 201
    assert client.post(f"{here}/ballots", json=ranking, headers=headers(made, 2)).status_code == 201
    closed = client.put(f"{here}/closed", headers=one).get_json()
    assert (closed["outcome"], closed["tally"]["winners"]) == ("chosen", [told["options"][1]["id"]])
    assert len(closed["rules"]["seed"]) == 64
    assert len(client.get(f"{here}/ballots", headers=two).get_json()["items"]) == 3
    assert client.get(f"{here}/count", headers=two).get_json()["tally_hash"] == closed["tally_hash"]
    listed = client.get(f"{base}?state=closed", headers=two).get_json()["items"]
    assert [row["number"] for row in listed] == [told["number"]]
    register = f"/api/v1/alliances/{made.alliance.slug}/resolutions"
    assert client.get(register, headers=two).get_json()["items"][0]["number"] == closed["resolution"]
    assert client.get(f"{register}/{closed['resolution']}", headers=two).status_code == 200


def test_a_draft_is_written_anew_opened_and_taken_back(client: FlaskClient, database: Session) -> None:
    made = alliance(members=3)
    base, mine, other = f"/api/v1/alliances/{made.alliance.slug}/proposals", headers(made, 1), headers(made, 2)
    number = client.post(base, json={"title": "A tester"}, headers=mine).get_json()["number"]
    here = f"{base}/{number}"
    assert client.put(here, json={"title": "Mine"}, headers=other).status_code == 404
    written = client.put(here, json={"title": "Two testers", "open": True}, headers=mine).get_json()
    assert (written["title"], written["state"]) == ("Two testers", "open")
    assert client.put(here, json={"title": "Three"}, headers=mine).status_code == 409
    assert client.put(f"{here}/draft", headers=other).status_code == 403
    assert client.put(f"{here}/draft", headers=mine).get_json()["state"] == "draft"
    assert client.put(f"{here}/open", headers=mine).status_code == 200
    assert client.post(f"{here}/ballots", json={"choice": {"stance": "no"}}, headers=other).status_code == 201
    assert client.put(f"{here}/draft", headers=mine).status_code == 409, "somebody has voted"
    again = client.post(f"{here}/again", headers=mine)
    assert (again.status_code, again.get_json()["replaces"].endswith(f"/proposals/{number}")) == (201, True)
    assert client.delete(again.headers["Location"], headers=mine).status_code == 204
    assert client.get(again.headers["Location"], headers=mine).status_code == 404


def test_a_candidate_does_not_stand(client: FlaskClient, database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(
        made,
        method="election",
        office="treasurer",
        candidates=tuple(Candidate(made.people[who].handle) for who in (1, 2)),
    )
    here = f"/api/v1/alliances/{made.alliance.slug}/proposals/{on.number}"
    assert client.delete(f"{here}/candidacy", headers=headers(made, 0)).status_code == 403
    assert client.delete(f"{here}/candidacy", headers=headers(made, 1)).status_code == 204
    assert len(client.get(here, headers=headers(made, 0)).get_json()["options"]) == 1


def test_a_secret_ballot_takes_no_idempotency_key(client: FlaskClient, database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(made, is_secret=True)
    here = f"/api/v1/alliances/{made.alliance.slug}/proposals/{on.number}"
    ballot = {"choice": {"stance": "yes"}}
    sender = headers(made, 1)
    refused = client.post(f"{here}/ballots", json=ballot, headers={**sender, "Idempotency-Key": "once"})
    assert refused.status_code == 422
    assert database.scalars(select(IdempotencyKey)).all() == []
    cast = client.post(f"{here}/ballots", json=ballot, headers=sender)
    assert cast.status_code == 201
    assert cast.get_json()["receipt"]
    assert client.post(f"{here}/ballots", json=ballot, headers=sender).status_code == 409
    assert client.get(here, headers=sender).get_json()["tally"] is None


def test_proxies_are_given_and_taken_back(client: FlaskClient, database: Session) -> None:
    made = alliance(members=3)
    on = make.proposal(made)
    base = f"/api/v1/alliances/{made.alliance.slug}/proxies"
    body = {"to_member_id": made.members[1].id, "proposal": on.number}
    given = client.post(base, json=body, headers=headers(made, 2))
    assert given.status_code == 201, given.text
    assert client.post(base, json=body, headers=headers(made, 2)).status_code == 409
    held = client.get(base, headers=headers(made, 1)).get_json()["items"]
    assert [(row["given"], row["live"]) for row in held] == [(False, True)]
    assert client.get(base, headers=headers(made, 0)).get_json()["items"] == []
    assert client.delete(f"{base}/{held[0]['id']}", headers=headers(made, 0)).status_code == 404
    assert client.delete(f"{base}/{held[0]['id']}", headers=headers(made, 2)).status_code == 204


def test_outsiders_and_other_members_get_nothing(client: FlaskClient, database: Session) -> None:
    made, other = alliance(members=4), alliance(members=2)
    on = make.proposal(made, electorate="council")
    base = f"/api/v1/alliances/{made.alliance.slug}"
    stranger = {"Authorization": f"Bearer {api_token(person())}"}
    for sender in (stranger, headers(other, 0)):
        for place in ("proposals", f"proposals/{on.number}", "resolutions", "proxies"):
            assert client.get(f"{base}/{place}", headers=sender).status_code == 403
    assert client.get(f"{base}/proposals/{on.number}", headers=headers(made, 3)).status_code == 404
    assert client.get(f"{base}/proposals", headers=headers(made, 3)).get_json()["items"] == []
    assert database.get_one(Member, made.members[3].id).state == "active"

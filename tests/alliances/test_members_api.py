"""Joining, inviting and leaving by programs."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.models import User
from tests.makers.alliances import MadeAlliance, alliance, organisation
from tests.makers.people import api_token, person


class Program:
    """A client of the API in somebody's name."""

    def __init__(self, client: FlaskClient, made: MadeAlliance, who: User) -> None:
        self.client, self.url = client, f"/api/v1{made.alliance.url}"
        self.headers = {"Authorization": f"Bearer {api_token(who)}", "Accept-Language": "en"}

    def __call__(self, method: str, path: str, **json: object) -> tuple[int, dict[str, object]]:
        body = {"json": json} if method not in {"GET", "DELETE"} else {}
        answer = self.client.open(f"{self.url}{path}", method=method, headers=self.headers, **body)
        return answer.status_code, answer.get_json(silent=True) or {}


@pytest.fixture
def made(database: Session) -> MadeAlliance:
    return alliance(members=3, questions=["Why?"])


def test_a_program_applies_an_officer_decides_and_the_member_leaves(client: FlaskClient, made: MadeAlliance) -> None:
    admin = person()
    house = organisation(admin=admin)
    mine, chair = Program(client, made, admin), Program(client, made, made.people[0])
    party = {"kind": "organisation", "name": house.slug}
    status, refusal = mine("POST", "/applications", party=party)
    assert (status, list(refusal["errors"])) == (422, ["accepted"])
    status, asked = mine("POST", "/applications", party=party, answers=["Because."], accepted="0" * 64)
    assert (status, asked["state"], asked["answers"]) == (201, "open", ["Because."])
    path = f"/applications/{asked['id']}"
    assert Program(client, made, made.people[2])("GET", path)[0] == 404
    assert mine("PUT", f"{path}/accepted", message="Yes")[0] == 404
    assert chair("PUT", f"{path}/accepted")[0] == 422
    status, decided = chair("PUT", f"{path}/accepted", message="Welcome")
    assert (status, decided["state"], decided["answer"]) == (200, "accepted", "Welcome")
    assert chair("PUT", f"{path}/refused", message="No")[0] == 409
    members = mine("GET", "/members?standing=full")[1]["items"]
    assert [member["party"]["name"] for member in members][-1] == house.name
    number = members[-1]["id"]
    assert mine("PUT", f"/members/{number}/notice", reason="Enough")[1]["leaving_at"] is not None
    assert mine("DELETE", f"/members/{number}/notice")[1]["leaving_at"] is None


def test_an_invitation_is_sent_and_answered(client: FlaskClient, made: MadeAlliance) -> None:
    expert = person()
    chair, guest = Program(client, made, made.people[0]), Program(client, made, expert)
    party = {"kind": "person", "name": expert.handle}
    assert guest("POST", "/invitations", party=party)[0] == 403
    status, sent = chair("POST", "/invitations", party=party, standing="observer", message="Come")
    assert (status, sent["standing"]) == (201, "observer")
    assert [one["id"] for one in guest("GET", "/invitations")[1]["items"]] == [sent["id"]]
    path = f"/invitations/{sent['id']}"
    assert guest("GET", path)[1]["message"] == "Come"
    assert Program(client, made, person())("GET", path)[0] == 404
    assert guest("PUT", f"{path}/accepted")[0] == 422
    assert guest("PUT", f"{path}/accepted", accepted="0" * 64)[1]["state"] == "accepted"
    assert guest("GET", "/groups")[0] == 200


def test_members_speak_for_an_application(client: FlaskClient, database: Session) -> None:
    made, admin = alliance(members=3, admission="sponsors", sponsors_needed=2), person()
    mine, one, two = (Program(client, made, who) for who in (admin, made.people[1], made.people[2]))
    party = {"kind": "organisation", "name": organisation(admin=admin).slug}
    status, asked = mine("POST", "/applications", party=party, accepted="0" * 64)
    path = f"/applications/{asked['id']}"
    assert mine("POST", f"{path}/sponsors", message="Myself")[0] == 404
    assert one("POST", f"{path}/sponsors", message=" ")[0] == 422
    assert one("POST", f"{path}/sponsors", message="They are good.")[1]["sponsors"] == 1
    assert one("POST", f"{path}/sponsors", message="They are good.")[0] == 409
    assert Program(client, made, made.people[0])("PUT", f"{path}/voting")[0] == 403, "sponsors decide here"
    status, decided = two("POST", f"{path}/sponsors", message="So I heard.")
    assert (status, decided["state"]) == (201, "accepted")


def test_strangers_read_who_belongs_and_who_leads_but_not_who_acts(client: FlaskClient, made: MadeAlliance) -> None:
    stranger = Program(client, made, person())
    listed = stranger("GET", "/members")[1]["items"]
    assert len(listed) == 3
    assert {member["seats"] for member in listed} == {None}
    assert [office["office"] for office in stranger("GET", "/offices")[1]["items"]] == ["chair", "secretary"]
    assert stranger("GET", "/groups")[0] == 403
    assert stranger("GET", "/applications")[1]["items"] == []

"""Cases, seats, the end of an alliance, freezing, succession and rights among members, by programs."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import OrganisationSeat
from alliances.actions.dissolving import CHECKLIST
from alliances.models import DocumentVersion, Proposal, State
from kernel.clock import now
from kernel.work import unit_of_work
from tests.makers import decisions, rooms
from tests.makers.alliances import MadeAlliance, alliance
from tests.makers.api import Program
from tests.makers.people import person


@pytest.fixture
def made(database: Session) -> MadeAlliance:
    return alliance(members=4)


def program(client: FlaskClient, made: MadeAlliance, who: int) -> Program:
    return Program(client, made.people[who])


def decided(database: Session, made: MadeAlliance, number: int) -> None:
    """The first three say yes, and the time runs out."""
    found = select(Proposal).where(Proposal.alliance_id == made.alliance.id, Proposal.number == number)
    proposal = database.scalars(found).one()
    for who in range(3):
        decisions.vote(made, proposal, who)
    decisions.end(proposal)


def test_a_case_is_brought_answered_and_put_to_the_vote(
    client: FlaskClient, made: MadeAlliance, database: Session
) -> None:
    chair, member, accused = (program(client, made, who) for who in (0, 2, 3))
    url = f"{made.alliance.url}/cases"
    given = {"member": made.members[3].id, "grounds": "It sold our samples."}
    assert member.post(url, given).status_code == 403
    assert chair.post(url, {**given, "grounds": " "}).json["errors"].keys() == {"grounds"}
    brought = chair.post(url, given)
    assert (brought.status_code, brought.json["state"], brought.json["member"]) == (201, "open", given["member"])
    assert chair.post(url, given).status_code == 409
    one = f"{url}/{brought.json['id']}"
    assert brought.headers["Location"] == f"/api/v1{one}"
    assert [row["id"] for row in accused.get(url).json["items"]] == [brought.json["id"]]
    assert [member.get(url).json["items"], Program(client).get(url).json["items"]] == [[], []]
    assert [who.get(one).status_code for who in (member, Program(client, person()))] == [404, 404]
    assert chair.put(f"{one}/voting").status_code == 409, "the member may still reply"
    assert chair.put(f"{one}/reply", {"reply": "For it."}).status_code == 403
    assert accused.put(f"{one}/reply", {"reply": "They were ours."}).json["reply"] == "They were ours."
    assert accused.put(f"{one}/voting").status_code == 403
    voted = chair.put(f"{one}/voting").json
    assert (voted["state"], accused.put(f"{one}/reply", {"reply": "More."}).status_code) == ("voting", 409)
    decided(database, made, voted["proposal"])
    assert chair.get(one).json["state"] == "expelled"


def test_a_case_is_dropped_with_a_word(client: FlaskClient, made: MadeAlliance) -> None:
    chair, accused = program(client, made, 0), program(client, made, 3)
    url = f"{made.alliance.url}/cases"
    one = f"{url}/{chair.post(url, {'member': made.members[3].id, 'grounds': 'Why.'}).json['id']}"
    assert accused.put(f"{one}/dropped", {"message": "No."}).status_code == 403
    assert chair.put(f"{one}/dropped", {"message": ""}).status_code == 422
    dropped = chair.put(f"{one}/dropped", {"message": "A misunderstanding."}).json
    assert (dropped["state"], dropped["ended_reason"]) == ("dropped", "A misunderstanding.")
    assert chair.put(f"{one}/dropped", {"message": "Again."}).status_code == 409


def test_registers_and_cases_continue_after_their_last_row(
    client: FlaskClient, made: MadeAlliance, database: Session
) -> None:
    chair, mine = program(client, made, 0), program(client, made, 2)
    for who in (2, 3):
        given = {"member": made.members[who].id, "grounds": "Why."}
        assert chair.post(f"{made.alliance.url}/cases", given).status_code == 201
    register = f"{made.alliance.url}/ip/backgrounds"
    first, _second = (mine.post(register, {"title": title}).json["id"] for title in ("One", "Two"))
    assert mine.put(f"{register}/{first}/withdrawn").status_code == 204
    papers = [rooms.document(made) for _number in range(2)]
    with unit_of_work():
        for days, paper in enumerate(papers):
            adopted = database.scalars(select(DocumentVersion).where(DocumentVersion.document_id == paper.id)).one()
            adopted.adopted_at, adopted.exclusion_until = now(), now() + timedelta(days=9 - days)
    for path, named, wanted in (
        ("cases", "member", [made.members[3].id, made.members[2].id]),
        ("ip/backgrounds", "title", ["Two", "One"]),
        ("ip/exclusions", "document", [paper.id for paper in papers]),
    ):
        page = chair.get(f"{made.alliance.url}/{path}", limit=1).json
        rest = chair.get(f"{made.alliance.url}/{path}", limit=1, cursor=page["next"]).json
        assert [row[named] for row in (*page["items"], *rest["items"])] == wanted
        assert rest["next"] is None


def test_an_alliance_is_dissolved_by_its_checklist(client: FlaskClient, made: MadeAlliance, database: Session) -> None:
    chair, member, stranger = program(client, made, 0), program(client, made, 2), Program(client, person())
    url = f"{made.alliance.url}/dissolution"
    assert member.get(url).status_code == 404
    assert member.post(url, {"reason": "Done."}).status_code == 403
    assert chair.post(url, {"reason": "Done."}).status_code == 201
    assert chair.post(url, {"reason": "Done."}).status_code == 409
    assert chair.put(f"{url}/items/dues", {"note": "Paid."}).status_code == 409
    assert member.put(f"{url}/dropped", {"message": "No."}).status_code == 403
    assert chair.put(f"{url}/dropped", {"message": "We go on."}).status_code == 204
    asked = chair.post(url, {"reason": "The goal is reached."}).json
    assert (asked["state"], asked["reason"], asked["is_settled"]) == ("active", "The goal is reached.", False)
    decided(database, made, asked["proposal"])
    assert stranger.get(url).status_code == 403
    assert member.get(url).json["state"] == "dissolving"
    assert chair.put(f"{url}/finished").status_code == 409
    assert chair.put(f"{url}/items/dues", {}).json["errors"].keys() == {"note"}
    assert chair.put(f"{url}/items/cake", {"note": "Eaten."}).status_code == 404
    for item in CHECKLIST:
        assert member.put(f"{url}/items/{item}", {"note": "Settled."}).status_code == 403
        settled = chair.put(f"{url}/items/{item}", {"note": "Settled."})
    assert (settled.json["is_settled"], {one["by"] for one in settled.json["items"]}) == (True, {made.people[0].handle})
    assert member.put(f"{url}/finished").status_code == 403
    assert chair.put(f"{url}/finished").json["state"] == "dissolved"
    assert member.get(url).json["finished_at"] is not None


def test_officers_and_staff_freeze_and_let_go_on(client: FlaskClient, made: MadeAlliance) -> None:
    chair, member, staff = program(client, made, 0), program(client, made, 2), Program(client, person(staff=True))
    url = made.alliance.url
    assert member.post(f"{url}/freezing", {"reason": "No."}).status_code == 403
    assert chair.post(f"{url}/freezing", {"reason": ""}).json["errors"].keys() == {"reason"}
    frozen = chair.post(f"{url}/freezing", {"reason": "A dispute."}).json
    assert (frozen["state"], frozen["frozen_reason"]) == ("frozen", "A dispute.")
    assert chair.post(f"{url}/freezing", {"reason": "Again."}).status_code == 409
    assert chair.post(f"{url}/thawing", {}).json == {"state": "active", "frozen_at": None, "frozen_reason": ""}
    assert chair.post(f"{url}/thawing", {}).status_code == 409
    assert staff.post(f"{url}/freezing", {"reason": "A complaint."}).status_code == 200
    assert chair.post(f"{url}/thawing", {}).status_code == 403
    assert staff.post(f"{url}/thawing", {"reason": "Settled."}).json["state"] == "active"


def test_another_alliance_takes_the_place_of_one_that_has_ended(client: FlaskClient, database: Session) -> None:
    old, new = alliance(state=State.DISSOLVED), alliance()
    given = {"successor": new.alliance.slug}
    assert program(client, old, 2).put(f"{old.alliance.url}/successor", given).status_code == 403
    assert program(client, new, 0).put(f"{new.alliance.url}/successor", given).status_code == 403
    chair = program(client, old, 0)
    assert chair.put(f"{old.alliance.url}/successor", {"successor": "nowhere"}).status_code == 422
    named = chair.put(f"{old.alliance.url}/successor", given).json
    assert named == {"predecessor": old.alliance.slug, **given, "state": "dissolved"}
    answer = {"predecessor": old.alliance.slug, "accept": True}
    url = f"{new.alliance.url}/predecessors"
    assert program(client, new, 2).post(url, answer).status_code == 403
    assert program(client, new, 0).post(url, {**answer, "accept": False}).json["successor"] is None
    assert program(client, new, 0).post(url, answer).status_code == 404, "declined"
    assert chair.put(f"{old.alliance.url}/successor", given).status_code == 200
    assert program(client, new, 0).post(url, answer).json == {**named, "state": "replaced"}


def test_members_list_what_they_bring_along(client: FlaskClient, made: MadeAlliance) -> None:
    mine, other = program(client, made, 2), program(client, made, 3)
    url = f"{made.alliance.url}/ip/backgrounds"
    given = {"title": "A coating", "terms": "For this project.", "record_number": ""}
    assert mine.post(url, {**given, "record_number": "x"}).status_code == 422
    assert mine.post(url, {**given, "member": made.members[3].id}).status_code == 403
    stranger = Program(client, person())
    assert [stranger.get(url).status_code, stranger.post(url, given).status_code] == [403, 403]
    listed = mine.post(url, given)
    assert listed.status_code == 201
    one = f"{url}/{listed.json['id']}/withdrawn"
    assert other.put(one).status_code == 403
    assert mine.put(one).status_code == 204
    assert mine.put(one).status_code == 409
    rows = other.get(url).json["items"]
    assert [(row["title"], row["is_mine"], row["withdrawn_at"] is None) for row in rows] == [
        ("A coating", False, False)
    ]


def test_rights_are_kept_out_of_adopted_documents(client: FlaskClient, made: MadeAlliance, database: Session) -> None:
    mine, other = program(client, made, 2), program(client, made, 3)
    papers = [rooms.document(made), rooms.document(made, audience="council")]
    with unit_of_work():
        versions = [
            database.scalars(select(DocumentVersion).where(DocumentVersion.document_id == paper.id)).one()
            for paper in papers
        ]
        for version in versions:
            version.adopted_at, version.exclusion_until = now(), now() + timedelta(days=45)
    url = f"{made.alliance.url}/ip/exclusions"
    given: dict[str, Any] = {"version": versions[0].id, "rights": "CN 1234", "reason": "Ours alone."}
    assert mine.post(url, {**given, "version": versions[1].id}).status_code == 404
    assert mine.post(url, {**given, "reason": " "}).json["errors"].keys() == {"reason"}
    filed = mine.post(url, given)
    assert filed.status_code == 201
    assert Program(client, person()).get(url).status_code == 403
    (adopted,) = other.get(url).json["items"]
    assert (adopted["version"], adopted["notices"][0]["rights"]) == (versions[0].id, "CN 1234")
    one = f"{url}/{filed.json['id']}/withdrawn"
    assert [other.put(one).status_code, mine.put(one).status_code, mine.put(one).status_code] == [403, 204, 409]


def test_a_member_says_who_acts_for_it(client: FlaskClient, made: MadeAlliance) -> None:
    mine, other, colleague = program(client, made, 2), program(client, made, 3), person()
    with unit_of_work() as work:
        work.add(
            OrganisationSeat(
                organisation_id=made.organisations[2].id,
                user_id=colleague.id,
                role="member",
                state="active",
                decided_at=now(),
            )
        )
    url = f"{made.alliance.url}/members/{made.members[2].id}/seats"
    assert other.put(f"{url}/{colleague.handle}", {"role": "delegate"}).status_code == 403
    assert mine.put(f"{url}/{person().handle}", {"role": "delegate"}).status_code == 422
    shown = mine.put(f"{url}/{colleague.handle}", {"role": "delegate"}).json
    assert [seat["role"] for seat in shown["seats"]] == ["representative", "delegate"]
    assert other.delete(f"{url}/{colleague.handle}").status_code == 403
    assert mine.delete(f"{url}/{made.people[2].handle}").status_code == 409, "a member always has a representative"
    assert mine.delete(f"{url}/{colleague.handle}").status_code == 204
    assert mine.delete(f"{url}/{colleague.handle}").status_code == 404


def test_an_officer_changes_a_standing_and_says_why(client: FlaskClient, made: MadeAlliance) -> None:
    chair, mine = program(client, made, 0), program(client, made, 2)
    url = f"{made.alliance.url}/members/{made.members[2].id}/standing"
    given = {"standing": "observer", "message": "As agreed."}
    assert mine.put(url, given).status_code == 403
    assert chair.put(url, {**given, "message": ""}).status_code == 422
    assert chair.put(url, given).json["standing"] == "observer"

"""Alliances for programs: founded, signed and read by the same rules as on the pages."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from alliances.actions.invitations import invite
from kernel.work import unit_of_work
from tests.alliances.founders import draft, forming, founded, house, sign
from tests.makers.api import Program
from tests.makers.people import person


def test_a_program_founds_an_alliance_and_others_sign_it(client: FlaskClient, database: Session) -> None:
    houses = [house("firm"), house("institute"), house("firm")]
    founder, *others = (Program(client, one.admin) for one in houses)
    body = {
        "template": "innovation",
        "name": "钙钛矿产业联盟",
        "name_en": "Perovskite Alliance",
        "summary": "Stable modules.",
        "sectors": ["materials"],
        "place": "杭州",
        "party": str(houses[0].party),
    }
    made = founder.post("/alliances", body, key="one")
    assert made.status_code == 201
    slug = made.json["slug"]
    assert founder.post("/alliances", body, key="one").json == made.json
    assert others[0].get(f"/alliances/{slug}").status_code == 404
    for one in houses[1:]:
        with unit_of_work():
            invite(houses[0].viewer, slug=slug, kind="organisation", name=one.organisation.slug)
    opened = founder.post(f"/alliances/{slug}/opening", {})
    assert opened.status_code == 200
    assert Program(client).get(f"/alliances/{slug}").json["signatures"]["missing"] == ["research"]
    for program, one in zip(others, houses[1:], strict=True):
        wrong = {"party": str(one.party), "hash": "0" * 64}
        assert program.post(f"/alliances/{slug}/signatures", wrong).status_code == 409
        signed = program.post(f"/alliances/{slug}/signatures", {**wrong, "hash": opened.json["charter_hash"]})
        assert signed.status_code == 200
    assert signed.json["state"] == "active"
    shown = Program(client).get(f"/alliances/{slug}").json
    assert (shown["state"], shown["member_count"], shown["signatures"]) == ("active", 3, None)
    assert [one["office"] for one in shown["officers"]] == ["chair", "secretary"]


def test_charters_and_logs_are_read_by_whom_they_are_for(client: FlaskClient, database: Session) -> None:
    made, houses = founded()
    chair, stranger = Program(client, houses[0].admin), Program(client, person())
    change = {"base": 1, "why": "Longer life.", "sections": {"mission": {"zh": "二十五年寿命。"}}}
    assert stranger.post(f"/alliances/{made.slug}/charters", change).status_code == 403
    assert chair.post(f"/alliances/{made.slug}/charters", change).status_code == 201
    assert chair.post(f"/alliances/{made.slug}/charters", change).status_code == 409
    assert [row["number"] for row in stranger.get(f"/alliances/{made.slug}/charters").json["items"]] == [1]
    assert [row["number"] for row in chair.get(f"/alliances/{made.slug}/charters").json["items"]] == [2, 1]
    assert stranger.get(f"/alliances/{made.slug}/charters/2").status_code == 404
    assert chair.get(f"/alliances/{made.slug}/charters/2").json["sections"]["mission"]["zh"] == "二十五年寿命。"
    assert stranger.get(f"/alliances/{made.slug}/log").status_code == 403
    assert chair.get(f"/alliances/{made.slug}/log").json["items"][0]["act"] == "proposal-opened"
    assert [row["slug"] for row in stranger.get("/alliances?sector=materials").json["items"]] == [made.slug]


def test_a_draft_is_written_by_a_program_and_given_up(client: FlaskClient, database: Session) -> None:
    one = house("firm")
    made, founder, stranger = draft(one), Program(client, one.admin), Program(client, person())
    url = f"/alliances/{made.slug}"
    assert stranger.patch(url, {"summary": "Mine."}).status_code == 404
    shown = founder.patch(url, {"summary": "Stable modules.", "questions": ["Why?"], "founding_days": 30}).json
    assert (shown["summary"], shown["questions"], shown["founding_days"]) == ("Stable modules.", ["Why?"], 30)
    assert (shown["region"], shown["texts"]["name"]) == (made.region, made.name), "what was left out stays"
    assert founder.patch(url, {"founding_days": 1}).json["errors"].keys() == {"founding_days"}
    written = founder.patch(
        f"{url}/charters/draft",
        {
            "sections": {"mission": {"en": "Twenty-five years."}},
            "rules": {"charter": {"threshold": "3/4"}, "general": {"quorum_strict": True}},
            "numbers": {"proxies": 1},
            "ip_policy": "frand",
        },
    )
    settings = written.json["settings"]
    assert written.json["sections"]["mission"]["en"] == "Twenty-five years."
    assert (settings["ip_policy"], settings["rules"]["proxies"]) == ("frand", 1)
    assert (settings["rules"]["charter"]["method"], settings["rules"]["charter"]["threshold"]) == ("special", "3/4")
    assert settings["rules"]["general"]["quorum_strict"] is True
    again = founder.patch(f"{url}/charters/draft", {"numbers": {"proxies": 2}}).json["settings"]["rules"]
    assert (again["proxies"], again["charter"]["threshold"]) == (2, "3/4"), "what was left out stays"
    assert founder.post(f"{url}/giving-up", {"reason": "Another time."}).json["state"] == "lapsed"
    assert founder.post(f"{url}/giving-up", {}).status_code == 403


def test_a_signature_is_taken_back(client: FlaskClient, database: Session) -> None:
    founder, other, third = house("firm"), house("firm"), house("firm")
    made = forming(founder, other, third)
    sign(other, made)
    url = f"/alliances/{made.slug}/signatures"
    assert Program(client, third.admin).delete(f"{url}/{other.party}").status_code in (403, 404)
    assert Program(client, other.admin).delete(f"{url}/{other.party}").status_code == 204
    assert Program(client).get(f"/alliances/{made.slug}").json["signatures"]["signed"] == 1
    assert Program(client, other.admin).delete(f"{url}/nobody").status_code == 404

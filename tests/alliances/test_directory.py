"""The directory, what of it concerns the viewer, and the overview: narrowed, scoped, and in few queries."""

import re
from dataclasses import replace
from datetime import timedelta

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert
from sqlalchemy.orm import Session

from activity.actions import follow
from activity.models import Level
from alliances.actions.states import freeze
from alliances.models import Alliance, Member, MemberState, Proposal, ProposalState, Standing, State
from alliances.queries.directory import alliance_page
from alliances.queries.directory_counts import counts
from alliances.queries.narrowing import Wanted
from kernel.clock import now
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.alliances.founders import draft, forming, founded, house, sign
from tests.makers import alliances as make
from tests.makers.people import person, sign_in
from tests.makers.search import index
from tests.queries import queries

EN = {"Accept-Language": "en"}


def names(viewer: Viewer, **wanted: str) -> list[str]:
    return [row.name for row in alliance_page(viewer, Wanted(**wanted)).items]


def test_it_is_narrowed_by_what_it_says(client: FlaskClient, database: Session) -> None:
    make.alliance(name_en="Alpha", sectors=["materials", "energy"], region="3301")
    make.alliance(name_en="Beta", sectors=["bio"], region="50", admission="invite")
    make.alliance(name_en="Gamma", state=State.DISSOLVED, region="33")
    make.alliance(name_en="Delta", state=State.DRAFT)
    old = make.alliance(name_en="Epsilon", region="11")
    full = make.alliance(name_en="Zeta", region="11")
    with unit_of_work():
        old.alliance.active_at = now() - timedelta(days=40)
        full.alliance.open_seats = 0
    viewer = Viewer(locale="en")
    assert set(names(viewer)) == {"Alpha", "Beta", "Epsilon", "Zeta"}
    assert names(viewer, sector="energy") == ["Alpha"]
    assert names(viewer, region="33") == ["Alpha"]
    assert names(viewer, state="dissolved") == ["Gamma"]
    assert set(names(viewer, seats="open")) == {"Alpha", "Epsilon"}
    assert "Epsilon" not in names(viewer, activity="recent")
    assert names(viewer)[-1] == "Epsilon", "what moved last comes first"
    page = client.get("/alliances?region=33&sector=energy", headers=EN).get_data(as_text=True)
    assert "Alpha" in page
    assert "Beta" not in page
    assert client.get("/alliances?cursor=x").status_code == 422


def test_a_forming_one_says_what_it_misses_and_suits_those_who_bring_it(client: FlaskClient, database: Session) -> None:
    firm, institute = house("firm"), house("institute", sectors=["materials"], region="3301")
    made = forming(firm)
    page = client.get("/alliances", headers=EN).get_data(as_text=True)
    assert "1/3 signed, needs one research institution" in page
    sign_in(client, institute.admin)
    suiting = client.get("/alliances").get_data(as_text=True)
    assert "Alliances for you" in suiting
    assert "It still needs one research institution, such as" in suiting
    assert "Your field: New materials" in suiting
    assert "In your region: Zhejiang" in suiting
    sign_in(client, firm.admin)
    assert "Alliances for you" not in client.get("/alliances").get_data(as_text=True), made.url


def test_whom_one_follows_is_a_reason(client: FlaskClient, database: Session) -> None:
    made, reader = make.alliance(sectors=["bio"]), person()
    from accounts.viewers import viewer_for

    with unit_of_work():
        follow(viewer_for(reader.id), ref=Ref("accounts.user", made.people[1].id), level=Level.WATCHING)
    sign_in(client, reader)
    assert f"{made.people[1].display_name}, whom you follow, takes part" in client.get("/alliances").get_data(
        as_text=True
    )


def test_search_finds_it_from_the_day_it_is_public(app: Flask, client: FlaskClient, database: Session) -> None:
    firm = house("firm")
    draft(firm, name_en="Zqhidden Alliance")
    forming(firm, name_en="Zqpublic Alliance")
    with index(app, "whoosh"):
        hidden, found = (
            re.sub("<[^>]+>", "", client.get(f"/search?q={word}&kind=alliance", headers=EN).get_data(as_text=True))
            for word in ("zqhidden", "zqpublic")
        )
    assert "Zqhidden Alliance" not in hidden
    assert "Zqpublic Alliance" in found


def test_one_glance_at_five_thousand_members_and_two_hundred_votes_costs_eight_queries(
    client: FlaskClient, database: Session
) -> None:
    made = make.alliance()
    alliance = made.alliance
    with unit_of_work() as work:
        work.execute(
            insert(Member),
            [
                {
                    "alliance_id": alliance.id, "party_kind": "person", "party_id": 10**6 + number,
                    "standing": Standing.FULL.value, "state": MemberState.ACTIVE.value,
                    "joined_at": now() - timedelta(days=number % 700),
                }
                for number in range(5_000)
            ],
        )  # fmt: skip
        work.execute(
            insert(Proposal),
            [
                {
                    "alliance_id": alliance.id, "number": number, "title": f"Plan {number}", "method": "simple",
                    "audience": alliance.everybody, "state": ProposalState.OPEN.value, "roll_size": 5_003,
                    "author_id": made.people[0].id, "opened_at": now(), "closes_at": now() + timedelta(days=3),
                }
                for number in range(1, 201)
            ],
        )  # fmt: skip
        alliance.member_count = 5_003
    client.get(alliance.url)
    with queries(at_most=8):
        assert client.get(alliance.url).status_code == 200
    for who in (made.people[0], made.people[2]):
        sign_in(client, who)
        with queries(at_most=8):
            page = client.get(alliance.url).get_data(as_text=True)
        assert page.count("Simple majority") == 5
        assert "5003 members" in page


def test_the_directory_is_asked_in_few_queries(client: FlaskClient, database: Session) -> None:
    for _ in range(4):
        make.alliance()
    forming(house("firm"))
    with queries(at_most=5):
        assert client.get("/alliances").status_code == 200
    with queries(at_most=3):
        assert client.get("/alliances").status_code == 200, "the facets were counted, and nothing has changed"
    made, houses = founded()
    sign(houses[0], made)
    sign_in(client, houses[0].admin)
    with queries(at_most=13):
        page = client.get("/alliances").get_data(as_text=True)
    assert "Yours" in page


def counted(viewer: Viewer, **wanted: str) -> dict[str, dict[str, int]]:
    return {name: dict(values) for name, values in counts(viewer, Wanted(**wanted)).items()}


def test_facets_are_counted_anew_after_every_change_and_for_nobody_else(client: FlaskClient, database: Session) -> None:
    made = make.alliance(sectors=["bio"], region="3301")
    stranger = Viewer()
    before = counted(stranger)
    with queries(at_most=1):
        assert counted(Viewer(locale="en")) == before, "whatever language one reads"
    make.alliance(sectors=["energy"], region="11")
    after = counted(stranger)
    assert after["sector"] == {**before["sector"], "energy": before["sector"].get("energy", 0) + 1}
    with unit_of_work():
        freeze(made.viewer(), slug=made.alliance.slug, reason="We wait for the audit.")
    assert counted(stranger)["state"].get("frozen", 0) == before["state"].get("frozen", 0) + 1
    assert counted(stranger, sector="bio")["state"].get("frozen") == 1
    lapsed = draft(house("firm"))
    with unit_of_work() as work:
        work.get_one(Alliance, lapsed.id).state = State.LAPSED.value
        work.get_one(Alliance, lapsed.id).version += 1
    inside = replace(stranger, audience=stranger.audience | {lapsed.everybody})
    gone = counted(stranger)["state"].get("lapsed", 0)
    assert counted(inside)["state"].get("lapsed", 0) == gone + 1
    assert counted(stranger)["state"].get("lapsed", 0) == gone, "what one person alone sees is in nobody else's count"


def test_an_alliance_stops_being_active_lately_though_nothing_was_done(database: Session) -> None:
    made = make.alliance()
    with unit_of_work():
        made.alliance.active_at = now() - timedelta(days=30) + timedelta(minutes=1)
    before = counted(Viewer())["activity"]["recent"]
    with time_machine.travel(now() + timedelta(minutes=2)):
        assert counted(Viewer())["activity"].get("recent", 0) == before - 1


def test_a_council_of_one_kind_is_pointed_at(client: FlaskClient, database: Session) -> None:
    from alliances.models import Office
    from alliances.terms import begin_term

    made = make.alliance(members=5)  # firm, institute, firm, university, service provider
    with unit_of_work():
        for number in (2, 3):
            begin_term(
                made.alliance, Office.COUNCIL, user_id=made.people[number].id, member_id=made.members[number].id,
                actor=None,
            )  # fmt: skip
    page = client.get(made.alliance.url, headers=EN).get_data(as_text=True)
    assert "in the council are of one kind" not in page
    with unit_of_work():
        member = make.add_member(made, kind="firm")
        begin_term(made.alliance, Office.COUNCIL, user_id=made.people[-1].id, member_id=member.id, actor=None)
    page = client.get(made.alliance.url, headers=EN).get_data(as_text=True)
    assert "3 of 5 in the council are of one kind: firm." in page


def test_every_alliance_is_on_one_page_of_the_directory(database: Session) -> None:
    founder = person()
    with unit_of_work() as work:
        work.execute(
            insert(Alliance),
            [
                {
                    "slug": f"many-{number}", "template": "experts", "name": f"M{number}", "state": "active",
                    "audience": "public", "founder_id": founder.id, "sectors": [], "rules": {},
                    "founding_needs": [], "questions": [], "active_at": now() - timedelta(minutes=number // 3),
                }
                for number in range(300)
            ],
        )  # fmt: skip
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = alliance_page(Viewer(), Wanted(), cursor=cursor)
        seen += [row.slug for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 300

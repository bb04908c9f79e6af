"""The public page of an alliance is flagged to the staff; out of sight, it is its members' own, and goes on working."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from alliances.actions.event_allies import answer_ally, ask_ally
from alliances.actions.groups import add_to_group, open_group
from alliances.actions.hiding import hide_alliance
from alliances.checks.life import sight_of_alliances
from alliances.models import Alliance
from alliances.search.alliances import documents
from kernel.refs import Ref, cards
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from moderation.actions.appeals import appeal, case_of
from moderation.reviewables import Outcome
from tests.makers import alliances as make
from tests.makers import rooms, watch
from tests.makers.api import Program
from tests.makers.people import person, sign_in


def ref_of(made: make.MadeAlliance) -> Ref:
    return Ref("alliances.alliance", made.alliance.id)


def test_a_page_is_flagged_from_itself_and_from_its_charter_and_the_staff_read_both(
    client: FlaskClient, database: Session
) -> None:
    made = make.alliance(summary="zq-summary words")
    ref, flagger, staff = ref_of(made), person(), person(staff=True)
    link = f"/flags/new?kind=alliances.alliance&amp;ref_id={ref.id}"
    for path in (made.alliance.url, f"{made.alliance.url}/charter"):
        assert link not in client.get(path).text, "signed in first"
        sign_in(client, flagger)
        assert link in client.get(path).text
        sign_in(client, made.people[2])
        assert link not in client.get(path).text, "members speak to their officers"
        client.post("/sign-out")
    sign_in(client, flagger)
    sent = {"kind": ref.kind, "ref_id": ref.id, "rule_id": watch.rule().id, "note": ""}
    assert client.post("/flags/new", data=sent).status_code == 303
    sign_in(client, staff)
    page = client.get(f"/moderation/{watch.review_of(ref).id}").text
    assert "zq-summary words" in page
    assert "To solve problems together." in page
    sign_in(client, made.people[0])
    assert client.get(f"/moderation/{watch.review_of(ref).id}").status_code in {403, 404}


def test_a_draft_cannot_be_flagged(client: FlaskClient, database: Session) -> None:
    made = make.alliance(state="draft")
    sign_in(client, person())
    assert client.get(f"/flags/new?kind=alliances.alliance&ref_id={made.alliance.id}").status_code == 404


def test_what_was_removed_its_members_see_alone_until_an_appeal_brings_it_back(
    client: FlaskClient, database: Session
) -> None:
    made = make.alliance(name="隐去的联盟", name_en="Vanishing Alliance")
    ref, outsider, staff = ref_of(made), person(), person(staff=True)
    watch.flag(ref, by=outsider)
    review = watch.decide(watch.review_of(ref), by=staff, outcome=Outcome.REMOVE, reason="It poses as a ministry.")
    database.expire_all()
    assert ref not in cards(Viewer(), [ref])
    assert list(documents([ref.id])) == []
    for who in (None, outsider, staff):
        client.post("/sign-out")
        if who is not None:
            sign_in(client, who)
        for path in ("", "/charter", "/members"):
            assert client.get(f"{made.alliance.url}{path}").status_code == 404
        assert "Vanishing Alliance" not in client.get("/alliances?q=Vanishing").text
    assert Program(client, outsider).get(f"/alliances/{made.alliance.slug}").status_code == 404
    sign_in(client, made.people[2])
    page = client.get(made.alliance.url)
    assert page.status_code == 200
    assert "only members see it" in page.text
    assert sight_of_alliances(mend=False) == []
    with unit_of_work():
        pleaded = appeal(case_of("review", review.id, user_id=made.alliance.founder_id), text="We are the ministry.")
    other = person(staff=True)
    waiting = watch.review_of(Ref("moderation.appeal", pleaded.id))
    sign_in(client, other)
    assert "共同攻关" in client.get(f"/moderation/{waiting.id}").text
    watch.decide(waiting, by=other, outcome=Outcome.LIFT, reason="So they are.")
    database.expire_all()
    assert ref in cards(Viewer(), [ref])
    assert database.get_one(Alliance, ref.id).hidden_at is None
    assert client.get(made.alliance.url).status_code == 200
    assert sight_of_alliances(mend=False) == []


def test_public_events_go_with_the_page_and_whoever_works_in_the_alliance_goes_on(
    client: FlaskClient, database: Session
) -> None:
    made, ally, expert, outsider = make.alliance(name_en="Zqpage"), make.alliance(), person(), person()
    alone, joint = (rooms.event(made, title=title, audience="public") for title in ("Zqalone", "Zqjoint"))
    with unit_of_work():
        group = open_group(made.viewer(), slug=made.alliance.slug, name="Coatings")
        add_to_group(made.viewer(), slug=made.alliance.slug, group_id=group.id, handle=expert.handle)
        asked = {"event_id": joint.id, "message": "Yes"}
        ask_ally(made.viewer(), slug=made.alliance.slug, ally=ally.alliance.slug, **asked)
        answer_ally(ally.viewer(), slug=ally.alliance.slug, accept=True, **asked)
        hide_alliance(made.alliance.id)
    refs = {Ref("alliances.event", alone.id), Ref("alliances.event", joint.id)}
    seen = {"outsider": set(), "ally": {Ref("alliances.event", joint.id)}, "expert": refs, "member": refs}
    people = {"outsider": outsider, "ally": ally.people[2], "expert": expert, "member": made.people[2]}
    assert {who: set(cards(viewer_for(one.id), refs)) for who, one in people.items()} == seen
    for who, one in people.items():
        sign_in(client, one)
        status = 200 if who in ("expert", "member") else 404
        assert client.get(f"{made.alliance.url}/events/{alone.id}").status_code == status, who
        assert ("Zqjoint" in client.get(f"{ally.alliance.url}/events").text) is (who != "outsider"), who
        assert ("Zqpage" in client.get("/alliances").text) is (status == 200), who

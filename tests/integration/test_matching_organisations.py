"""A need finds the organisations that may answer it, with reasons, and tells nobody whose it is."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.actions.setting_aside import set_organisation_aside
from accounts.kinds import ORGANISATION
from accounts.models import Organisation, User
from accounts.viewers import viewer_for
from kernel.clock import now
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from resources.models import Need
from resources.queries.match_scores import text_scores
from resources.queries.matching_organisations import organisations_for
from search_index import feed
from tests.makers import needs as make
from tests.makers.alliances import organisation
from tests.makers.api import Program
from tests.makers.matching import TEASER, TITLE
from tests.makers.people import person, sign_in
from tests.makers.search import catch_up, index
from tests.queries import queries

ABOUT = "测试薄膜与封装件的水汽透过率，做过多种钙钛矿组件。"


@pytest.fixture
def searched(app: Flask, database: Session) -> Iterator[None]:
    with index(app):
        yield


def lab(*, admin: User | None = None, **given: Any) -> Organisation:
    """A testing body in Hangzhou that fits, noted for the index."""
    usual = {"kind": "provider", "sub_kinds": ["testing-body"], "region": "3301", "sectors": ["materials"]}
    made = organisation(admin=admin, **{**usual, "about": ABOUT, "about_html": f"<p>{ABOUT}</p>", **given})
    with unit_of_work():
        feed.note([f"{ORGANISATION}:{made.id}"])
    return made


def found_by(viewer: Viewer, need: Need) -> list[int]:
    return [row.ref.id for row in organisations_for(viewer, need)]


def test_a_need_finds_organisations_with_the_reasons(client: FlaskClient, database: Session, searched: None) -> None:
    owner = person()
    right, far = lab(), lab(region="65")
    lab(about="水稻育种。", about_html="<p>水稻育种。</p>")
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, kind="testing", place="杭州")
    catch_up()
    found = organisations_for(viewer_for(owner.id), need)
    assert [row.ref.id for row in found] == [right.id, far.id]
    assert {part.name: part.value for part in found[0].fit.parts if part.name != "text"} == {
        "sector": 1.0,
        "kind": 1.0,
        "place": 1.0,
    }
    sign_in(client, owner)
    for page in (f"/needs/{need.id}-{need.slug}", f"/needs/{need.id}/matches"):
        text = client.get(page).text
        assert "Organisations that fit" in text
        assert text.count(f'href="/organisations/{right.slug}"') == 1
        assert "Same city: Hangzhou, Zhejiang" in text
    answer = Program(client, owner).get(f"/needs/{need.id}/matches", limit="1").json
    assert answer["items"] == []
    assert [item["ref"] for item in answer["organisations"]] == [f"{ORGANISATION}:{right.id}"]
    assert answer["organisations"][0]["kind"] == "Service provider"
    assert answer["organisations"][0]["reasons"] == [
        "The right kind: Testing body",
        "Same sector: New materials",
        "Words: 钙钛矿组件, 水汽透过率, 封装, 测试",
        "Same city: Hangzhou, Zhejiang",
    ]


def test_others_see_on_the_list_what_fits_and_cannot_refuse(
    client: FlaskClient, database: Session, searched: None
) -> None:
    right, need = lab(), make.need(title=TITLE, teaser=TEASER, kind="testing")
    catch_up()
    sign_in(client, person())
    page = client.get(f"/needs/{need.id}/matches").text
    assert f'href="/organisations/{right.slug}"' in page
    assert "Not this, because" not in page
    assert "Organisations that fit" not in client.get(f"/needs/{need.id}-{need.slug}").text
    refused = {"kind": ORGANISATION, "ref_id": right.id, "reason": "far"}
    assert client.post(f"/needs/{need.id}/matches/refusals", data=refused).status_code == 404


def test_what_is_closed_or_set_aside_fits_nothing(database: Session, searched: None) -> None:
    owner, closed, silenced = person(), lab(), lab()
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, kind="testing")
    catch_up()
    staff = viewer_for(person(grants=("staff",)).id)
    assert staff.is_staff, "who reads the page of a closed one too"
    assert set(found_by(staff, need)) == {closed.id, silenced.id}
    with unit_of_work():
        closed.closed_at = now()
        set_organisation_aside(silenced.id)
    assert found_by(staff, need) == [], "though the index has not heard of it yet"
    catch_up()
    assert found_by(staff, need) == []


def test_one_s_own_is_left_out_and_a_gap_does_not_tell_whose_a_need_is(database: Session, searched: None) -> None:
    owner, stranger = person(), person()
    own, theirs = lab(admin=owner), lab(admin=stranger)
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, kind="testing", visibility="anonymous")
    named = make.need(owner=owner, title=TITLE, teaser=TEASER, kind="testing")
    catch_up()
    assert found_by(viewer_for(owner.id), need) == [theirs.id]
    assert found_by(viewer_for(stranger.id), need) == [own.id]
    assert set(found_by(Viewer(), need)) == {own.id, theirs.id}
    assert found_by(Viewer(), named) == [theirs.id], "everybody knows whose it is"


def test_organisations_are_refused_in_the_same_way(client: FlaskClient, database: Session, searched: None) -> None:
    owner, near, far, also_far = person(), lab(), lab(region="65"), lab(region="6501")
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, kind="testing")
    catch_up()
    me = viewer_for(owner.id)
    before = {row.ref.id: row.fit.score for row in organisations_for(me, need)}
    assert set(before) == {near.id, far.id, also_far.id}
    sign_in(client, owner)
    address, refused = f"/needs/{need.id}/matches/refusals", {"kind": ORGANISATION, "ref_id": far.id, "reason": "far"}
    assert client.post(address, data=refused | {"reason": "price"}).status_code == 422
    assert client.post(address, data=refused).location.endswith("#organisations")
    after = {row.ref.id: row.fit.score for row in organisations_for(me, need)}
    assert after == pytest.approx({near.id: before[near.id], also_far.id: 0.6 * before[also_far.id]})
    assert "Lowered: you refused one like it" in client.get(f"/needs/{need.id}/matches").text
    assert set(found_by(viewer_for(person().id), need)) == set(before), "no gap for others"
    assert client.post(address).status_code == 303
    assert {row.ref.id: row.fit.score for row in organisations_for(me, need)} == pytest.approx(before)


def test_an_organisation_is_met_by_its_words_in_another_language(database: Session, searched: None) -> None:
    english = "We coat perovskite thin films on large substrates."
    right = lab(about=english, about_html=f"<p>{english}</p>")
    need = make.need(title="钙钛矿薄膜的涂布", teaser="需要在大面积基底上涂布钙钛矿薄膜。", kind="research")
    catch_up()
    found = organisations_for(viewer_for(need.owner_id), need)
    assert [row.ref.id for row in found] == [right.id]
    assert any("钙钛矿 ≈ perovskite" in reason for reason in found[0].fit.reasons)


def test_more_organisations_ask_the_database_no_more(database: Session, searched: None) -> None:
    need = make.need(title=TITLE, teaser=TEASER, kind="testing")
    for _ in range(5):
        lab()
    catch_up()
    me = viewer_for(need.owner_id)
    organisations_for(me, need)
    with queries(at_most=7):
        assert len(organisations_for(me, need)) == 5
    with queries(at_most=5):
        at_once = text_scores(me, need, "person", "organisation", also={})
    assert len(at_once["organisation"]) == 5

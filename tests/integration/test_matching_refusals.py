"""Not this, because …: of achievements and people too, and everything may be taken back."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from resources.kinds.listings import LISTING
from resources.queries.matching import listings_for
from resources.queries.matching_achievements import THREAD, achievements_for
from resources.queries.matching_people import PERSON, people_for
from search_index import feed
from tests.makers import forum
from tests.makers import needs as make
from tests.makers.matching import TEASER, TITLE, achievement, wvtr
from tests.makers.people import person, sign_in
from tests.makers.search import catch_up, index
from tests.queries import queries


@pytest.fixture
def searched(app: Flask, database: Session) -> Iterator[None]:
    with index(app):
        yield


def test_a_refused_achievement_is_gone_and_others_of_its_author_sink(
    client: FlaskClient, database: Session, searched: None
) -> None:
    owner, author = person(), person()
    again = "多层阻隔膜，用于钙钛矿组件封装，另一批样品也测试了两千小时。"
    first, second, third = achievement(author=author), achievement(author=author, body=again), achievement()
    need = make.need(owner=owner, title=TITLE, teaser=TEASER)
    catch_up()
    me = viewer_for(owner.id)
    before = {row.ref.id: row.fit.score for row in achievements_for(me, need)}
    assert set(before) == {first.id, second.id, third.id}
    sign_in(client, owner)
    refused = {"kind": THREAD, "ref_id": first.id, "reason": "known"}
    answer = client.post(f"/needs/{need.id}/matches/refusals", data=refused)
    assert answer.status_code == 303
    assert answer.location.endswith("#achievements")
    after = {row.ref.id: row.fit.score for row in achievements_for(me, need)}
    assert list(after) == [third.id, second.id]
    assert after[third.id] == pytest.approx(before[third.id])
    assert after[second.id] == pytest.approx(0.8 * before[second.id])
    for page in (f"/needs/{need.id}-{need.slug}", f"/needs/{need.id}/matches"):
        text = client.get(page).text
        assert text.count(first.title) == 2  # all three are called so
        assert "Lowered: you refused one like it" in text
    with queries(at_most=7):
        achievements_for(me, need)
    assert set(before) == {row.ref.id for row in achievements_for(viewer_for(person().id), need)}, "no gap for others"
    assert client.post(f"/needs/{need.id}/matches/refusals").status_code == 303
    assert {row.ref.id: row.fit.score for row in achievements_for(me, need)} == pytest.approx(before)


def test_an_achievement_of_the_wrong_sector_lowers_those_of_its_community(
    client: FlaskClient, database: Session, searched: None
) -> None:
    owner = person()
    first, second = achievement(), achievement()
    elsewhere = achievement(board=forum.board(community_slug="energy"))
    need = make.need(owner=owner, title=TITLE, teaser=TEASER)
    catch_up()
    me = viewer_for(owner.id)
    before = {row.ref.id: row.fit.score for row in achievements_for(me, need)}
    sign_in(client, owner)
    client.post(f"/needs/{need.id}/matches/refusals", data={"kind": THREAD, "ref_id": first.id, "reason": "sector"})
    after = {row.ref.id: row.fit.score for row in achievements_for(me, need)}
    assert after[second.id] == pytest.approx(0.6 * before[second.id])
    assert after[elsewhere.id] == pytest.approx(before[elsewhere.id])
    assert first.id not in after


def test_people_are_refused_in_the_same_way(client: FlaskClient, database: Session, searched: None) -> None:
    owner = person()
    near, far = person(display_name="Li Near"), person(display_name="Wang Far")
    also_far = person(display_name="Zhao Far")
    for who, region in ((near, "33"), (far, "65"), (also_far, "65")):
        who.fields, who.sectors, who.region = ["钙钛矿封装", "水汽透过率"], ["materials"], region
    database.flush()
    feed.note(f"{PERSON}:{who.id}" for who in (near, far, also_far))
    need = make.need(owner=owner, title=TITLE, teaser=TEASER)
    catch_up()
    me = viewer_for(owner.id)
    before = {row.title: row.fit.score for row in people_for(me, need)}
    assert set(before) == {"Li Near", "Wang Far", "Zhao Far"}
    sign_in(client, owner)
    refused = {"kind": PERSON, "ref_id": far.id, "reason": "far"}
    answer = client.post(f"/needs/{need.id}/matches/refusals", data=refused)
    assert answer.location.endswith("#people")
    broken = {"kind": PERSON, "ref_id": "x", "reason": "far"}
    assert client.post(f"/needs/{need.id}/matches/refusals", data=broken).status_code == 404, "and takes nothing back"
    after = {row.title: row.fit.score for row in people_for(me, need)}
    assert after == pytest.approx({"Li Near": before["Li Near"], "Zhao Far": 0.6 * before["Zhao Far"]})
    with queries(at_most=7):
        people_for(me, need)


def test_what_is_refused_of_one_kind_lowers_nothing_of_another(
    client: FlaskClient, database: Session, searched: None
) -> None:
    owner, both = person(), person()
    listing, thread = wvtr(owner=both), achievement(author=both)
    need = make.need(owner=owner, title=TITLE, teaser=TEASER)
    catch_up()
    me = viewer_for(owner.id)
    before = [row.fit.score for row in listings_for(me, need)]
    sign_in(client, owner)
    client.post(
        f"/needs/{need.id}/matches/refusals", data={"kind": THREAD, "ref_id": thread.id, "reason": "unavailable"}
    )
    assert achievements_for(me, need) == []
    assert [row.fit.score for row in listings_for(me, need)] == pytest.approx(before)
    assert [row.ref.id for row in listings_for(me, need)] == [listing.id]


def test_the_reasons_are_those_that_make_sense(client: FlaskClient, database: Session, searched: None) -> None:
    owner, thread, listing = person(), achievement(), wvtr()
    need = make.need(owner=owner, title=TITLE, teaser=TEASER)
    catch_up()
    sign_in(client, owner)
    page = client.get(f"/needs/{need.id}/matches").text
    achievements = page[page.index('id="achievements"') :]
    assert "Too expensive" in page
    assert "Too expensive" not in achievements
    assert "Already known" in achievements
    address = f"/needs/{need.id}/matches/refusals"
    for given in (
        {"kind": THREAD, "ref_id": thread.id, "reason": "price"},
        {"kind": LISTING, "ref_id": listing.id, "reason": ""},
    ):
        assert client.post(address, data=given).status_code == 422
    assert "Forget what I refused" not in client.get(f"/needs/{need.id}/matches").text


def test_nothing_is_refused_that_one_does_not_see(client: FlaskClient, database: Session, searched: None) -> None:
    owner = person()
    closed = achievement(author=person(grants=("alliance:7",)), board=forum.board(audience="alliance:7"))
    drafted = wvtr()
    drafted.state = "draft"
    database.flush()
    need, other = make.need(owner=owner, title=TITLE, teaser=TEASER), make.need()
    mine = wvtr(owner=owner)
    sign_in(client, owner)
    for need_id, kind, number in (
        (need.id, THREAD, closed.id),
        (need.id, THREAD, 10**9),
        (need.id, LISTING, drafted.id),
        (need.id, "forum.community", 1),
        (need.id, "", 1),
        (other.id, LISTING, mine.id),
    ):
        refused = {"kind": kind, "ref_id": number, "reason": "other"}
        assert client.post(f"/needs/{need_id}/matches/refusals", data=refused).status_code == 404, (kind, number)

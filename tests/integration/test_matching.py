"""A need finds its listings and a listing its needs, with reasons; both sides are told; a refusal is remembered."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from activity.models import Notice
from forum.models.thread import ThreadKind
from kernel.errors import NotFoundError
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from resources.actions import matching
from resources.actions.refusing import refuse_match
from resources.kinds.listings import LISTING
from resources.models import ListingSector, Match, MatchRefusal, Side
from resources.queries.matching import listings_for, needs_for
from resources.queries.matching_achievements import achievements_for
from resources.queries.matching_people import people_for
from tests.makers import forum
from tests.makers import needs as make
from tests.makers.api import Program
from tests.makers.matching import TEASER, TITLE, achievement, wvtr
from tests.makers.people import person, sign_in
from tests.makers.search import catch_up, index
from tests.queries import queries


@pytest.fixture
def searched(app: Flask, database: Session) -> Iterator[None]:
    with index(app):
        yield


def test_a_need_finds_its_listing_with_the_reasons(client: FlaskClient, database: Session, searched: None) -> None:
    owner = person()
    right, cells, _far = (
        wvtr(),
        make.listing(title="水稻育种资源", summary="粳稻种质。", kind="dataset", facts={}, sectors=["agri"]),
        make.listing(title="Rice", sectors=["agri"]),
    )
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, kind="testing", place="杭州", visibility="anonymous")
    catch_up()
    found = listings_for(viewer_for(owner.id), need)
    assert [row.ref.id for row in found] == [right.id]
    assert found[0].fit.score > 0.75
    assert cells.id not in {row.ref.id for row in found}
    sign_in(client, owner)
    page = client.get(f"/needs/{need.id}-{need.slug}").text
    assert "Same city: Hangzhou, Zhejiang" in page
    assert right.title in page
    items = Program(client, owner).get(f"/needs/{need.id}/matches").json["items"]
    assert items[0]["reasons"] == [
        "The right kind: Testing, inspection, certification",
        "Same sector: New materials",
        "Words: 钙钛矿组件, 水汽透过率, 封装, 测试",
        "Same city: Hangzhou, Zhejiang",
    ]
    assert [item["ref"] for item in items] == [f"resources.listing:{right.id}"]
    assert 0 < items[0]["parts"]["text"] < 1


def test_a_listing_finds_its_needs(client: FlaskClient, database: Session, searched: None) -> None:
    provider = person()
    listing = wvtr(owner=provider)
    need = make.need(title=TITLE, teaser=TEASER, kind="testing", place="杭州", visibility="anonymous")
    make.need(title="Soil moisture under rice", teaser="Fields in the north.", sectors=("agri",), kind="talent")
    own = make.need(owner=provider, title=TITLE, teaser=TEASER, kind="testing")
    ended = make.need(title=TITLE, teaser=TEASER, kind="testing")
    database.get_one(type(ended), ended.id).state = "closed"
    database.flush()
    catch_up()
    found = needs_for(viewer_for(provider.id), listing)
    assert [row.ref.id for row in found] == [need.id]
    assert found[0].by == f"Seeker #{need.alias}"
    assert own.id not in {row.ref.id for row in found}
    sign_in(client, provider)
    page = client.get(f"/listings/{listing.id}/needs").text
    assert "Same city: Hangzhou, Zhejiang" in page


def test_only_what_one_may_see_fits(database: Session, searched: None) -> None:
    provider, ally = person(), person(grants=("alliance:7",))
    listing = wvtr(owner=provider)
    hidden = wvtr(owner=ally, audience="alliance:7")
    drafted = wvtr()
    drafted.state = "draft"
    owner = person(grants=("alliance:7",))
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, visibility="alliance", alliance="alliance:7")
    database.flush()
    catch_up()
    assert needs_for(viewer_for(provider.id), listing) == []
    assert [row.ref.id for row in needs_for(viewer_for(ally.id), hidden)] == [need.id]
    assert {row.ref.id for row in listings_for(viewer_for(owner.id), need)} == {listing.id, hidden.id}
    assert {row.ref.id for row in listings_for(Viewer(), need)} == {listing.id}


def test_a_gap_does_not_tell_whose_it_is(database: Session, searched: None) -> None:
    owner = person()
    own = wvtr(owner=owner)
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, visibility="anonymous")
    catch_up()
    assert [row.ref.id for row in listings_for(viewer_for(person().id), need)] == [own.id]
    assert [row.ref.id for row in needs_for(viewer_for(person().id), own)] == [need.id]
    assert listings_for(viewer_for(owner.id), need) == []


def test_what_is_refused_is_gone_and_what_resembles_it_sinks(
    client: FlaskClient, database: Session, searched: None
) -> None:
    owner, provider = person(), person()
    first, second = wvtr(owner=provider), wvtr(owner=provider)
    third = wvtr(region="11", city="")
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, kind="testing", place="杭州")
    catch_up()
    me = viewer_for(owner.id)
    before = {row.ref.id: row.fit.score for row in listings_for(me, need)}
    assert set(before) == {first.id, second.id, third.id}
    sign_in(client, owner)
    refused = {"kind": LISTING, "ref_id": first.id, "reason": "unavailable"}
    assert client.post(f"/needs/{need.id}/matches/refusals", data=refused).status_code == 303
    after = {row.ref.id: row for row in listings_for(me, need)}
    assert set(after) == {second.id, third.id}
    assert after[second.id].fit.score < before[second.id]
    assert after[third.id].fit.score == pytest.approx(before[third.id])
    assert list(after) == [third.id, second.id]
    assert "Lowered: you refused one like it" in client.get(f"/needs/{need.id}/matches").text
    with unit_of_work():
        refuse_match(me, need_id=need.id, ref=Ref(LISTING, second.id), side=Side.NEED, reason="far")
    assert [row.ref.id for row in listings_for(me, need)] == [third.id]
    assert client.post(f"/needs/{need.id}/matches/refusals").status_code == 303
    assert {row.ref.id: row.fit.score for row in listings_for(me, need)} == pytest.approx(before)


def test_each_side_refuses_for_itself(client: FlaskClient, database: Session, searched: None) -> None:
    owner, provider, other = person(), person(), person()
    listing, need = wvtr(owner=provider), make.need(owner=owner, title=TITLE, teaser=TEASER)
    catch_up()
    sign_in(client, other)
    asked = {"kind": LISTING, "ref_id": listing.id, "need_id": need.id, "reason": "far"}
    assert client.post(f"/needs/{need.id}/matches/refusals", data=asked).status_code == 404
    assert client.post(f"/listings/{listing.id}/needs/refusals", data=asked).status_code == 404
    sign_in(client, provider)
    assert client.post(f"/listings/{listing.id}/needs/refusals", data=asked | {"reason": "x"}).status_code == 422
    assert client.post(f"/listings/{listing.id}/needs/refusals", data=asked).status_code == 303
    assert needs_for(viewer_for(provider.id), listing) == []
    assert [row.ref.id for row in listings_for(viewer_for(owner.id), need)] == [listing.id]
    with pytest.raises(NotFoundError), unit_of_work():
        refuse_match(viewer_for(other.id), need_id=need.id, ref=Ref(LISTING, 10**9), side=Side.LISTING, reason="far")


def test_both_are_told_once(client: FlaskClient, database: Session, searched: None) -> None:
    owner, provider = person(display_name="Hidden Owner"), person()
    listing = wvtr(owner=provider)
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, kind="testing", place="杭州", visibility="anonymous")
    catch_up()
    for _ in range(2):
        with unit_of_work():
            matching.match_need(need.id)
            matching.match_listing(listing.id)
            matching.tell_of_matches()
    told = [(row.user_id, row.event, row.actor_id) for row in database.scalars(select(Notice).order_by(Notice.event))]
    assert told == [(provider.id, "match.listing", None), (owner.id, "match.need", None)]
    sign_in(client, provider)
    page = client.get("/notifications").text
    assert "Your listing fits this need" in page
    assert f'href="/needs/{need.id}-{need.slug}"' in page
    assert listing.title in page
    assert need.title in page
    assert "Hidden Owner" not in page
    sign_in(client, owner)
    page = client.get("/notifications").text
    assert "This listing may answer your need" in page
    assert listing.title in page, "several listings may fit one need: each line says which"


def test_nobody_hears_of_more_matches_a_day_than_they_can_bear(database: Session, searched: None) -> None:
    owner = person()
    for _ in range(8):
        wvtr()
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, kind="testing", place="杭州")
    catch_up()
    with unit_of_work():
        assert matching.match_need(need.id) == 8
        matching.tell_of_matches()
    mine = select(Notice).where(Notice.user_id == owner.id)
    assert len(database.scalars(mine).all()) == matching.TOLD_A_DAY
    assert len(database.scalars(select(Match).where(Match.need_told_at.is_(None))).all()) == 3
    assert len(database.scalars(select(Match).where(Match.owner_told_at.is_(None))).all()) == 0


def test_what_was_refused_is_not_told(database: Session, searched: None) -> None:
    owner, provider = person(), person()
    listing, need = wvtr(owner=provider), make.need(owner=owner, title=TITLE, teaser=TEASER, kind="testing")
    catch_up()
    with unit_of_work():
        matching.match_need(need.id)
        database.add(
            MatchRefusal(
                need_id=need.id, kind=LISTING, ref_id=listing.id, side="listing", user_id=provider.id, reason="far"
            )
        )
        database.flush()
        matching.tell_of_matches()
    assert {row.user_id for row in database.scalars(select(Notice))} == {owner.id}


def test_people_fit_by_what_they_say_of_themselves(database: Session, searched: None) -> None:
    owner = person()
    expert = person(display_name="Li Expert")
    expert.fields, expert.sectors, expert.region = ["钙钛矿封装", "水汽透过率"], ["materials"], "33"
    other = person()
    other.fields = ["rice breeding"]
    database.flush()
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, place="浙江")
    from search_index import feed

    feed.note([f"accounts.user:{expert.id}", f"accounts.user:{other.id}"])
    catch_up()
    found = people_for(viewer_for(owner.id), need)
    assert [row.title for row in found] == ["Li Expert"]
    assert [reason for reason in found[0].fit.reasons if "Zhejiang" in reason]
    assert {part.name for part in found[0].fit.parts} == {"text", "sector", "place"}


def test_a_need_finds_achievements_and_no_other_thread(client: FlaskClient, database: Session, searched: None) -> None:
    owner = person()
    right = achievement()
    achievement(author=owner)
    for kind in (ThreadKind.DISCUSSION, ThreadKind.QUESTION):
        achievement(kind=kind)
    forum.thread(kind=ThreadKind.ACHIEVEMENT, title="Rice that stands in salt water", body="A new line for the coast.")
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, kind="testing", place="杭州")
    catch_up()
    found = achievements_for(viewer_for(owner.id), need)
    assert [str(row.ref) for row in found] == [f"forum.thread:{right.id}"]
    assert {part.name for part in found[0].fit.parts} == {"title", "text", "sector"}
    sign_in(client, owner)
    for page in (f"/needs/{need.id}-{need.slug}", f"/needs/{need.id}/matches"):
        text = client.get(page).text
        assert "Achievements that fit" in text
        assert text.count(right.title) == 1
    answer = Program(client, owner).get(f"/needs/{need.id}/matches").json
    assert answer["items"] == []
    assert [item["ref"] for item in answer["achievements"]] == [f"forum.thread:{right.id}"]
    assert answer["achievements"][0]["kind"] == "Achievement"
    assert answer["achievements"][0]["reasons"] == [
        "Same sector: New materials",
        "Words: 钙钛矿组件封装, 水汽透过率, 测试",
    ]


def test_an_achievement_on_a_board_that_one_does_not_see_fits_nothing(
    client: FlaskClient, database: Session, searched: None
) -> None:
    ally = person(grants=("alliance:7",))
    closed = achievement(author=person(grants=("alliance:7",)), board=forum.board(audience="alliance:7"))
    need = make.need(title=TITLE, teaser=TEASER, kind="testing")
    catch_up()
    assert [row.ref.id for row in achievements_for(viewer_for(ally.id), need)] == [closed.id]
    assert achievements_for(viewer_for(need.owner_id), need) == []
    assert achievements_for(Viewer(), need) == []
    sign_in(client, person())
    page = client.get(f"/needs/{need.id}/matches").text
    assert "Nothing fits yet" in page
    assert "Achievements that fit" not in page


def test_an_achievement_that_shares_no_words_does_not_fit(database: Session, searched: None) -> None:
    forum.thread(kind=ThreadKind.ACHIEVEMENT, title="Rice that stands in salt water", body="A new line for the coast.")
    need = make.need(title=TITLE, teaser=TEASER, kind="testing")
    catch_up()
    assert achievements_for(viewer_for(need.owner_id), need) == []


def test_what_was_refused_can_be_taken_back_even_when_nothing_is_left(
    client: FlaskClient, database: Session, searched: None
) -> None:
    owner, provider = person(), person()
    listing, need = wvtr(owner=provider), make.need(owner=owner, title=TITLE, teaser=TEASER)
    catch_up()
    for who, page, other in (
        (owner, f"/needs/{need.id}/matches", {"kind": LISTING, "ref_id": listing.id}),
        (provider, f"/listings/{listing.id}/needs", {"need_id": need.id}),
    ):
        sign_in(client, who)
        assert "Forget what I refused" not in client.get(page).text
        client.post(f"{page}/refusals", data={**other, "reason": "far"})
        assert "Forget what I refused" in client.get(page).text
        client.post(f"{page}/refusals")
        assert "Forget what I refused" not in client.get(page).text


def test_without_an_index_the_same_sector_still_fits(database: Session) -> None:
    listing, need = wvtr(), make.need(title=TITLE, teaser=TEASER, kind="testing", place="杭州")
    assert database.scalars(select(ListingSector)).all()
    assert [row.ref.id for row in listings_for(viewer_for(need.owner_id), need)] == [listing.id]


def test_matching_asks_the_database_few_things(database: Session, searched: None) -> None:
    need = make.need(title=TITLE, teaser=TEASER)
    for _ in range(5):
        wvtr()
    catch_up()
    me = viewer_for(need.owner_id)
    listings_for(me, need)
    with queries(at_most=8):
        assert len(listings_for(me, need)) == 5
    for _ in range(5):
        achievement()
    catch_up()
    achievements_for(me, need)
    with queries(at_most=7):
        assert len(achievements_for(me, need)) == 5

"""A need and what fits it meet although one is written in Chinese and the other in English."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from resources.queries.matching import listings_for, needs_for
from resources.queries.matching_achievements import achievements_for, needs_that_fit
from resources.queries.matching_people import people_for
from tests.makers import needs as make
from tests.makers.matching import achievement
from tests.makers.people import person, sign_in
from tests.makers.search import catch_up, index

CHINESE = {"title": "钙钛矿薄膜的涂布", "teaser": "需要在大面积基底上涂布钙钛矿薄膜，速度每分钟十米。"}
ENGLISH = {"title": "Perovskite thin film coating", "teaser": "We coat perovskite thin films on large substrates."}


@pytest.fixture(params=["", "tantivy"])
def searched(app: Flask, database: Session, request: pytest.FixtureRequest) -> Iterator[None]:
    with index(app, request.param):
        yield


def test_a_chinese_need_meets_an_english_listing(client: FlaskClient, database: Session, searched: None) -> None:
    owner, provider = person(), person()
    right = make.listing(owner=provider, title=ENGLISH["title"], summary=ENGLISH["teaser"])
    same = make.listing(title=CHINESE["title"], summary=CHINESE["teaser"], lang="zh-Hans")
    make.listing(title="Rice that stands in salt water", summary="A new line for the coast.", sectors=["agri"])
    need = make.need(owner=owner, kind="testing", **CHINESE)
    catch_up()
    found = {row.ref.id: row.fit for row in listings_for(viewer_for(owner.id), need)}
    assert list(found) == [same.id, right.id], "what says it in the same words comes first"
    assert found[right.id].score < found[same.id].score
    assert any("钙钛矿 ≈ perovskite" in reason and "薄膜 ≈ thin film" in reason for reason in found[right.id].reasons)
    assert not any("≈" in reason for reason in found[same.id].reasons)
    assert {part.name for part in found[right.id].parts if part.value > 0} >= {"title", "text"}
    assert [row.ref.id for row in needs_for(viewer_for(provider.id), right)] == [need.id]
    sign_in(client, owner)
    assert "钙钛矿 ≈ perovskite" in client.get(f"/needs/{need.id}/matches").text


def test_an_english_need_meets_chinese_achievements(database: Session, searched: None) -> None:
    author = person()
    right = achievement(author=author, title=CHINESE["title"], body=CHINESE["teaser"])
    achievement(title="耐盐水稻新品系", body="沿海滩涂种植的水稻。")
    need = make.need(kind="research", **ENGLISH)
    catch_up()
    found = achievements_for(viewer_for(need.owner_id), need)
    assert [row.ref.id for row in found] == [right.id]
    assert any("Perovskite ≈ 钙钛矿" in reason for reason in found[0].fit.reasons)
    assert [number for number, _score in needs_that_fit(viewer_for(author.id), right.id, limit=5)] == [need.id]


def test_people_are_met_by_what_their_fields_are_called_elsewhere(database: Session, searched: None) -> None:
    from search_index import feed

    expert, other = person(display_name="Li Expert"), person()
    expert.fields, expert.sectors = ["perovskite"], ["materials"]
    other.fields, other.sectors = ["rice breeding"], ["materials"]
    database.flush()
    feed.note([f"accounts.user:{expert.id}", f"accounts.user:{other.id}"])
    need = make.need(**CHINESE)
    catch_up()
    found = people_for(viewer_for(need.owner_id), need)
    assert [row.title for row in found] == ["Li Expert"]
    assert any("钙钛矿 ≈ perovskite" in reason for reason in found[0].fit.reasons)


def test_another_name_finds_nothing_that_one_may_not_see(database: Session, searched: None) -> None:
    ally = person(grants=("alliance:7",))
    hidden = make.listing(owner=ally, title=ENGLISH["title"], summary=ENGLISH["teaser"], audience="alliance:7")
    need = make.need(**CHINESE)
    catch_up()
    assert [row.ref.id for row in listings_for(viewer_for(person(grants=("alliance:7",)).id), need)] == [hidden.id]
    assert listings_for(viewer_for(need.owner_id), need) == []

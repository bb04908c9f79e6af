"""The directory of people: facets that count rightly, text within them, and the way to a question."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.directory import Wanted, people_counts, people_found
from accounts.models import User
from activity.models import Notice
from forum.models import Thread
from kernel.viewer import Viewer
from tests.makers.people import person, sign_in
from tests.makers.search import catch_up, index
from tests.queries import queries

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def town(database: Session) -> dict[str, User]:
    """Six people who differ in what the facets know, one of them gone."""
    rows = {
        "lin-wei": {"sectors": ["materials", "energy"], "region": "33", "affiliation_kind": "institute"},
        "he-wanqing": {"sectors": ["bio"], "region": "33", "affiliation_kind": "firm"},
        "xu-boyan": {"sectors": ["bio"], "region": "34", "affiliation_kind": "institute", "fields": ["中药炮制"]},
        "fang-jianing": {"sectors": ["bio"], "region": "33", "email": "fang@qq.com"},
        "tom-baker": {},
        "gone-away": {"sectors": ["bio"], "suspended": True},
    }
    return {handle: person(handle=handle, **facts) for handle, facts in rows.items()}  # type: ignore[arg-type]


def found(**wanted: str) -> list[str]:
    return [row.handle for row in people_found(Viewer(), Wanted(**wanted)).items]


@pytest.mark.usefixtures("town")
def test_facets_narrow_together() -> None:
    assert found() == ["tom-baker", "fang-jianing", "xu-boyan", "he-wanqing", "lin-wei"]
    assert found(sector="bio") == ["fang-jianing", "xu-boyan", "he-wanqing"]
    assert found(sector="energy", region="33") == ["lin-wei"]
    assert found(sector="bio", region="33") == ["fang-jianing", "he-wanqing"]
    assert found(sector="bio", region="33", verified="mail") == ["he-wanqing"], "a public address vouches for nobody"
    assert found(kind="institute", region="34") == ["xu-boyan"]
    assert found(sector="agri") == []


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    "wanted", [Wanted(), Wanted(sector="bio"), Wanted(sector="bio", region="33"), Wanted(verified="mail", kind="firm")]
)
def test_every_count_is_what_choosing_it_would_show(wanted: Wanted) -> None:
    counts = people_counts(Viewer(), wanted)
    chosen = {facet: getattr(wanted, facet) for facet in ("sector", "region", "kind", "verified")}
    assert counts.total == len(found(**chosen))
    for facet, counted in counts.by_facet.items():
        for value, number in counted.items():
            assert number == len(found(**{**chosen, facet: value})), (facet, value)


def test_a_search_keeps_its_order_through_pages_and_facets(town: dict[str, User]) -> None:
    ranked = [town[name].id for name in ("xu-boyan", "lin-wei", "gone-away", "he-wanqing", "fang-jianing")]
    first = people_found(Viewer(), Wanted(sector="bio"), among=ranked, limit=2)
    assert [row.handle for row in first.items] == ["xu-boyan", "he-wanqing"]
    second = people_found(Viewer(), Wanted(sector="bio"), among=ranked, limit=2, cursor=first.next)
    assert [row.handle for row in second.items] == ["fang-jianing"]
    assert second.next is None
    assert people_counts(Viewer(), Wanted(), among=ranked).by_facet["sector"] == {"bio": 3, "materials": 1, "energy": 1}


@pytest.mark.usefixtures("town")
def test_the_page_shows_filters_with_counts_and_what_was_checked_by_whom(client: FlaskClient) -> None:
    page = unescape(client.get("/people?sector=bio&region=33&verified=mail", headers=ENGLISH).text)
    assert "1 person" in page
    assert re.search(r'<option value="bio" selected>Biotech & medicine \(1\)</option>', page)
    assert 'href="/people?region=33&verified=mail"' in page, "a filter can be taken back alone"
    assert "Reads mail at example.cn" in page
    assert "Confirmed by this site" in page
    profile = client.get("/people/he-wanqing", headers=ENGLISH).text
    assert "Reads mail at example.cn" in profile
    assert "Biotech &amp; medicine" in profile


@pytest.mark.usefixtures("town")
def test_words_and_filters_work_together_and_unknown_filters_are_none(client: FlaskClient) -> None:
    assert "@xu-boyan" in client.get("/people?q=炮制&sector=bio").text
    assert "Nobody found" in client.get("/people?q=炮制&sector=energy", headers=ENGLISH).text
    assert client.get("/people?sector=alchemy&verified=by-magic&region=99").text.count('class="person-name"') == 5
    assert client.get("/people?q=炮制&cursor=nonsense").status_code == 422


def test_the_index_answers_words_within_the_filters(app: Flask, client: FlaskClient, town: dict[str, User]) -> None:
    del town
    person(handle="wei-zhou", fields=["钙钛矿太阳电池"], sectors=["materials"], region="33")
    with index(app):
        catch_up()
        assert shown(client, q="鈣鈦礦") == ["wei-zhou"], "in either script"
        assert shown(client, q="钙钛矿", sector="materials") == ["wei-zhou"]
        assert shown(client, q="钙钛矿", sector="bio") == []
        assert shown(client, q="炮制 中药", region="34") == ["xu-boyan"]
        assert shown(client, q="lin-w") == ["lin-wei"], "a part of a handle is no word, and found all the same"


def shown(client: FlaskClient, **query: str) -> list[str]:
    page = client.get("/people", query_string=query).text
    return re.findall(r'class="person-handle">@([a-z-]+)<', page)


def test_the_page_costs_the_same_for_many_people(client: FlaskClient, town: dict[str, User]) -> None:
    with queries(at_most=4):
        client.get("/people")
    for _ in range(20):
        person(sectors=["bio"], fields=["assays"])
    with queries(at_most=4):
        assert client.get("/people?sector=bio").text.count('class="person-name"') == 23


def test_an_expert_is_asked_from_the_directory(client: FlaskClient, database: Session, town: dict[str, User]) -> None:
    expert, asker = town["xu-boyan"], town["tom-baker"]
    sign_in(client, asker)
    address = re.search(r'href="(/new\?[^"]*ask=xu-boyan[^"]*)"', client.get("/people?sector=bio").text)
    assert address is not None
    assert "ask=lin-wei" not in client.get("/people").text, "without fields, nobody knows what to ask"
    form = client.get(unescape(address[1])).text
    assert re.search(r"<textarea[^>]*>\s*@xu-boyan ", form)
    assert re.search(r'<option selected value="bio/general">', form)
    sent = {
        "place": "bio/general",
        "kind": "question",
        "lens": "experts",
        "title": "炮制温度如何影响挥发油？",
        "body": "@xu-boyan 请教：一百二十度以上挥发油损失多少？",
    }
    assert client.post("/threads", data=sent).status_code == 303
    thread = database.scalars(select(Thread).where(Thread.author_id == asker.id)).one()
    assert (thread.kind, thread.lens) == ("question", "experts")
    assert list(database.scalars(select(Notice.reason).where(Notice.user_id == expert.id))) == ["mention"]


def test_asking_somebody_keeps_the_draft_that_was_left(client: FlaskClient, town: dict[str, User]) -> None:
    sign_in(client, town["tom-baker"])
    assert client.put("/drafts/new", json={"version": 0, "title": "Half", "body": "begun before"}).status_code < 300
    form = client.get("/new?kind=question&lens=experts&ask=xu-boyan").text
    assert re.search(r"<textarea[^>]*>\s*@xu-boyan begun before", form)
    assert "@nobody" not in client.get("/new?ask=nobody").text

"""What is offered while somebody types: by letters, pinyin and initials, and never more than they may see."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from forum.actions import removal
from forum.models import Board
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from search_index import suggestions
from search_index.forms import forms_of
from search_index.suggest import offers
from search_index.tables import SearchSuggestion, SearchTag, SearchTitle
from tests.makers import forum as make
from tests.makers.people import person, sign_in
from tests.makers.search import index
from tests.makers.suggestions import offer_everything


@pytest.fixture
def town(database: Session) -> Session:
    person(handle="lin-wei", display_name="林蔚")
    make.thread(title="关于钙钛矿组件的湿热老化", tags=("钙钛矿", "damp heat"))
    make.thread(title="Damp heat of a laminate", tags=("damp heat",))
    make.thread(
        board=make.board(audience="members"), title="Dampers of the zirconate house", tags=("dampers", "damp heat")
    )
    offer_everything()
    return database


def labels(viewer: Viewer, text: str) -> list[str]:
    return [offer.label for offer in offers(viewer, text)]


def test_forms_are_the_words_the_pinyin_and_the_initials() -> None:
    assert forms_of("钙钛矿 SiO2") == ["钙钛矿 sio2", "gaitaikuang", "gtk", "sio2"]
    assert forms_of("The art of drying") == ["the art of drying", "art of drying", "drying"]
    assert "gtkzj" in forms_of("关于钙钛矿组件", inner=["钙钛矿"])


@pytest.mark.parametrize("typed", ["gtk", "gaitaik", "钙钛", "鈣鈦"])
def test_a_tag_is_found_by_characters_pinyin_and_initials(town: Session, typed: str) -> None:
    assert "钙钛矿" in labels(Viewer(), typed)


@pytest.mark.parametrize("typed", ["关于", "gygtk", "gtkzj", "钙钛矿组件"])
def test_a_chinese_title_is_found_from_its_beginning_and_from_a_word_in_it(town: Session, typed: str) -> None:
    assert "关于钙钛矿组件的湿热老化" in labels(Viewer(), typed)


@pytest.mark.parametrize("typed", ["damp h", "LAMI", "heat of"])
def test_a_title_is_found_from_any_of_its_words_on(town: Session, typed: str) -> None:
    assert "Damp heat of a laminate" in labels(Viewer(), typed)


def test_chinese_inside_a_title_is_found_by_the_index(app: Flask, town: Session) -> None:
    with index(app, "whoosh"):
        assert "关于钙钛矿组件的湿热老化" in labels(Viewer(), "湿热")
        assert labels(Viewer(), "热湿") == []


def test_people_are_found_by_name_handle_and_sound(town: Session) -> None:
    for typed in ("林", "lin-", "linw", "lw"):
        assert "林蔚" in labels(Viewer(), typed), typed


def test_nobody_is_offered_what_they_may_not_see(town: Session) -> None:
    assert "Dampers of the zirconate house" not in labels(Viewer(), "damp")
    assert "dampers" not in labels(Viewer(), "damp")
    member = viewer_for(person().id)
    assert {"Dampers of the zirconate house", "dampers"} <= set(labels(member, "damp"))


def test_closing_a_board_takes_effect_at_once(town: Session) -> None:
    thread = make.thread(board=make.board(), title="Osmosis at home", tags=("osmosis",))
    offer_everything()
    assert {"Osmosis at home", "osmosis"} <= set(labels(Viewer(), "osm"))
    with unit_of_work() as work:
        board = work.get(Board, thread.board_id)
        assert board is not None
        board.audience = "staff"
    assert labels(Viewer(), "osm") == []


def test_what_was_deleted_is_offered_no_more_even_before_the_table_follows(town: Session) -> None:
    suggestions_begin()
    thread = make.thread(title="Osmosis at home", tags=("osmosis",))
    offer_everything()
    with unit_of_work():
        removal.delete_thread(viewer_for(person(staff=True).id), thread_id=thread.id, reason="Not for here")
    assert labels(Viewer(), "osm") == []
    offer_everything()
    with unit_of_work():
        suggestions.apply([f"forum.thread:{thread.id}"])
    assert town.scalar(select(func.count()).select_from(SearchTag).where(SearchTag.tag == "osmosis")) == 0


def suggestions_begin() -> None:
    with unit_of_work():
        suggestions.follow_feed()


def test_applying_twice_changes_nothing(town: Session) -> None:
    def state() -> list[list[tuple[object, ...]]]:
        return [
            sorted(map(tuple, town.execute(select(*columns))))
            for columns in (
                (SearchSuggestion.key, SearchSuggestion.form, SearchSuggestion.audience),
                (SearchTag.tag, SearchTag.audience, SearchTag.form, SearchTag.documents),
                (SearchTitle.key, SearchTitle.title, SearchTitle.audience),
            )
        ]

    before = state()
    offer_everything()
    assert state() == before


def test_the_field_answers_in_json_with_named_kinds(client: FlaskClient, town: Session) -> None:
    sign_in(client, person(locale="zh_Hans"))
    answer = client.get("/search/suggestions?q=gtk").json
    assert answer is not None
    tag = {"label": "钙钛矿", "kind": "标签", "lang": "", "url": "/search?q=tag%3A%E9%92%99%E9%92%9B%E7%9F%BF"}
    assert tag in answer
    assert any(line["kind"] == "帖子" for line in answer)

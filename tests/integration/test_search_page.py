"""The page of an answer: what is found, counted and offered, and that it is never what one may not see."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from forum.models.thread import ThreadKind
from tests.makers import acts, needs, registry
from tests.makers import forum as make
from tests.makers.people import person, sign_in
from tests.makers.search import catch_up, index
from tests.makers.suggestions import offer_everything
from tests.queries import queries

PAGE_QUERIES = 14  # of a stranger: boards in sight twice, hidden keys, synonyms, hits of three kinds, names of facets


@pytest.fixture
def found(app: Flask, database: Session) -> Iterator[None]:
    """A site where something is written, in public and not, and an index of it."""
    lin = person(handle="lin-wei", display_name="林蔚")
    make.thread(
        author=lin,
        title="钙钛矿组件在湿热老化后效率骤降",
        body="我们测了六块平行样，边缘先坏。",
        tags=("钙钛矿", "stability"),
        kind=ThreadKind.QUESTION,
    )
    for number in range(3):
        make.thread(title=f"Epoxy cures too slowly, case {number}", body="The oven drifts by four kelvin.")
    members = make.board(audience="members")
    make.thread(
        board=members, title="Epoxy secrets of the kryptonite house", body="kryptonite everywhere", tags=("kryptonite",)
    )
    with index(app, "whoosh"):
        catch_up()
        yield


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.data
    return unescape(answer.get_data(as_text=True))


def titles(text: str) -> list[str]:
    return [re.sub("<[^>]+>", "", title) for title in re.findall(r'class="row-title"[^>]*><a[^>]*>(.*?)</a>', text)]


def test_two_characters_find_their_thread_in_either_script(client: FlaskClient, found: None) -> None:
    for query in ("湿热", "濕熱", "钙钛矿 老化"):
        assert titles(page(client, f"/search?q={query}&kind=thread")) == ["钙钛矿组件在湿热老化后效率骤降"], query
    assert titles(page(client, "/search?q=热湿&literally=1")) == []


def test_words_are_marked_in_title_and_excerpt(client: FlaskClient, found: None) -> None:
    text = page(client, "/search?q=oven+epoxy")
    assert "<mark>Epoxy</mark>" in text
    assert "<mark>oven</mark>" in text


def test_a_word_of_the_field_finds_its_other_language(client: FlaskClient, found: None) -> None:
    text = page(client, "/search?q=perovskite")
    assert "钙钛矿组件在湿热老化后效率骤降" in titles(text)
    assert "also for 钙钛矿" in text


def test_a_misspelt_word_shows_what_was_meant_and_says_so(client: FlaskClient, found: None) -> None:
    text = page(client, "/search?q=epoxi+ovne&kind=thread")
    assert len(titles(text)) == 3
    assert "these are the results for" in text
    assert "literally=1" in text
    assert "Did you mean" in page(client, "/search?q=epoxi+ovne&kind=thread&literally=1")


def test_more_of_what_was_meant_is_reached(client: FlaskClient, app: Flask, database: Session) -> None:
    for number in range(25):
        make.thread(title=f"Viscosity of batch {number}")
    offer_everything()
    with index(app, "whoosh"):
        text = page(client, "/search?q=viscosityy")
    assert len(titles(text)) == 20
    assert 'class="button" href="/search?q=viscosity"' in text


def test_an_excerpt_names_kinds_in_the_language_of_the_page_and_is_found_by_both(
    client: FlaskClient, app: Flask, database: Session
) -> None:
    owner = person()
    needs.need(kind="testing", title="Barrier film", teaser="Ten samples a month.")
    acts.reveal(registry.record(owner, title="Barrier coating", kind="process"), owner)
    with index(app, "whoosh"):
        catch_up()
        for kind, names in (("need", ("Testing and measuring", "检测测试")), ("record", ("Process", "工艺"))):
            for words in ("barrier", *names):
                for language, other in (("en", names[1]), ("zh", names[0])):
                    answer = client.get(f"/search?kind={kind}&q={words}", headers={"Accept-Language": language})
                    assert 'class="row-title"' in answer.text, (kind, words)
                    rows = re.findall(r'class="excerpt"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
                    assert rows
                    assert other not in re.sub("<[^>]+>", "", "".join(rows)), (kind, language)


def test_pinyin_and_homophones_lead_to_the_word(client: FlaskClient, found: None) -> None:
    for query in ("gaitaikuang", "钙太矿"):
        assert "钙钛矿组件在湿热老化后效率骤降" in titles(page(client, f"/search?q={query}")), query


def test_initials_that_are_found_as_letters_too_offer_the_word_of_the_field(
    client: FlaskClient, app: Flask, database: Session
) -> None:
    make.thread(title="钙钛矿组件在湿热老化后效率骤降", body="我们测了六块平行样。")
    make.thread(title="GTK draws our interface", body="It is a library of widgets.")
    with index(app, "whoosh"):
        catch_up()
        for address in ("/search?q=gtk&kind=thread", "/search?q=GTK&kind=thread&typing=1"):
            text = page(client, address)
            assert titles(text) == ["GTK draws our interface"], address
            assert re.search(r"Did you mean <a[^>]*><strong>钙钛矿</strong>", text), address
        assert "Did you mean" not in page(client, "/search?q=widgets&kind=thread")


def test_a_correction_never_comes_from_what_one_may_not_see(client: FlaskClient, found: None) -> None:
    text = page(client, "/search?q=kryptnite")
    assert "kryptonite" not in text
    sign_in(client, person())
    assert "kryptonite" in page(client, "/search?q=kryptnite")


def test_results_counts_and_facets_are_of_this_viewer(client: FlaskClient, found: None) -> None:
    text = page(client, "/search?q=epoxy&kind=thread")
    assert "3 results" in text
    assert "kryptonite" not in text
    sign_in(client, person())
    assert "4 results" in page(client, "/search?q=epoxy&kind=thread")


def test_a_choice_narrows_keeps_the_rest_and_can_be_lifted(client: FlaskClient, found: None) -> None:
    text = page(client, "/search?q=epoxy&kind=thread&community=materials&order=newest")
    assert 'href="/search?q=epoxy&kind=thread&order=newest"' in text
    assert 'href="/search?q=epoxy&community=materials&order=newest"' in text
    assert titles(page(client, "/search?q=epoxy&community=bio&literally=1")) == []
    assert "Look without the choices" in page(client, "/search?q=epoxy&community=bio&literally=1")


def test_nothing_found_offers_to_ask_it(client: FlaskClient, found: None) -> None:
    text = page(client, "/search?q=qqqxyz")
    assert "Nothing found for qqqxyz" in text
    assert "/new?kind=question&title=qqqxyz" in text
    sign_in(client, person())
    assert 'value="qqqxyz"' in page(client, "/new?kind=question&title=qqqxyz")


def test_little_found_is_followed_by_what_has_some_of_the_words(client: FlaskClient, found: None) -> None:
    text = page(client, "/search?q=epoxy+cures+oven+graphene")
    assert "Nothing has all of these words" in text or "results for" in text
    assert any("Epoxy cures" in title for title in titles(text))


def test_more_continues_after_the_last_row(client: FlaskClient, app: Flask, database: Session) -> None:
    for number in range(25):
        make.thread(title=f"Viscosity of batch {number}")
    with index(app, "whoosh"):
        first = page(client, "/search?q=viscosity")
        cursor = re.search(r'name="cursor" value="([^"]+)"', first)
        assert cursor is not None
        second = page(client, f"/search?q=viscosity&cursor={cursor[1]}")
    assert len(titles(first)) == 20
    assert len({*titles(first), *titles(second)}) == 25


def test_a_fragment_is_the_answer_alone(client: FlaskClient, found: None) -> None:
    text = client.get("/search?q=epoxy", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in text
    assert 'class="rows"' in text


def test_while_typing_the_last_word_is_a_beginning(client: FlaskClient, found: None) -> None:
    assert len(titles(page(client, "/search?q=slowly+epo&kind=thread&typing=1"))) == 3
    text = page(client, "/search?q=qqqx&typing=1")
    assert titles(text) == []
    assert "search-note" not in text


def test_the_page_asks_little_of_the_database(client: FlaskClient, found: None) -> None:
    page(client, "/search?q=epoxy")
    with queries(at_most=PAGE_QUERIES):
        client.get("/search?q=epoxy")


@pytest.mark.parametrize(
    "query", ["", "%22", "-", "OR", "(((", "a" * 10_000, "*" * 500, "in: tag:", "\U0010ffff", "after:never"]
)
def test_whatever_is_typed_is_answered(client: FlaskClient, found: None, query: str) -> None:
    assert client.get("/search", query_string={"q": query}).status_code == 200
    assert client.get("/search/suggestions", query_string={"q": query}).status_code == 200
    assert client.get("/search/similar", query_string={"title": query}).status_code == 200


def test_while_the_index_is_built_the_page_says_so(client: FlaskClient, database: Session) -> None:
    assert "The index is being built" in page(client, "/search?q=epoxy")


def test_the_feed_has_the_eyes_of_a_stranger(client: FlaskClient, found: None) -> None:
    sign_in(client, person())
    answer = client.get("/feeds/search.atom?q=epoxy")
    assert answer.content_type.startswith("application/atom+xml")
    text = answer.get_data(as_text=True)
    assert text.count("<entry") >= 3
    assert "kryptonite" not in text
    assert client.get("/feeds/search.atom").status_code == 404


def test_similar_threads_are_shown_for_a_title_that_says_enough(client: FlaskClient, found: None) -> None:
    close = client.get("/search/similar?title=Why does my epoxy cure so slowly").get_data(as_text=True)
    assert "Epoxy cures too slowly" in unescape(re.sub("</?mark>", "", close))
    assert client.get("/search/similar?title=epoxy").get_data(as_text=True).strip() == ""
    assert (
        client.get("/search/similar?title=How to register a trade mark in Brazil").get_data(as_text=True).strip() == ""
    )
    secret = client.get("/search/similar?title=Epoxy secrets of the kryptonite house").get_data(as_text=True)
    assert "kryptonite" not in secret


def test_a_preview_without_script_shows_similar_threads(client: FlaskClient, found: None) -> None:
    sign_in(client, person())
    draft = {"title": "Epoxy cures too slowly here", "body": "It stays soft.", "kind": "question", "preview": "1"}
    text = client.post("/threads", data=draft).get_data(as_text=True)
    assert "Epoxy cures too slowly" in unescape(re.sub("</?mark>", "", text))


def test_replies_stand_under_their_thread_and_in_their_own_order_by_time(client: FlaskClient, found: None) -> None:
    thread = make.thread(title="Galvanic couples in seawater", body="Which pairs are safe?")
    for number in range(4):
        make.post(thread=thread, body=f"Seawater test {number}: the galvanic current stays low.")
    catch_up()
    text = page(client, "/search?q=galvanic")
    assert titles(text) == ["Galvanic couples in seawater"]
    assert text.count("the galvanic current stays low") == 0  # the words are marked
    assert len(re.findall(r"Seawater test \d", text)) == 4
    assert "2 more hits in there" in text
    assert len(titles(page(client, "/search?q=galvanic&order=newest"))) == 5

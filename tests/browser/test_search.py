"""Search as people use it: from the bar, by keyboard, on a phone, without script."""

import json
import re
import time
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Windows, scrolls_sideways, sign_in

BUILT_WITHIN = 90.0


@pytest.fixture(scope="session", autouse=True)
def indexed(site: Site) -> None:
    """Wait until the worker has built the index and what is offered."""
    deadline = time.monotonic() + BUILT_WITHIN
    while time.monotonic() < deadline:
        if _total(site, "/api/v1/search?q=perovskite") and _offers(site):
            return
        time.sleep(0.3)
    pytest.fail("the index was not built")


def _get(site: Site, path: str) -> object:
    with urllib.request.urlopen(site.url + path, timeout=10) as answer:  # noqa: S310 - our own server
        return json.load(answer)


def _total(site: Site, path: str) -> int:
    try:
        answer = _get(site, path)
    except urllib.error.URLError:
        return 0
    assert isinstance(answer, dict)
    return int(answer["total"])


def _offers(site: Site) -> bool:
    answer = _get(site, "/api/v1/search/suggestions?q=gtk")
    assert isinstance(answer, dict)
    return any(item["kind"] == "thread" for item in answer["items"])


@pytest.mark.parametrize("page", ["desktop-zh", "desktop-en"], indirect=True)
def test_the_bar_is_used_by_keyboard_alone(page: Page) -> None:
    page.goto("/communities")
    page.keyboard.press("/")
    field = page.locator("#top-q")
    expect(field).to_be_focused()
    page.keyboard.type("gtk")
    offers = page.locator("#top-q-offers [role=option]")
    expect(offers.filter(has_text="钙钛矿").first).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(offers.first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "top-q-offers-0")
    page.keyboard.press("ArrowUp")
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("Escape")
    expect(page.locator("#top-q-offers")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(offers.first).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(offers.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=gtk")


@pytest.mark.parametrize("page", ["desktop-zh"], indirect=True)
def test_enter_searches_and_rows_are_walked(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("湿热老化 钙钛矿")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    expect(page.locator(".row-title").first).to_contain_text("钙钛矿组件")
    expect(page.locator("mark").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/(threads|listings)/"))


@pytest.mark.parametrize("page", ["desktop-zh"], indirect=True)
def test_a_word_that_is_being_composed_is_not_looked_for(page: Page) -> None:
    page.goto("/communities")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/search/suggestions" in request.url else None)
    page.locator("#top-q").focus()
    expect(page.locator("#top-q")).to_have_attribute("role", "combobox")
    page.evaluate("""() => {
      const box = document.querySelector("#top-q");
      box.dispatchEvent(new CompositionEvent("compositionstart"));
      box.value = "gai'tai";
      box.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }));
    }""")
    page.wait_for_timeout(400)
    assert asked == []
    page.evaluate("""() => {
      const box = document.querySelector("#top-q");
      box.value = "钙钛";
      box.dispatchEvent(new CompositionEvent("compositionend"));
    }""")
    expect(page.locator("#top-q-offers")).to_contain_text("钙钛矿")
    assert len(asked) == 1


@pytest.mark.parametrize("page", ["desktop-en"], indirect=True)
def test_the_answer_follows_what_is_typed_and_chosen(page: Page) -> None:
    page.goto("/search")
    box = page.locator("#q")
    expect(box).to_be_focused()
    box.press_sequentially("battery")
    page.wait_for_url("**/search?q=battery")
    expect(page.locator(".row-title").first).to_be_visible()
    page.locator(".tabs a", has_text="Threads").click()
    page.wait_for_url("**/search?q=battery&kind=thread")
    expect(page.locator(".tabs a[aria-current]")).to_contain_text("Threads")
    page.locator(".facet a").first.click()
    page.wait_for_url(re.compile("kind=thread&[a-z]+="))
    expect(page.locator(".chip")).to_have_count(1)
    box.fill("battery cells")
    page.wait_for_url(re.compile(r"q=battery\+cells&kind=thread&[a-z]+="))
    page.go_back()
    page.wait_for_url("**/search?q=battery&kind=thread")
    expect(box).to_have_value("battery")
    page.locator(".row-title a").first.click()
    page.wait_for_url(re.compile("/threads/"))
    page.go_back()
    expect(page.locator(".topbar")).to_be_visible()
    expect(page.locator("#q")).to_have_value("battery")


def test_the_page_reads_well_everywhere(page: Page) -> None:
    for path in ("/search", "/search?q=perovskite", "/search?q=perovskte", "/search?q=qqqxyz"):
        page.goto(path)
        assert not scrolls_sideways(page), path
    expect(page.locator(".next-steps .button").first).to_be_visible()


@pytest.mark.parametrize("page", ["phone-zh"], indirect=True)
def test_a_phone_has_an_icon_that_leads_to_the_field(page: Page) -> None:
    page.goto("/communities")
    expect(page.locator("#top-q")).to_be_hidden()
    page.locator(".topbar-tools a[href='/search']").tap()
    page.wait_for_url("**/search")
    expect(page.locator("#q")).to_be_focused()
    page.fill("#q", "石墨烯")
    page.keyboard.press("Enter")
    expect(page.locator(".row-title").first).to_be_visible()


def test_everything_works_without_script(windows: Windows) -> None:
    page = windows.open("desktop-en", java_script_enabled=False)
    sign_in(page, "english")
    page.fill("#top-q", "perovskite")
    page.locator("#top-q").press("Enter")
    page.wait_for_url("**/search?q=perovskite")
    page.locator(".tabs a", has_text="Threads").click()
    page.locator(".search-summary a", has_text="Newest").click()
    page.wait_for_url("**/search?q=perovskite&kind=thread&order=newest")
    page.locator(".search-help summary").click()
    expect(page.locator(".search-help dl")).to_be_visible()
    page.locator(".keep button").click()
    expect(page.locator(".flash.success")).to_be_visible()
    page.locator(".keep a[href='/searches']").click()
    expect(page.locator(".row-title")).to_have_text("perovskite · Threads")


@pytest.mark.parametrize("page", ["desktop-en"], indirect=True)
def test_a_title_that_was_asked_before_is_met_with_the_thread(page: Page) -> None:
    sign_in(page, "english")
    page.goto("/new?place=materials/general")
    page.locator("input[name=title]").press_sequentially("Slot-die coated perovskite in ambient air at 45 % RH")
    expect(page.locator(".similar a").first).to_be_visible()


@pytest.mark.parametrize("page", ["desktop-en"], indirect=True)
def test_what_was_not_found_reaches_the_desk(page: Page, windows: Windows) -> None:
    with page.expect_response(lambda answer: answer.url.endswith("/search/misses")) as told:
        page.goto("/search?q=qqqunheardof")
    assert told.value.status == 204
    desk = windows.open("desktop-en")
    sign_in(desk, "staff")
    desk.goto("/staff/search")
    expect(desk.locator(".misses")).to_contain_text("qqqunheardof")

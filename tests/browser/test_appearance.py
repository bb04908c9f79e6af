"""Language, light and dark, and motion are the reader's choice, and stay chosen."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Windows, sign_in

PAPER = {"light": "rgb(251, 250, 246)", "dark": "rgb(23, 22, 20)"}
FIRST_PAINT = """
window.__papers = [];
const look = () => {
  if (document.body) window.__papers.push(getComputedStyle(document.documentElement).backgroundColor);
  if (window.__papers.length < 20) requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def paper(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return colour


@pytest.mark.parametrize("page", ["desktop-en", "phone-zh"], indirect=True)
def test_the_other_language_is_the_same_place(page: Page, threads: dict[str, str]) -> None:
    sign_in(page, "moderator")
    thread = next(iter(threads.values()))
    for path in ("/communities/materials?tab=unanswered", f"{thread}?at=2", "/people?q=lin", "/settings/appearance"):
        page.goto(path)
        was = page.locator("html").get_attribute("lang") or ""
        page.locator(".topbar button[name=lang]").click()
        expect(page.locator("html")).not_to_have_attribute("lang", was)
        assert page.url.endswith(path), path
        page.locator(".topbar button[name=lang]").click()
        expect(page.locator("html")).to_have_attribute("lang", was)


def test_the_theme_stays_and_never_flashes(windows: Windows) -> None:
    page = windows.open("desktop-zh", color_scheme="light")
    page.goto("/")
    assert paper(page) == PAPER["light"]
    with page.expect_response("**/theme"):
        page.locator(".footer button[name=theme][value=dark]").click()
    assert paper(page) == PAPER["dark"]
    page.add_init_script(FIRST_PAINT)
    for path in ("/communities", "/sign-in"):
        page.goto(path)
        deadline = time.monotonic() + 10  # the policy lets nobody wait by a string of script
        while page.evaluate("window.__papers.length") < 5:
            assert time.monotonic() < deadline, path
            page.wait_for_timeout(20)
        assert set(page.evaluate("window.__papers")) == {PAPER["dark"]}, path
    page.goto("/")
    with page.expect_response("**/theme"):
        page.locator(".footer button[name=theme][value=system]").click()
    page.emulate_media(color_scheme="dark")
    assert paper(page) == PAPER["dark"]
    page.emulate_media(color_scheme="light")
    assert paper(page) == PAPER["light"]


def test_the_theme_goes_with_the_account(windows: Windows) -> None:
    here, there = windows.open("desktop-en", color_scheme="light"), windows.open("phone-en", color_scheme="light")
    sign_in(here, "staff")
    here.locator(".topbar details.menu summary").click()
    with here.expect_response("**/theme"):
        here.locator(".topbar button[name=theme][value=dark]").click()
    sign_in(there, "staff")
    assert paper(there) == PAPER["dark"]
    there.goto("/settings/appearance")
    there.check("input[name=theme][value=system]")
    there.locator("main button[type=submit]").click()
    there.wait_for_load_state()
    assert paper(there) == PAPER["light"]


def test_nothing_moves_for_those_who_asked(windows: Windows, threads: dict[str, str]) -> None:
    page = windows.open("desktop-en")
    page.goto(next(iter(threads.values())))
    moving = page.evaluate(
        """[...document.querySelectorAll("*")].filter((element) => {
            const style = getComputedStyle(element);
            const seconds = (value) => Math.max(...value.split(",").map(parseFloat));
            return seconds(style.transitionDuration) > 0.01
                || (style.animationName !== "none" && seconds(style.animationDuration) > 0.01)
                || style.scrollBehavior === "smooth";
        }).map((element) => element.tagName + "." + element.className)"""
    )
    assert moving == []


@pytest.mark.parametrize("page", ["desktop-en"], indirect=True)
def test_times_are_exact_on_hover(page: Page, threads: dict[str, str]) -> None:
    page.goto(next(iter(threads.values())))
    shown = page.locator("#post-1 time").first
    expect(shown).to_have_attribute("title", "".join(("20", (shown.get_attribute("title") or "")[2:])))
    assert (shown.get_attribute("datetime") or "").endswith("Z")

"""Everything is reached by the keyboard, and one always sees where one is."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in

HAS_RING = """() => {
  const holder = document.activeElement.matches("textarea") && document.activeElement.closest(".composer");
  const style = getComputedStyle(holder || document.activeElement);
  const box = document.activeElement.getBoundingClientRect();
  return { ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1.5 || style.boxShadow !== "none",
           inside: box.bottom > 0 && box.top < innerHeight && box.width > 0,
           what: document.activeElement.outerHTML.slice(0, 160) };
}"""
pytestmark = pytest.mark.parametrize("page", ["desktop-en"], indirect=True)


def focused(page: Page) -> str:
    tag: str = page.evaluate("document.activeElement.outerHTML.slice(0, 300)")
    return tag


def test_the_first_tab_skips_to_the_content(page: Page) -> None:
    page.goto("/communities/materials")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    expect(page.locator("a.skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('main')")


def test_focus_is_visible_all_the_way_down(page: Page, threads: dict[str, str]) -> None:
    sign_in(page, "english")
    for path in ("/", "/settings", next(iter(threads.values())), "/new?place=materials/general"):
        page.goto(path)
        seen = set()
        for _step in range(45):
            page.keyboard.press("Tab")
            at = page.evaluate(HAS_RING)
            if at["what"].startswith("<body"):
                break
            assert at["ring"], f"{path}: no ring on {at['what']}"
            assert at["inside"], f"{path}: out of sight: {at['what']}"
            seen.add(at["what"])
        assert len(seen) > 8, path


def test_rows_are_walked_with_j_and_k(page: Page) -> None:
    page.goto("/communities/materials")
    rows = page.locator("[data-row]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_class(re.compile("is-here"))
    page.keyboard.press("k")
    expect(rows.nth(0)).to_have_class(re.compile("is-here"))
    title = rows.nth(0).locator("a").first.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/threads/*")
    expect(page.locator("h1")).to_have_text(title)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#post-2")).to_be_focused()


def test_n_starts_r_replies_g_goes_and_slash_searches(page: Page, threads: dict[str, str]) -> None:
    sign_in(page, "english")
    page.goto(next(iter(threads.values())))
    page.keyboard.press("/")
    expect(page.locator("#top-q")).to_be_focused()
    page.keyboard.press("Escape")
    assert focused(page).startswith("<body")
    page.keyboard.press("r")
    expect(page.locator("#reply textarea")).to_be_focused()
    page.keyboard.type("njk?")
    expect(page.locator("#reply textarea")).to_have_value("njk?")
    page.locator("h1").click()
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"/new\?place="))
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/communities")


def test_keys_are_explained_and_can_be_switched_off(page: Page) -> None:
    page.goto("/communities/materials")
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    page.locator("dialog#keys input[data-keys-off]").check()
    page.keyboard.press("Escape")
    expect(page.locator("dialog#keys")).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator(".is-here")).to_have_count(0)
    page.reload()
    page.keyboard.press("j")
    expect(page.locator(".is-here")).to_have_count(0)


def test_menus_open_with_enter_and_close_with_escape(page: Page, threads: dict[str, str]) -> None:
    sign_in(page, "english")
    page.goto(next(iter(threads.values())))
    for menu in (".topbar details.menu", "form.follow details.menu", "#post-1 .post-tools details.menu"):
        summary = page.locator(f"{menu} summary").first
        summary.focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"{menu} .menu-panel").first).to_be_visible()
        page.keyboard.press("Tab")
        assert page.evaluate("!!document.activeElement.closest('.menu-panel')"), menu
        page.keyboard.press("Escape")
        expect(page.locator(f"{menu} .menu-panel").first).to_be_hidden()
        expect(summary).to_be_focused()

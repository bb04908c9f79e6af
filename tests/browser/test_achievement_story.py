"""An achievement as its inventor publishes it: sealed first, then disclosed by the browser together with its thread."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Windows, scrolls_sideways, sign_in
from tests.browser.test_accessibility import look_at
from tests.browser.test_record_stories import seal


def fill_in(page: Page, title: str) -> None:
    page.fill("#title", title)
    page.select_option("#board", "materials/general")
    page.fill("#problem", "Valves open when nobody wants them to.")
    page.fill("#method", "This one closes when the pressure falls.")
    page.select_option("#trl", "6")
    page.check("input[name=cooperation][value=pilot]")
    page.fill("#award_name", "A prize for valves")
    page.select_option("#award_level", "provincial")
    page.fill("#award_year", "2025")


@pytest.mark.parametrize("look", ["desktop-en", "phone-zh"])
def test_a_sealed_work_is_disclosed_by_the_browser_when_its_achievement_is_published(
    windows: Windows, tmp_path: Path, look: str
) -> None:
    file = tmp_path / "valve.txt"
    file.write_text(f"It closes when the pressure falls, {look}.", encoding="utf-8")
    page = windows.open(look)
    sign_in(page, "english")
    number = seal(page, file)
    page.goto("/achievements/new")
    expect(page.locator(".novelty a")).to_have_count(4)
    assert look_at(page, "the gate") == []
    page.locator(f"main a[href*='record={number}']").click()
    assert not scrolls_sideways(page)
    assert look_at(page, "an achievement with its record") == []
    title = f"A valve that closes by itself ({look})"
    fill_in(page, title)
    publish = page.locator(".composer-foot button.primary")
    publish.click()  # not ticked: the browser itself holds it back
    expect(page).to_have_url(re.compile(r"/achievements/new"))
    page.check("#is_understood")
    publish.click()
    expect(page).to_have_url(re.compile(r"/threads/\d+-"))
    stranger = windows.open(look)
    stranger.goto(page.url)
    expect(stranger.locator(".record-badge a")).to_contain_text(number)
    expect(stranger.locator(".achievement-card")).to_contain_text("A prize for valves")
    assert look_at(stranger, "an achievement's thread") == []
    stranger.locator(".record-badge a").click()
    expect(stranger.locator(".shown-in a")).to_contain_text(title)
    expect(stranger.locator("#life .life > li")).to_have_count(2)
    stranger.goto("/achievements?view=awarded&year=2025&level=provincial")
    expect(stranger.get_by_role("link", name=title)).to_be_visible()
    assert not scrolls_sideways(stranger)
    assert look_at(stranger, "the gallery") == []


def test_without_a_record_and_without_script_the_warning_is_ticked(windows: Windows) -> None:
    page = windows.open("phone-en", java_script_enabled=False)
    sign_in(page, "english")
    page.goto("/achievements/new?record=none")
    fill_in(page, "A valve without a paper")
    page.locator("button[name=preview]").click()
    expect(page.locator("#title")).to_have_value("A valve without a paper")
    page.check("#is_understood")
    page.locator(".composer-foot button.primary").click()
    expect(page).to_have_url(re.compile(r"/threads/\d+-"))
    expect(page.locator(".achievement-card")).to_contain_text("No registered record was named for it.")
    page.locator(".achievement-card a[href$='/card']").click()
    page.select_option("#trl", "7")
    page.locator(".form-foot button").click()
    expect(page.locator(".achievement-card")).to_contain_text("TRL 7")

"""Records as two people live them: one is handed over with a key that its next owner made, then shown and disclosed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from seeds.people import PASSWORD
from tests.browser.conftest import Windows, scrolls_sideways, sign_in
from tests.browser.test_accessibility import look_at

FIRST, SECOND = "english", "member"


def seal(page: Page, file: Path) -> str:
    """Seal a file in the browser; the number of its record."""
    page.goto("/registry/seal")
    page.set_input_files("#files", file)
    page.fill("#title", "A valve that closes by itself")
    page.locator(".seal-form button[type=submit]").click()
    expect(page.locator("[data-sealed]")).to_be_visible()
    return page.locator("[data-number]").inner_text()


def press(page: Page) -> None:
    """Sign the act of this page, and wait until it stands in the log."""
    assert not scrolls_sideways(page)
    page.locator("main .form-foot button").click()
    expect(page).to_have_url(re.compile(r"/registry/[^/?#]+$"))


@pytest.mark.parametrize("look", ["desktop-en", "phone-zh"])
def test_a_record_is_handed_over_with_a_key_that_never_left_its_next_owner(
    windows: Windows, tmp_path: Path, look: str
) -> None:
    file = tmp_path / "valve.txt"
    file.write_text("It closes when the pressure falls.", encoding="utf-8")
    first, second = windows.open(look), windows.open(look)
    sign_in(first, FIRST)
    sign_in(second, SECOND)
    number = seal(first, file)

    second.goto("/registry/mine")
    with second.expect_download() as saved:
        second.locator("[data-make-key] button").click()
    key = second.locator("#public-key").input_value()
    assert key.startswith("owner+")
    assert key in Path(saved.value.path()).read_text(encoding="utf-8")

    first.goto(f"/registry/{number}/acts/assign")
    first.fill("#to_name", "The next owner")
    first.fill("#to", "@chen-yu")
    first.fill("#next_key", key)
    press(first)

    second.goto("/registry")
    with second.expect_navigation():  # the page is there with its scripts
        second.locator(f"#waiting a[href='/registry/{number}/acts/accept']").click()
    press(second)
    owners = second.locator(".chain").first
    expect(owners.locator("li").last).to_contain_text(key)
    expect(owners.locator("li")).to_have_count(2)
    first.goto(f"/registry/{number}")
    assert first.locator(".act-links a[href*='acts/licence']").count() == 0

    second.goto(f"/registry/{number}/acts/reveal?scope=public")
    expect(second.locator(".novelty a")).to_have_count(4)
    second.check("#is_understood")
    press(second)
    stranger = windows.open(look)
    stranger.goto("/registry")
    stranger.get_by_role("link", name="A valve that closes by itself").first.click()
    expect(stranger.locator(".certificate h1")).to_have_text("A valve that closes by itself")
    assert look_at(stranger, "a disclosed record") == []


def test_a_lost_key_is_replaced_after_a_week_and_everybody_sees_it(windows: Windows, tmp_path: Path) -> None:
    file = tmp_path / "valve.txt"
    file.write_text("It opens again.", encoding="utf-8")
    page = windows.open("desktop-en")
    sign_in(page, FIRST)
    number = seal(page, file)
    elsewhere = windows.open("desktop-en")
    sign_in(elsewhere, FIRST)
    elsewhere.goto(f"/registry/{number}/acts/key-rotate")
    elsewhere.check("#is_lost")
    elsewhere.fill("#password", PASSWORD)
    with elsewhere.expect_download():
        press(elsewhere)
    expect(elsewhere.get_by_role("button", name="Keep the present key")).to_be_visible()
    expect(elsewhere.locator(".life")).to_contain_text("Another key was named")
    expect(elsewhere.locator(".chain")).to_contain_text("not in force")


def test_a_publication_is_signed_in_the_browser_for_the_day_on_which_an_embargo_ends(
    windows: Windows, tmp_path: Path
) -> None:
    file = tmp_path / "valve.txt"
    file.write_text("It closes again.", encoding="utf-8")
    page = windows.open("desktop-en")
    sign_in(page, FIRST)
    page.goto(f"/registry/{seal(page, file)}/acts/embargo")
    page.fill("#until", "2040-05-06")
    page.check("[name=mode][value=reveal]")
    press(page)
    expect(page.locator(".state-line")).to_contain_text("sealed until 2040-05-06, then published by itself")

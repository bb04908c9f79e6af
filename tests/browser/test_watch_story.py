"""Scenario 5: what a new account posts with three links waits until a moderator approves it from the page."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Windows, scrolls_sideways, sign_in
from tests.browser.test_stories import sign_up

TEXT = "See [one](https://example.org/1), [two](https://example.org/2) and [three](https://example.org/3)."


@pytest.mark.parametrize("look", ["phone-zh", "desktop-en"])
def test_a_post_with_three_links_waits_until_a_moderator_approves_it(windows: Windows, look: str) -> None:
    writer, staff, keeper, stranger = (windows.open(one) for one in (look, "desktop-en", look, look))
    title = f"Three sources on creep of zircaloy {look}"
    sign_in(staff, "staff")
    sign_up(writer, staff, f"links-{look}", "新来的 Newcomer")
    writer.goto("/new?place=materials/general")
    writer.fill("input[name=title]", title)
    writer.fill("textarea[name=body]", TEXT)
    writer.locator("main button[data-busy]").last.click()
    writer.wait_for_url(lambda url: "/new" not in url and "/threads" not in url)
    expect(writer.locator("main")).to_contain_text(title)
    assert not scrolls_sideways(writer)
    stranger.goto("/communities/materials?view=latest")
    expect(stranger.locator("main")).not_to_contain_text(title)

    sign_in(keeper, "moderator")
    keeper.goto("/moderation")
    keeper.locator("li.row, li", has_text=title).last.locator("a[href^='/moderation/']").last.click()
    expect(keeper.locator("main")).to_contain_text(title)
    assert not scrolls_sideways(keeper)
    keeper.locator("input[name=outcome][value=approve]").check()
    keeper.locator("main form button[type=submit].primary").click()
    keeper.wait_for_load_state()
    stranger.reload()
    expect(stranger.locator("main")).to_contain_text(title)
    writer.goto("/notifications")
    expect(writer.locator("main")).to_contain_text(title)

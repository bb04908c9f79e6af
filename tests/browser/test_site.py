"""The site stands in a real browser: every look of it, signed in and not."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Windows, scrolls_sideways, sign_in

OPEN = (
    "/",
    "/communities",
    "/communities/materials",
    "/communities/experts",
    "/tags",
    "/people",
    "/sign-in",
    "/sign-up",
)
SIGNED_IN = ("/", "/new", "/drafts", "/files", "/bookmarks", "/notifications", "/settings", "/settings/account")


def test_what_everybody_may_open_fits_the_window(page: Page) -> None:
    for path in OPEN:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        expect(page.locator("h1").first).to_be_visible()
        assert not scrolls_sideways(page), path


def test_what_members_open_fits_the_window(page: Page) -> None:
    sign_in(page, "member")
    for path in SIGNED_IN:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert not scrolls_sideways(page), path


@pytest.mark.parametrize("page", ["phone-zh", "desktop-en"], indirect=True)
def test_a_thread_is_read_from_the_list(page: Page) -> None:
    page.goto("/communities/materials")
    page.locator("main a[href^='/threads/']").first.click()
    expect(page.locator("article").first).to_be_visible()
    assert not scrolls_sideways(page)


TOKENS = """[...document.querySelectorAll("[name=csrf_token], meta[name=csrf-token]")]
    .map((holder) => (holder.value ?? holder.content).split(".")[0])"""


def test_form_tokens_are_everybodys_own(windows: Windows, threads: dict[str, str]) -> None:
    """What is kept ready-made for the next member holds nobody's form token."""
    seen: dict[str, set[str]] = {}
    for who in ("member", "moderator", "luo-yifan"):
        page = windows.open("desktop-zh")
        sign_in(page, who)
        seen[who] = set()
        for path in ("/", "/communities/materials", next(iter(threads.values())), "/settings", "/people/lin-wei"):
            page.goto(path)
            seen[who] |= set(page.evaluate(TOKENS))
        assert len(seen[who]) == 1, who
    assert len(set.union(*seen.values())) == len(seen)


@pytest.mark.parametrize("page", ["phone-en"], indirect=True)
def test_who_follows_is_counted_at_once(page: Page) -> None:
    sign_in(page, "english")
    page.goto("/tags")
    page.locator("main [data-row]").first.click()
    before = page.locator(".page-head .facts").inner_text()
    page.locator("form.follow button[value=watching]").first.click()
    after = str(int(before.split()[0]) + 1)
    expect(page.locator(".page-head .facts")).to_contain_text(after)
    page.goto("/communities/materials")
    followers = page.locator(".glance div", has_text="Followers").locator("dd")
    count = int(followers.inner_text().replace(",", ""))
    others = "normal" if page.locator("form.follow > button[value=watching]").count() == 0 else "watching"
    page.locator("form.follow summary").click()
    page.locator(f"form.follow .menu-panel button[value={others}]").click()
    expect(followers).to_have_text(str(count + (1 if others == "watching" else -1)))

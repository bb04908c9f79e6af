"""Everything that matters works in a browser that runs no script."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Windows, sign_in


def plain(windows: Windows, who: str, look: str = "phone-zh") -> Page:
    page = windows.open(look, java_script_enabled=False)
    sign_in(page, who)
    return page


def test_reading_needs_no_script(windows: Windows, threads: dict[str, str]) -> None:
    page = windows.open("phone-en", java_script_enabled=False)
    page.goto("/communities/materials")
    page.locator("main .row-title a").first.click()
    expect(page.locator("#post-1 .prose")).to_be_visible()
    formulas = next(url for title, url in threads.items() if title.startswith("六轴力控打磨"))
    page.goto(formulas)
    expect(page.locator(".math").first).to_be_visible()
    assert "v_n" in page.locator(".math").first.inner_text()


def test_posting_editing_and_voting_need_no_script(windows: Windows) -> None:
    page = plain(windows, "member")
    page.goto("/new?place=materials/general")
    page.check("input[name=kind][value=question]")
    page.fill("input[name=title]", "不用脚本也能发帖")
    page.fill("textarea[name=body]", "**正文**")
    page.click("[data-plain-preview]")
    expect(page.locator(".plain-preview strong")).to_have_text("正文")
    assert page.locator("textarea[name=body]").input_value() == "**正文**"
    page.locator("details.disclosure summary").click()
    page.fill("[name=poll_question]", "能用吗？")
    page.fill("[name=poll_options]", "能\n不能")
    page.locator("main button[data-busy]").click()
    expect(page).to_have_url(re.compile(r"/threads/\d+-"))
    address = page.url

    page.locator(".poll input[name=option]").first.check()
    page.locator(".poll button").click()
    expect(page.locator(".poll .poll-option.is-mine")).to_contain_text("100 %")

    page.fill("#reply textarea", "*先看一眼*")
    page.click("#reply [data-plain-preview]")
    expect(page.locator("#reply .plain-preview em")).to_have_text("先看一眼")
    page.locator("#reply button[data-busy]").click()
    expect(page.locator("#post-2 .prose")).to_contain_text("先看一眼")

    page.locator("#post-2 .post-tools details.menu summary").click()
    page.locator("#post-2 a[href$='/edit']").click()
    page.fill("textarea[name=body]", "改过了")
    page.fill("input[name=reason]", "说清楚些")
    page.locator("main button[data-busy]").click()
    expect(page.locator("#post-2 .prose")).to_have_text("改过了")

    other = plain(windows, "english", "desktop-en")
    other.goto(address)
    other.locator("#post-1 .reactions details.menu summary").click()
    other.locator("#post-1 .reactions [formaction$='/insight']").click()
    expect(other.locator("#post-1 .reactions button.reaction[aria-pressed=true]")).to_contain_text("1")
    other.goto(address)
    other.locator("form.follow button[name=level]").first.click()
    expect(other.locator("form.follow button[value=watching][aria-pressed=true]")).to_be_attached()
    other.locator("form.bookmark button").click()
    expect(other.locator("form.bookmark button")).to_have_attribute("aria-pressed", "true")


def test_language_and_theme_need_no_script(windows: Windows) -> None:
    page = windows.open("desktop-en", java_script_enabled=False)
    page.goto("/communities/materials?tab=unanswered")
    page.locator(".topbar button[name=lang]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    assert page.url.endswith("/communities/materials?tab=unanswered")
    page.locator(".footer button[name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url.endswith("/communities/materials?tab=unanswered")

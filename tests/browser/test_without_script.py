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


def test_an_alliance_is_founded_and_joined_without_script(windows: Windows) -> None:
    page = plain(windows, "xu-zhaoming")
    page.goto("/alliances/new?template=innovation")
    page.check("[name=party][value^=organisation] >> nth=0")
    page.fill("[name=name]", "不用脚本的联盟")
    page.fill("[name=summary]", "用最旧的浏览器也能发起。")
    page.check("[name=sectors][value=materials]")
    page.locator("main .button.primary").click()
    page.locator(".next-steps a[href$='/opening']").click()
    page.locator("main form[action$='/opening'] button").click()
    expect(page.locator(".signed-words")).to_contain_text("1/3")
    address = page.url

    other = plain(windows, "duan-lili", "desktop-en")
    other.goto(address)
    other.locator("main a.button.primary[href$='/join']").click()
    for answer in other.locator("textarea[name$='-answer']").all():
        answer.fill("One engineer, one week a month.")
    other.check("[name=accepted]")
    other.locator("main form[action*='/join'] button").click()
    expect(other).to_have_url(re.compile(r"/applications/\d+"))
    other.goto(address + "/join")
    expect(other.locator("[name=party] option[value^=organisation]")).to_have_count(0)


def test_a_member_votes_without_script(windows: Windows) -> None:
    page = plain(windows, "member")
    page.goto("/alliances")
    page.locator("main .row", has_text=re.compile("钙钛矿光伏|Perovskite Photo")).locator(".row-title a").first.click()
    page.locator("main .rows .row", has_text="章程第 2 版").locator("a").first.click()
    page.check("[name=stance][value=yes]")
    page.locator("main form[action*='/ballot'] button").click()
    expect(page.locator(".flash.success")).to_be_visible()
    expect(page.locator("[name=stance][value=yes]")).to_be_checked()


def test_language_and_theme_need_no_script(windows: Windows) -> None:
    page = windows.open("desktop-en", java_script_enabled=False)
    page.goto("/communities/materials?tab=unanswered")
    page.locator(".topbar button[name=lang]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    assert page.url.endswith("/communities/materials?tab=unanswered")
    page.locator(".footer button[name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url.endswith("/communities/materials?tab=unanswered")

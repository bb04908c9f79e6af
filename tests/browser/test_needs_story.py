"""Scenario 15, as two people live it: an anonymous need, a listing that fits it, an answer, and two names."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Windows, scrolls_sideways, sign_in

FIRM, PROVIDER = "tom-baker", "moderator"
OFFER = "X 射线光电子能谱仪 XPS（带氩团簇深度剖析）"
NEED = "钙钛矿薄膜的 XPS 深度剖析 {look}"
SHORT = "为钙钛矿薄膜做 XPS 深度剖析，带氩团簇，全程不见空气，六片样品。"
TRIES = 30


def post_anonymously(page: Page, look: str) -> str:
    """Write the need and publish it; its address."""
    page.goto("/needs/new?title=" + NEED.format(look=look))
    meter = page.locator(".quality-live .quality-score strong").first
    before = meter.inner_text()
    page.locator("[name=kind][value=testing]").check()
    page.fill("[name=teaser]", SHORT)
    page.locator("[name=sectors][value=materials]").check()
    expect(meter).not_to_have_text(before)
    page.fill("[name=problem]", "The details that the firm keeps to itself.")
    page.locator("[name=visibility][value=anonymous]").check()
    assert not scrolls_sideways(page)
    page.locator("button.primary[name=then][value=publish]").click()
    expect(page).to_have_url(re.compile(r"/needs/\d+-"))
    return page.url


def wait_for(page: Page, selector: str, **having: str) -> None:
    """Search learns of what was published within seconds; until then the page is asked again."""
    for _try in range(TRIES):
        if page.locator(selector, **having).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"{selector} {having} never came: {page.locator('main').inner_text()}")


@pytest.mark.parametrize("look", ["desktop-zh", "phone-en"])
def test_a_firm_finds_help_without_showing_its_name(windows: Windows, look: str) -> None:
    firm, provider, stranger = windows.open(look), windows.open(look), windows.open(look)
    sign_in(firm, FIRM)
    sign_in(provider, PROVIDER)
    name = (firm.locator(".who strong").first.text_content() or "").strip()
    assert name
    need = post_anonymously(firm, look)
    path = need.removeprefix(windows.site.url)
    wait_for(firm, ".matches .row", has_text=OFFER)
    row = firm.locator(".matches .row", has_text=OFFER)
    expect(row.locator(".reasons")).to_contain_text("XPS")
    assert not scrolls_sideways(firm)

    provider.goto(row.locator("a").first.get_attribute("href") or "")
    wait_for(provider, f"main a[href='{path}']")
    expect(provider.locator("main .row", has=provider.locator(f"a[href='{path}']"))).to_contain_text("XPS")
    provider.locator(f"main a[href='{path}']").first.click()
    expect(provider.locator("h1")).to_contain_text(look)
    provider.fill("[name=message]", "We can measure six samples this month.")
    provider.select_option("[name=listing]", label=OFFER)
    provider.locator("form[action$='/answers#answers'] button.primary").click()
    expect(provider.locator("#answers .answer")).to_contain_text("six samples")
    for page in (provider, stranger):
        page.goto(need)
        text = page.locator("main").inner_text()
        assert name not in text
        assert "keeps to itself" not in text

    firm.reload()
    answer = firm.locator(".answer").first
    expect(answer).to_contain_text("six samples")
    answer.locator(".decisions summary").first.click()
    answer.locator("form[action$='/acceptance'] button").click()
    expect(firm.locator(".answer.is-accepted")).to_be_visible()
    provider.reload()
    expect(provider.locator("main")).to_contain_text(name)
    provider.locator("form[action$='/reading'] button").click()
    expect(provider.locator("#full")).to_contain_text("keeps to itself")
    provider.locator(".answer a[href^='/conversations/']").click()
    provider.fill("[name=body]", "When do the samples arrive?")
    provider.locator("form[action$='/messages#end'] button").first.click()
    expect(provider.locator(".message").last).to_contain_text("When do the samples arrive?")
    stranger.reload()
    assert name not in stranger.locator("body").inner_text()
    firm.goto("/notifications")
    expect(firm.locator("main")).to_contain_text(look)


@pytest.mark.parametrize("look", ["phone-zh"])
def test_a_need_is_posted_and_answered_without_script(windows: Windows, look: str) -> None:
    firm = windows.open(look, java_script_enabled=False)
    sign_in(firm, FIRM)
    firm.goto("/needs/new")
    firm.fill("[name=title]", "中药蒸制在线近红外")
    firm.fill("[name='targets-0-quantity']", "水分")
    firm.fill("[name='targets-0-value']", "±0.5 %")
    firm.locator("button[name=more]").click()
    expect(firm.locator(".target-row")).to_have_count(6)
    firm.locator("button[name=preview]").click()
    expect(firm.locator("#preview")).to_contain_text("±0.5 %")
    expect(firm.locator("#preview .quality-score")).to_be_visible()
    firm.locator("button.primary[name=then][value=publish]").click()
    expect(firm.locator(".error-summary")).to_be_visible()
    firm.fill("[name=teaser]", "三个品种，水分和指标成分同步验证。")
    firm.locator("button.primary[name=then][value=publish]").click()
    expect(firm).to_have_url(re.compile(r"/needs/\d+-"))
    provider = windows.open(look, java_script_enabled=False)
    sign_in(provider, PROVIDER)
    provider.goto(firm.url)
    provider.fill("[name=message]", "可以。")
    provider.locator("form[action$='/answers#answers'] button.primary").click()
    expect(provider.locator("#answers .answer")).to_contain_text("可以。")
    assert not scrolls_sideways(provider)

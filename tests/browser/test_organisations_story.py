"""Scenarios 1 and 17, as three people live them: a firm's page, a colleague who edits it, and somebody who cannot."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Windows, scrolls_sideways, sign_in

FOUNDER, COLLEAGUE, OTHER, STEWARD = "xu-zhaoming", "moderator", "tom-baker", "staff"


def found(page: Page, name: str) -> str:
    """Found a firm by its form; the path of its page."""
    page.goto("/organisations/new")
    page.locator("main a[href$='kind=firm']").click()
    page.fill("[name=name]", name)
    page.locator("[name=sub_kinds][value=high-tech-firm]").check()
    page.fill("[name=region]", "宁波")
    page.locator("[name=sectors][value=materials]").check()
    page.fill("[name=code]", "91330200MA2AAAAA01")
    page.locator("main .button.primary").click()
    expect(page.locator("#code-error")).to_be_visible()
    expect(page.locator("[name=name]")).to_have_value(name)
    page.fill("[name=code]", "")
    page.locator("main .button.primary").click()
    if page.locator("[name=is_other]").count():
        page.locator("[name=is_other]").click()
    expect(page).to_have_url(re.compile(r"/organisations/[a-z0-9-]+$"))
    expect(page.locator("h1")).to_have_text(name)
    assert not scrolls_sideways(page)
    return page.url.partition("/organisations/")[2]


@pytest.mark.parametrize("look", ["phone-zh", "desktop-en"])
def test_a_colleague_edits_the_firms_page_and_nobody_else(windows: Windows, look: str) -> None:
    founder, colleague, other = windows.open(look), windows.open(look), windows.open(look)
    for page, who in ((founder, FOUNDER), (colleague, COLLEAGUE), (other, OTHER)):
        sign_in(page, who)
    path = "/organisations/" + found(founder, f"海岳膜材 {look}")

    colleague.goto(path)
    colleague.locator("#joining summary").click()
    colleague.fill("[name=message]", "我在镀膜组。")
    colleague.locator("#joining .button.solid").click()
    expect(colleague.locator(".flash.success")).to_be_visible()

    founder.goto(path + "/people")
    expect(founder.locator("#asked")).to_contain_text("我在镀膜组。")
    assert not scrolls_sideways(founder)
    founder.locator("#asked select[name=role]").select_option("editor")
    founder.locator("#asked [name=decision][value=accept]").click()
    expect(founder.locator("#asked")).to_have_count(0)

    colleague.goto(path + "/edit")
    colleague.fill("[name=about]", "阻隔膜，**小批量**。")
    colleague.locator("main .form-foot .button").click()
    expect(colleague.locator("main .prose strong")).to_have_text("小批量")

    other.goto(path)
    expect(other.locator("main .prose strong")).to_have_text("小批量")
    expect(other.locator(f"main a[href='{path}/edit']")).to_have_count(0)
    answer = other.goto(path + "/edit")
    assert answer is not None
    assert answer.status == 403


@pytest.mark.parametrize("look", ["phone-en", "desktop-zh"])
def test_the_directory_shows_what_was_checked_by_whom(windows: Windows, look: str) -> None:
    page = windows.open(look)
    page.goto("/organisations")
    page.select_option("[name=sector]", "bio")
    page.select_option("[name=asserted]", "document")
    page.locator(".directory-search .button").click()
    expect(page.locator(".rows .row")).not_to_have_count(0)
    page.locator(".rows .row a", has_text=re.compile("Chenghu|澄湖")).click()
    expect(page.locator(".margin")).to_contain_text("周明远")
    assert not scrolls_sideways(page)


def test_the_staff_convert_a_wrong_kind_and_the_log_says_why(windows: Windows) -> None:
    keeper = windows.open("desktop-en")
    sign_in(keeper, STEWARD)
    keeper.goto("/organisations/woshui-institute-of-herbal-processing/staff")
    keeper.select_option("#kind-kind", "provider")
    keeper.fill("#kind-note", "Registered as a service body.")
    keeper.locator("#kind .button").click()
    expect(keeper.locator(".flash.success")).to_be_visible()
    keeper.goto("/log")
    expect(keeper.locator("main")).to_contain_text("Registered as a service body.")

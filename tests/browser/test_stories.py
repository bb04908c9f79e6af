"""From signing up to the accepted answer and the readable difference, as two people live it."""

import re
from io import BytesIO

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser.conftest import Windows, scrolls_sideways, sign_in

PASSWORD = "four plain words together"
TEXTS = {
    "zh": ("涂布后面密度一侧偏低 {look}", "上午正常，下午偏低。", "先查唇口温度，两侧差 1 ℃ 就够了。", "更正单位"),
    "en": (
        "Areal weight is low on one side {look}",
        "Right in the morning.",
        "Look at the lips first.",
        "Unit corrected",
    ),
}


def picture() -> bytes:
    drawn = Image.new("RGB", (640, 360), "#eeeae0")
    ImageDraw.Draw(drawn).line([(20, 300), (300, 200), (620, 40)], fill="#a93226", width=6)
    stored = BytesIO()
    drawn.save(stored, "PNG")
    return stored.getvalue()


def sign_up(page: Page, staff: Page, handle: str, name: str) -> None:
    """Join, take the link out of the outbox as staff do, confirm, sign in."""
    page.goto("/sign-up")
    page.fill("input[name=display_name]", name)
    page.fill("input[name=handle]", handle)
    page.fill("input[name=email]", f"{handle}@example.org")
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/check-mail")
    staff.goto("/staff/outbox")
    staff.locator("[data-row]", has_text=f"{handle}@example.org").first.locator("a").first.click()
    link = staff.locator(".mail-text a", has_text="/confirm/").first.get_attribute("href")
    assert link is not None
    page.goto(link)
    page.locator("main form button[type=submit]").click()
    page.wait_for_load_state()
    if page.locator(".topbar .menu summary").count() == 0:
        page.goto("/sign-in")
        page.fill("input[name=name]", handle)
        page.fill("input[name=password]", PASSWORD)
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.mark.parametrize("look", ["desktop-zh", "phone-zh", "desktop-en", "phone-en"])
def test_a_question_finds_its_answer(windows: Windows, look: str) -> None:
    title, body, answer, reason = TEXTS[look[-2:]]
    title = title.format(look=look)
    staff = windows.open("desktop-en")
    sign_in(staff, "staff")
    asking, helping = windows.open(look), windows.open(look)
    asker = f"asker-{look}"
    sign_up(asking, staff, asker, "新来的 Newcomer")
    sign_in(helping, "member")

    asking.goto("/new?place=materials/general")
    asking.check("input[name=kind][value=question]")
    asking.fill("input[name=title]", title)
    asking.fill("input[name=tags]", "涂布, coating")
    asking.fill("textarea[name=body]", f"{body}\n\n| h | g |\n|---|---:|\n| 8 | 182 |\n\n$Q = \\frac{{h^3}}{{12}}$\n\n")
    asking.locator("textarea[name=body]").press("End")
    with asking.expect_file_chooser() as chosen:
        asking.click("[data-tool=upload]")
    chosen.value.set_files({"name": "trend.png", "mimeType": "image/png", "buffer": picture()})
    expect(asking.locator("textarea[name=body]")).to_have_value(re.compile(r"!\[.*\]\(/files/\d+/"))
    expect(asking.locator(".upload")).to_have_count(0)
    asking.click("[data-mode=preview]")
    expect(asking.locator(".preview table td").first).to_have_text("8")
    asking.click("[data-mode=write]")
    asking.click("button[data-busy]")
    asking.wait_for_url("**/threads/*-*")
    address = asking.url
    opening = asking.locator("#post-1")
    expect(opening.locator("td", has_text="182")).to_be_visible()
    expect(opening.locator(".katex").first).to_be_visible()
    assert opening.locator("img[src*='/files/']").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert not scrolls_sideways(asking)

    answer_to(helping, address, asker=asker, answer=answer)
    follow_and_react(helping)

    asking.goto("/")
    expect(asking.locator("a[href='/notifications'] .badge:visible")).to_have_text(re.compile(r"\d"))
    asking.goto("/notifications")
    group = asking.locator(".notice-group", has_text=title)
    expect(group).to_have_class(re.compile("is-unread"))
    group.locator("a").first.click()
    asking.wait_for_url("**/threads/*")
    asking.goto("/communities/materials?tab=new")
    asking.goto(address)
    accept(asking, 2)
    expect(asking.locator("#post-2")).to_have_class(re.compile("is-accepted"))

    edit(asking, address, reason)


def answer_to(page: Page, address: str, *, asker: str, answer: str) -> None:
    """Quote the opening post, mention who asked, and send it with the keyboard."""
    page.goto(address)
    page.locator("#post-1 .post-tools details.menu summary").click()
    page.locator("#post-1 [data-quote]").click()
    box = page.locator("#reply textarea")
    expect(box).to_have_value(re.compile(rf"^> \[@{asker}\]\(/posts/\d+\)"))
    box.press("Control+End")
    page.keyboard.type(f"@{asker} {answer}")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"#post-2$"))
    expect(page.locator("#post-2 blockquote")).to_be_visible()
    expect(page.locator(f"#post-2 a[href='/people/{asker}']").first).to_be_visible()


def follow_and_react(page: Page) -> None:
    """Thank for the opening post, and follow the thread."""
    page.locator("#post-1 .reactions details.menu summary").click()
    page.locator("#post-1 .reactions [formaction$='/thanks']").click()
    expect(page.locator("#post-1 .reactions button.reaction[aria-pressed=true]")).to_contain_text("1")
    level = page.locator("form.follow button[value=watching]").first
    if not level.is_visible():
        page.locator("form.follow details.menu summary").click()
        level = page.locator("form.follow .menu-panel button[value=watching]")
    level.click()
    expect(page.locator("form.follow button[value=watching][aria-pressed=true]")).to_be_attached()


def accept(page: Page, number: int) -> None:
    """Say which reply is the answer."""
    page.locator(f"#post-{number} [formaction$='/accepted/{number}']").click()
    page.wait_for_load_state()


def edit(page: Page, address: str, reason: str) -> None:
    """Change the opening post with a reason, and read what changed."""
    page.goto(address)
    page.locator("#post-1 .post-tools details.menu summary").click()
    page.locator("#post-1 a[href$='/edit']").click()
    box = page.locator("textarea[name=body]")
    box.fill(box.input_value().replace("| 8 | 182 |", "| 8 | 182.4 |"))
    page.fill("input[name=reason]", reason)
    page.click("button[data-busy]")
    page.wait_for_url("**/threads/*")
    expect(page.locator("#post-1 td", has_text="182.4")).to_be_visible()
    page.locator("#post-1 .post-tools details.menu summary").click()
    page.locator("#post-1 .post-tools a[href$='/history']").click()
    expect(page.locator("main ins").first).to_have_text(".4")
    expect(page.locator("main")).to_contain_text(reason)
    assert not scrolls_sideways(page)


@pytest.mark.parametrize("look", ["phone-zh"])
def test_what_is_new_is_marked_and_jumped_to(windows: Windows, look: str) -> None:
    """Somebody who read a thread sees what came since, and reading it takes the mark away."""
    reading, writing = windows.open(look), windows.open("desktop-en")
    sign_in(reading, "member")
    sign_in(writing, "english")
    writing.goto("/new?place=materials/general")
    writing.check("input[name=kind][value=discussion]")
    writing.fill("input[name=title]", "What came since")
    writing.fill("textarea[name=body]", "The beginning.")
    writing.click("button[data-busy]")
    writing.wait_for_url("**/threads/*-*")
    address = writing.url

    reading.goto(address)
    with reading.expect_response("**/read"):
        reading.locator("#reply").scroll_into_view_if_needed()
    writing.fill("#reply textarea", "And then this.")
    writing.click("#reply button[data-busy]")
    writing.wait_for_url(re.compile(r"#post-2$"))

    reading.goto("/communities/materials")
    row = reading.locator("[data-row]", has_text="What came since").first
    expect(row).to_have_class(re.compile("is-unread"))
    row.locator("a.fresh").click()
    reading.wait_for_url(re.compile(r"#post-2$"))
    with reading.expect_response("**/read"):
        reading.locator("#post-2").scroll_into_view_if_needed()
    reading.goto("/communities/materials")
    expect(reading.locator("[data-row]", has_text="What came since").first).not_to_have_class(re.compile("is-unread"))

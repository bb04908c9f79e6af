"""What is being written is safe: on every device, without a connection, and sent once."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Windows, sign_in
from tests.browser.test_stories import picture


def write(page: Page, title: str, body: str) -> None:
    page.goto("/new?place=materials/general")
    page.check("input[name=kind][value=discussion]")
    page.fill("input[name=title]", title)
    page.fill("textarea[name=body]", body)


def new_thread(page: Page, title: str) -> str:
    write(page, title, "The beginning.")
    page.click("button[data-busy]")
    page.wait_for_url("**/threads/*-*")
    return page.url


def test_a_draft_goes_on_on_another_device(windows: Windows) -> None:
    desk, phone = windows.open("desktop-en"), windows.open("phone-en")
    sign_in(desk, "english")
    sign_in(phone, "english")
    address = new_thread(desk, "Begun at the desk")
    with desk.expect_response(lambda answer: answer.request.method == "PUT") as saved:
        desk.locator("#reply textarea").press_sequentially("Half a thought")
    assert saved.value.ok
    expect(desk.locator("#reply [data-state]")).to_contain_text("Saved")
    phone.goto(address)
    expect(phone.locator("#reply textarea")).to_have_value("Half a thought")
    phone.goto("/drafts")
    expect(phone.locator("main")).to_contain_text("Begun at the desk")


def test_a_cut_connection_loses_nothing(windows: Windows) -> None:
    page = windows.open("phone-zh")
    sign_in(page, "member")
    address = new_thread(page, "断线的时候")
    box, state = page.locator("#reply textarea"), page.locator("#reply [data-state]")
    words = page.locator("#reply [data-composer]").get_attribute("data-offline")
    page.context.set_offline(offline=True)
    box.press_sequentially("写到一半")
    expect(state).to_have_text(words or "", timeout=6000)
    page.context.set_offline(offline=False)
    expect(state).not_to_have_text(words or "", timeout=6000)
    page.context.set_offline(offline=True)
    box.press_sequentially("，又断了")
    expect(state).to_have_text(words or "", timeout=6000)
    page.context.set_offline(offline=False)
    page.goto("/")
    page.goto(address)
    expect(box).to_have_value("写到一半，又断了")


@pytest.mark.parametrize("page", ["desktop-en", "phone-zh"], indirect=True)
def test_two_presses_post_once(page: Page) -> None:
    sign_in(page, "english")
    address = new_thread(page, "Pressed twice")
    page.fill("#reply textarea", "Only once, please.")
    page.locator("#reply button[data-busy]").dblclick()
    page.wait_for_url(re.compile(r"#post-2$"))
    page.goto(address)
    expect(page.locator(".posts .post[id]")).to_have_count(2)
    page.fill("#reply textarea", "And by the keyboard.")
    page.locator("#reply textarea").press("Control+Enter")
    page.wait_for_url(re.compile(r"#post-3$"))
    expect(page.locator(".posts .post[id]")).to_have_count(3)
    expect(page.locator("#reply textarea")).to_have_value("")


@pytest.mark.parametrize("page", ["desktop-zh"], indirect=True)
@pytest.mark.parametrize("way", ["paste", "drop"])
def test_pasted_and_dropped_pictures_are_uploaded(page: Page, way: str) -> None:
    sign_in(page, "member")
    write(page, "图", "看图：")
    page.evaluate(
        """([bytes, way]) => {
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(bytes)], "curve.png", { type: "image/png" }));
            const box = document.querySelector("textarea[name=body]");
            const event = way === "paste"
                ? new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true })
                : new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true });
            box.dispatchEvent(event);
        }""",
        [list(picture()), way],
    )
    expect(page.locator("textarea[name=body]")).to_have_value(re.compile(r"!\[.*\]\(/files/\d+/curve"))


@pytest.mark.parametrize("page", ["phone-en"], indirect=True)
def test_a_refused_file_says_why_and_leaves_the_text(page: Page) -> None:
    sign_in(page, "english")
    write(page, "A file that is none", "Text stays.")
    with page.expect_file_chooser() as chosen:
        page.click("[data-tool=upload]")
    chosen.value.set_files({"name": "figure.png", "mimeType": "image/png", "buffer": b"MZ\x90\x00 no picture at all"})
    expect(page.locator(".upload.is-wrong .why")).to_have_text(re.compile(r"\w{3,}"))
    assert page.locator("textarea[name=body]").input_value().strip() == "Text stays."


@pytest.mark.parametrize("page", ["desktop-en"], indirect=True)
def test_an_ended_sign_in_keeps_the_text(page: Page) -> None:
    sign_in(page, "english")
    address = new_thread(page, "Signed out meanwhile")
    page.fill("#reply textarea", "Written before the session ended.")
    page.context.clear_cookies()
    page.locator("#reply button[data-busy]").click()
    page.wait_for_load_state()
    sign_in(page, "english")
    page.goto(address)
    expect(page.locator("#reply textarea")).to_have_value("Written before the session ended.")

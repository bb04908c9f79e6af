"""Pages that stay open, and what can be read without a network, and by whom no more."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from seeds.town import PASSWORD
from tests.browser.conftest import PEOPLE, Windows, sign_in, until

WORDS = {"zh": ("没有网络", "您写的内容已保存"), "en": ("No network", "What you wrote is kept")}

MET = "async (reader) => (await (await caches.match('/reader', { cacheName: 'state' }))?.text()) === reader"
SHOWN = """async (title) => {
  const shown = await (await navigator.serviceWorker.ready).getNotifications();
  return shown.map((one) => one.title).join() === title;
}"""


def worked(page: Page) -> None:
    """Wait until the service worker serves the page; one that was on its way while it began is not its own."""
    until(page, "async () => (await navigator.serviceWorker.ready).active.state === 'activated'")
    page.reload()
    until(page, "() => navigator.serviceWorker.controller !== null")


def kept(page: Page, count: int) -> None:
    """Wait until so many pages are kept."""
    until(page, "async (count) => (await (await caches.open('kept')).keys()).length === count", count)


@pytest.mark.parametrize(("look", "who"), [("phone-zh", "member"), ("desktop-en", "english")])
def test_what_was_read_opens_without_a_network_until_its_reader_signs_out(
    windows: Windows, threads: dict[str, str], look: str, who: str
) -> None:
    no_network, is_kept = WORDS[look[-2:]]
    page = windows.open(look, service_workers="allow")
    addresses = list(threads.values())
    sign_in_anew(page, who)
    worked(page)
    page.goto(addresses[0])
    title = page.locator("h1").inner_text()
    kept(page, 1)
    page.context.set_offline(True)
    page.goto(addresses[0])
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator(".kept-note")).to_be_visible()
    page.fill("#reply textarea", "Written where there is no network.")
    page.locator("#reply form button[type=submit]:visible, #reply form button.primary:visible").last.click()
    expect(page.locator(".toast")).to_contain_text(is_kept)
    page.goto(addresses[1])
    expect(page.locator("h1")).to_have_text(no_network)
    assert page.locator("[data-again]").get_attribute("href").endswith(addresses[1]), "trying again leads where one was"
    page.get_by_role("link", name=title).click()
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator("#reply textarea")).to_have_value("Written where there is no network.")
    page.context.set_offline(False)
    expect(page.locator(".kept-note")).to_have_count(0)  # the page loads itself anew
    page.goto("/")
    page.locator(".topbar details.menu summary").last.click()
    page.locator("form[action='/sign-out'] button:visible").click()
    page.wait_for_load_state()
    kept(page, 0)
    page.context.set_offline(True)
    page.goto(addresses[0])
    expect(page.locator("h1")).to_have_text(no_network)
    expect(page.locator("[data-kept-list] li")).to_have_count(0)


def sign_in_anew(page: Page, who: str) -> None:
    """With a session of its own, which the test may end."""
    page.goto("/sign-in")
    page.fill("input[name=name]", PEOPLE[who])
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def test_an_open_page_learns_of_a_reply_and_shows_it(windows: Windows, threads: dict[str, str]) -> None:
    """The reader does not reload; the clock of the page is moved instead of waiting."""
    address = list(threads.values())[2]
    reader, writer = windows.open("phone-zh"), windows.open("desktop-en")
    sign_in(reader, "member")
    sign_in(writer, "english")
    reader.clock.install()
    reader.goto(address)
    before = reader.locator("[data-posts] .post[id]").count()
    expect(reader.locator(".live-note a")).to_be_hidden()
    writer.goto(address)
    writer.fill("#reply textarea", "The page that is open learns of this.")
    writer.locator("#reply form button[type=submit]:visible, #reply form button.primary:visible").last.click()
    writer.wait_for_url(re.compile(r"#post-\d+$"))
    reader.clock.run_for(20_000)
    expect(reader.locator(".live-note a")).to_have_text("显示 1 条新回复")
    reader.locator(".live-note a").click()
    expect(reader.locator("[data-posts] .post[id]")).to_have_count(before + 1)
    expect(reader.locator("[data-posts] .post[id]").last).to_contain_text("The page that is open learns of this.")
    expect(reader.locator(".live-note a")).to_be_hidden()


def test_what_is_pushed_is_shown_and_not_to_somebody_else(windows: Windows) -> None:
    """The push service is left out: the browser is handed what it would have brought and opened."""
    page = windows.open("desktop-en", service_workers="allow", permissions=["notifications"])
    sign_in(page, "english")
    page.goto("/settings/notices")
    worked(page)
    reader = page.locator("meta[name=reader]").get_attribute("content")
    tools = page.context.new_cdp_session(page)
    found: list[dict[str, str]] = []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    tools.send("ServiceWorker.enable")
    until(page, MET, reader)
    for _turn in range(200):
        if found:
            break
        page.evaluate("new Promise((turn) => requestAnimationFrame(turn))")
    for whose, title in (("0", "Not for you"), (reader, "Somebody answered you")):
        told = {"title": title, "body": "Copper", "url": "/", "tag": f"to {whose}", "lang": "en", "reader": whose}
        message = {"origin": windows.site.url, "registrationId": found[-1]["registrationId"], "data": json.dumps(told)}
        tools.send("ServiceWorker.deliverPushMessage", message)
    until(page, SHOWN, "Somebody answered you")

"""Ways in beside the password, as people go them: a passkey of the device, an app's codes, the university's account."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import look_of, scrolls_sideways
from tests.institution import CLIENT, SECRET
from tests.live import free_port, live_site

PASSWORD = "a walk along the river"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site that is reached by a name, as passkeys need it, and an institution beside it."""
    port = free_port()
    with live_site(tmp_path_factory.mktemp("signing")) as site:
        url = f"http://localhost:{site.port}"
        provider = {
            "slug": "uni",
            "name_zh": "临江大学",
            "name_en": "Linjiang University",
            "issuer": f"http://localhost:{port}",
            "client_id": CLIENT,
            "client_secret": SECRET,
        }
        site.environment |= {"GUILDHALL_BASE_URL": url, "GUILDHALL_OIDC_PROVIDERS": json.dumps([provider])}
        made = site.command("admin", "create", "keeper@example.cn", "--handle", "keeper-one", "--password", PASSWORD)
        assert made.returncode == 0, made.stderr
        callback = f"{url}/sign-in/with/uni/callback"
        institution = subprocess.Popen([sys.executable, "-m", "tests.institution", str(port), callback])
        site.start(workers=1)
        yield url
        institution.kill()
        institution.wait(10)


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """A window, in English."""
    made = browser.new_context(base_url=address, **look_of("phone-en"))
    made.set_default_timeout(15_000)
    yield made
    made.close()


def device(page: Page) -> Callable[[bool], None]:
    """A device with a finger on it; what is returned lifts the finger, or lays it on again."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def touch(is_on: bool) -> None:  # noqa: FBT001 - a finger is on or off
        known = {"authenticatorId": made["authenticatorId"], "enabled": is_on}
        session.send("WebAuthn.setAutomaticPresenceSimulation", known)

    return touch


def by_password(page: Page) -> None:
    page.goto("/sign-in")
    page.fill("[name=name]", "keeper-one")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))
    if page.locator(".topbar button[name=lang][value=en]").count():
        page.locator(".topbar button[name=lang]").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_passkey_opens_the_account_and_stands_in_for_the_code(context: BrowserContext) -> None:
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    touch = device(page)
    by_password(page)
    page.goto("/settings/security")
    assert not scrolls_sideways(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.fill("[name=name]", "Phone")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.locator(".flash.success")).to_contain_text("The passkey is added")
    page.get_by_role("link", name="Set up an authenticator app").click()
    assert not scrolls_sideways(page)
    secret = page.locator(".secret code").inner_text().replace(" ", "")
    page.fill("[name=name]", "Pixel")
    page.fill("[name=code]", pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Add the app").click()
    expect(page.locator(".codes code")).to_have_count(10)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as a file").click()
    assert page.locator(".codes code").first.inner_text() in Path(saved.value.path()).read_text(encoding="utf-8")
    page.get_by_role("link", name="I have kept them").click()
    context.clear_cookies()
    page.goto("/sign-in", wait_until="commit")  # the browser offers the passkey in the field itself, and it is chosen
    page.wait_for_url(re.compile(r"/$"))
    expect(page.locator(".menu-panel .who")).to_contain_text("@keeper-one")
    context.clear_cookies()
    touch(False)
    by_password(page)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    touch(True)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator(".menu-panel .who")).to_contain_text("@keeper-one")
    assert faults == []


def test_a_university_account_signs_in_and_carries_its_badge(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/sign-in?next=/people/wang-fang")
    page.get_by_role("link", name="Sign in with Linjiang University").click()
    page.get_by_role("link", name="teacher").click()
    expect(page.get_by_role("heading", name="Welcome from Linjiang University")).to_be_visible()
    assert not scrolls_sideways(page)
    page.fill("[name=handle]", "wang-fang")
    page.get_by_role("button", name="Join the house").click()
    expect(page.locator("main")).to_contain_text("Signs in with an account of 临江大学")
    context.clear_cookies()
    page.goto("/sign-in?next=/people/wang-fang")
    page.get_by_role("link", name="Sign in with Linjiang University").click()
    page.get_by_role("link", name="teacher").click()
    page.wait_for_url("**/people/wang-fang")
    expect(page.locator(".menu-panel .who")).to_contain_text("@wang-fang")

"""A real server with the demo town, and a real browser that looks at it: wide and narrow, in Chinese and in English."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from seeds.town import MEMBER, MODERATOR, PASSWORD, STEWARD
from tests.conftest import need

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ON_A_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
SIZES = {"desktop": (1280, 900), "phone": (375, 812)}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
LOOKS = tuple(f"{size}-{language}" for size in SIZES for language in LANGUAGES)
PEOPLE = {"member": MEMBER, "moderator": MODERATOR, "staff": STEWARD}
STARTS_WITHIN = 120.0
expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker takes all of these, so that there is one server and one browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@dataclass(frozen=True, slots=True)
class Site:
    """Where the server is, and where its data lie."""

    url: str
    data: Path
    environment: dict[str, str]

    def guildhall(self, *words: str) -> str:
        """Run a command on the same data; what it printed."""
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "guildhall", *words],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_up(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/sign-in", timeout=5).close()  # noqa: S310 - our own server
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"The server did not come up:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site as `guildhall serve` runs it, with the demo town in it."""
    data = tmp_path_factory.mktemp("site")
    url = f"http://127.0.0.1:{_free_port()}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GUILDHALL_")},
        "GUILDHALL_DATA": str(data),
        "GUILDHALL_BASE_URL": url,
        "GUILDHALL_RATE_LIMITS": "false",
        "GUILDHALL_LOG_REQUESTS": "false",
    }
    made = Site(url, data, environment)
    made.guildhall("db", "upgrade")
    made.guildhall("seed", "demo")
    log = data / "server.log"
    with log.open("wb") as out:
        server = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "guildhall", "serve", "--port", url.rpartition(":")[2], "--workers", "1"],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_up(server, url, log)
        yield made
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _found_browser() -> str | None:
    named = os.environ.get("GUILDHALL_TEST_BROWSER")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    return found or (ON_A_MAC if Path(ON_A_MAC).exists() else None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as this machine has it."""
    executable = _found_browser()
    need("browser", found=executable is not None)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture(params=LOOKS)
def page(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Page]:
    """A fresh window, once for each look; a fault in a script, or one that the CSP stopped, fails the test.

    A test that needs fewer looks says so: `@pytest.mark.parametrize("page", ["phone-zh"], indirect=True)`.
    """
    size, _dash, language = request.param.partition("-")
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": width, "height": height},
        locale=LANGUAGES[language],
        timezone_id="Asia/Shanghai",
        has_touch=size == "phone",
        is_mobile=size == "phone",
        reduced_motion="reduce",
    )
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    yield opened
    context.close()
    assert [line for line in faults if not line.startswith("Failed to load resource")] == []


def sign_in(page: Page, who: str) -> None:
    """Go through the form as one of the demo town's people: member, moderator or staff."""
    page.goto("/sign-in")
    page.fill("input[name=name]", PEOPLE[who])
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def scrolls_sideways(page: Page) -> bool:
    """Whether anything sticks out of the window."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide

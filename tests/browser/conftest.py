"""A real server with the demo town, and a real browser that looks at it: wide and narrow, in Chinese and in English."""

import json
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
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from seeds.town import MEMBER, MODERATOR, PASSWORD, STEWARD
from tests.makers.machine import need

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ON_A_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
SIZES = {"desktop": (1280, 900), "phone": (375, 812)}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
LOOKS = tuple(f"{size}-{language}" for size in SIZES for language in LANGUAGES)
PEOPLE = {"member": MEMBER, "english": "tom-baker", "moderator": MODERATOR, "staff": STEWARD}
STARTS_WITHIN = 120.0
SESSION = "guildhall"
DONE = """async () => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const waiting = () => [
    ...all(".math:not(.is-set, .is-wrong), [data-composer]:not([data-ready])"),
    ...all(".prose pre").filter((code) => code.scrollWidth > code.clientWidth && code.tabIndex !== 0),
    ...all("link[rel=stylesheet]").filter((link) => !link.sheet),
    ...all("img:not([loading=lazy])").filter((image) => !image.complete),
  ];
  const until = performance.now() + 10000;
  do {
    await document.fonts.ready;
    await new Promise((turn) => requestAnimationFrame(() => setTimeout(turn)));
    if (performance.now() > until) throw new Error(`never done: ${waiting()[0]?.outerHTML}`);
  } while (document.readyState !== "complete" || waiting().length);
}"""
UNTIL = """async (arg) => {
  const until = performance.now() + 30000;
  while (!(await (WHAT)(arg))) {
    if (performance.now() > until) throw new Error("never true");
    await new Promise((turn) => setTimeout(turn, 50));
  }
}"""
expect.set_options(timeout=20_000)
_sessions: dict[str, Any] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They need Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True, slots=True)
class Site:
    """Where the server is, and where its data lie."""

    url: str
    data: Path
    environment: dict[str, str]

    def guildhall(self, *words: str, check: bool = True) -> str:
        """Run a command on the same data; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "guildhall", *words],
            cwd=ROOT,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        assert done.returncode == 0 or not check, said
        return said

    def listed(self, path: str) -> list[dict[str, Any]]:
        """All items of a list of the API, page after page."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            address = f"{self.url}{path}?limit=100{cursor}"
            with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own server
                page = json.load(answer)
            items += page["items"]
            if not page["next"]:
                return items
            cursor = f"&cursor={page['next']}"


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
        "GUILDHALL_APPROVE_FIRST": "0",  # stories begin with newcomers; what waits has a story of its own
        "GUILDHALL_LOG_REQUESTS": "false",
    }
    made = Site(url, data, environment)
    made.guildhall("db", "upgrade")
    made.guildhall("seed", "demo")
    log = data / "server.log"
    with log.open("wb") as out:
        server, worker = (
            subprocess.Popen(
                [sys.executable, "-m", "guildhall", *words],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            for words in (("serve", "--port", url.rpartition(":")[2], "--workers", "1"), ("worker",))
        )
    try:
        _wait_until_up(server, url, log)
        yield made
    finally:
        for process in (worker, server):
            process.terminate()
        for process in (worker, server):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


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


def look_of(look: str) -> dict[str, Any]:
    """What a browser is told for a look such as `phone-zh`."""
    size, _dash, language = look.partition("-")
    width, height = SIZES[size]
    return {
        "viewport": {"width": width, "height": height},
        "locale": LANGUAGES[language],
        "timezone_id": "Asia/Shanghai",
        "has_touch": size == "phone",
        "is_mobile": size == "phone",
        "reduced_motion": "reduce",
        "service_workers": "block",  # what a test before kept shall not answer; those of them that matter allow it
    }


class Windows:
    """Opens windows of a look, each with cookies of its own, and keeps what went wrong in them."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser = browser
        self.site = site
        self.contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def open(self, look: str = "desktop-en", **options: Any) -> Page:
        """A fresh window; `options` are those of Playwright's contexts."""
        context = self.browser.new_context(base_url=self.site.url, **{**look_of(look), **options})
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if line.type == "error" else None)
        return page

    def close(self) -> None:
        """Close them all; a fault in a script, or one that the CSP stopped, fails the test."""
        for context in self.contexts:
            context.close()
        assert [line for line in self.faults if not line.startswith("Failed to load resource")] == []


@pytest.fixture
def windows(browser: Browser, site: Site) -> Iterator[Windows]:
    """For tests that need more than one window, or a special one."""
    made = Windows(browser, site)
    yield made
    made.close()


@pytest.fixture(params=LOOKS)
def page(request: pytest.FixtureRequest, windows: Windows) -> Page:
    """A fresh window, once for each look.

    A test that needs fewer looks says so: `@pytest.mark.parametrize("page", ["phone-zh"], indirect=True)`.
    """
    return windows.open(request.param)


@pytest.fixture(scope="session")
def threads(site: Site) -> dict[str, str]:
    """Addresses of some threads of the demo town by the beginning of their titles."""
    return {thread["title"]: thread["url"].removeprefix(site.url) for thread in site.listed("/api/v1/threads")}


def sign_in(page: Page, who: str) -> None:
    """Be one of the demo town's people: member, english, moderator, staff, or by handle.

    They go through the form once in a run; other windows get the session that it opened. Whatever language a test
    before left them in, the four with a name read in their own.
    """
    who = PEOPLE.get(who, who)
    if who in _sessions:
        page.context.add_cookies([_sessions[who]])
    page.goto("/sign-in")
    if "/sign-in" in page.url:
        page.fill("input[name=name]", who)
        page.fill("input[name=password]", PASSWORD)
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        kept: Any = next(cookie for cookie in page.context.cookies() if cookie.get("name") == SESSION)
        _sessions[who] = kept
    speaks = "en" if who == PEOPLE["english"] else "zh-Hans"
    if who in PEOPLE.values() and page.locator("html").get_attribute("lang") != speaks:
        page.locator(".topbar button[name=lang]").click()
        expect(page.locator("html")).to_have_attribute("lang", speaks)


def wait_until_done(page: Page) -> None:
    """Wait for what a page does once it is there: formulas, editors, blocks of code, style sheets, type, pictures."""
    page.evaluate(DONE)


def until(page: Page, what: str, arg: object = None) -> None:
    """Wait until a function of JavaScript says true; Playwright's own waiting asks by `eval`, which our CSP forbids."""
    page.evaluate(UNTIL.replace("WHAT", what), arg)


def scrolls_sideways(page: Page) -> bool:
    """Whether anything sticks out of the window."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide

"""The windows that are looked through, and how what is seen is kept."""

import os
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from seeds.people import PASSWORD
from tests.live import Site

OUT = Path(__file__).resolve().parent.parent / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LANGUAGES = {"zh": ("zh-CN", "zh_Hans"), "en": ("en-GB", "en")}
SIZES = {"desktop": (1280, 860, 1), "phone": (375, 760, 2)}
THEMES = ("light", "dark")
COLOURS = 128


def launched(language: str) -> dict[str, Any]:
    """How a browser is started whose own words are in this language too; Debian has them in `chromium-l10n`."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        raise SystemExit(f"No browser was found; install one of: {', '.join(BROWSERS)}.")
    tag = LANGUAGES[language][0]
    return {
        "executable_path": executable,
        "args": ["--no-sandbox", "--disable-gpu", f"--lang={tag}"],
        "env": {**os.environ, "LANGUAGE": tag.replace("-", "_")},
    }


def looks(browser: Browser, site: Site, language: str) -> Iterator[tuple[str, BrowserContext]]:
    """A window for each size and theme, in one language."""
    for size, (width, height, scale) in SIZES.items():
        for theme in THEMES:
            context = browser.new_context(
                base_url=site.url,
                viewport={"width": width, "height": height},
                device_scale_factor=scale,
                is_mobile=size == "phone",
                has_touch=size == "phone",
                color_scheme="dark" if theme == "dark" else "light",
                locale=LANGUAGES[language][0],
                timezone_id="Asia/Shanghai",
                reduced_motion="reduce",
            )
            yield f"{language}-{theme}-{size}", context
            context.close()


def sign_in(context: BrowserContext, who: str) -> None:
    """Go through the form once; the cookie stays with the context."""
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("input[name=name]", who)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/")
    page.close()


def speak(context: BrowserContext, locale: str) -> None:
    """Choose the language as people do, by the switch."""
    page = context.new_page()
    page.goto("/settings/appearance")
    page.check(f"input[name=locale][value={locale}]")
    page.locator("main form button[type=submit]").click()
    page.wait_for_load_state()
    page.close()


def draw(page: Page, file: Path) -> None:
    """Wait until nothing moves, and keep the window."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready.then(() => document.activeElement?.blur())")
    keep(Image.open(BytesIO(page.screenshot(animations="disabled", caret="hide"))), file)


def keep(picture: Image.Image, file: Path) -> None:
    """As a small PNG."""
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)

"""The pictures of the papers are those of the pages in the list, and a notice can be seen as what it is."""

from typing import cast

import pytest
from PIL import Image
from playwright.sync_api import Playwright

from docs.drawing.pages import PAGES, PUSH
from docs.drawing.pushes import draw_pushes
from docs.drawing.windows import LANGUAGES, OUT, SIZES, THEMES
from tests.house.source import ROOT
from tests.house.test_colours import contrast
from tests.live import Site

GROUNDS = ("#E8E8E6", "#424242")  # of a notice that a browser draws by itself, light and dark
SEEN = 2.5


def test_every_page_has_its_pictures_and_every_picture_its_page() -> None:
    """A notice is seen on a wide screen alone: no browser draws one at the width of a phone."""
    expected = {
        f"{name}-{language}-{theme}-{size}.png"
        for name in PAGES
        for language in LANGUAGES
        for theme in THEMES
        for size in SIZES
        if (name, size) != (PUSH, "phone")
    }
    assert {file.name for file in OUT.glob("*.png")} == expected


def test_where_there_is_no_screen_to_draw_a_notice_on_it_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    draw_pushes(cast("Playwright", None), cast("Site", None))
    assert "there is no Xvfb" in capsys.readouterr().out


def test_the_badge_of_a_notice_is_seen_on_light_and_on_dark() -> None:
    """Some systems take its shape alone and colour it; the others show it as it is."""
    badge = Image.open(ROOT / "static" / "img" / "badge-96.png").convert("RGBA")
    pixels = badge.getcolors(badge.width * badge.height) or []
    drawn = {cast("tuple[int, int, int, int]", colour)[:3] for _count, colour in pixels}
    colours = [f"#{red:02X}{green:02X}{blue:02X}" for red, green, blue in drawn]
    assert all(contrast(colour, ground) >= SEEN for colour in colours for ground in GROUNDS)

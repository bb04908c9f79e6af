"""Every text colour on every ground it stands on is readable, in light and in dark (WCAG 2.2, AA)."""

import re

import pytest

from tests.house.source import ROOT

TOKENS = (ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
PAIR = re.compile(r"--([a-z-]+):\s*light-dark\(\s*(#[0-9A-Fa-f]{6})\s*,\s*(#[0-9A-Fa-f]{6})\s*\)")
COLOURS = {name: {"light": light, "dark": dark} for name, light, dark in PAIR.findall(TOKENS)}

GROUNDS = ("paper", "surface", "wash")
TEXTS = ("ink", "muted", "seal", "seal-press", "verified", "pending")
PAIRS = [
    *((text, ground) for text in TEXTS for ground in GROUNDS),
    ("on-seal", "seal"),
    ("on-seal", "seal-press"),
    ("ink", "mark"),
]
ENOUGH = 4.5
NO_TEXT = {"line", "rule"}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Between 1 and 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_is_readable(text: str, ground: str, scheme: str) -> None:
    assert contrast(COLOURS[text][scheme], COLOURS[ground][scheme]) >= ENOUGH


def test_every_colour_is_in_the_list_above() -> None:
    assert {name for pair in PAIRS for name in pair} | NO_TEXT == set(COLOURS)

"""Where people are and where they work: codes with their names in both languages, as data."""

import tomllib
from functools import cache
from pathlib import Path

from kernel.i18n import TIMEZONES

ZONES = ("UTC", *TIMEZONES)
DATA = Path(__file__).resolve().parent / "data" / "regions.toml"


def regions(locale: str) -> dict[str, str]:
    """The 34 province-level units: code to name."""
    return _names("region", locale)


def affiliation_kinds(locale: str) -> dict[str, str]:
    """What sort of house somebody works in: code to name."""
    return _names("kind", locale)


def region_name(code: str, locale: str) -> str:
    """The name of a region, or nothing."""
    return regions(locale).get(code, "")


def kind_name(code: str, locale: str) -> str:
    """The name of a kind of affiliation, or nothing."""
    return affiliation_kinds(locale).get(code, "")


@cache
def _names(section: str, locale: str) -> dict[str, str]:
    entries = tomllib.loads(DATA.read_text(encoding="utf-8"))[section]
    return {code: names["zh" if locale == "zh_Hans" else "en"] for code, names in entries.items()}

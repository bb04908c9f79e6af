"""The ten sectors of the house: slugs with their names in both languages, for people, listings and needs."""

import tomllib
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data" / "sectors.toml"


@cache
def sectors(locale: str) -> dict[str, str]:
    """Slug to name, in the order of the classification."""
    entries = tomllib.loads(DATA.read_text(encoding="utf-8"))["sector"]
    return {slug: names["zh" if locale == "zh_Hans" else "en"] for slug, names in entries.items()}


def sector_name(slug: str, locale: str) -> str:
    """The name of a sector, or nothing."""
    return sectors(locale).get(slug, "")


def is_sector(slug: str) -> bool:
    """Whether the house knows this slug."""
    return slug in sectors("en")

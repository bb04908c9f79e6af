"""The prefecture-level cities: `3301` under the province `33`, with names in both languages."""

import tomllib
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data" / "cities.toml"


@cache
def cities(locale: str) -> dict[str, str]:
    """Code to name, in the order of the standard."""
    entries = tomllib.loads(DATA.read_text(encoding="utf-8"))["city"]
    return {code: names["zh" if locale == "zh_Hans" else "en"] for code, names in entries.items()}


def cities_of(region: str, locale: str) -> dict[str, str]:
    """The cities of one province: code to name; municipalities have none."""
    return {code: name for code, name in cities(locale).items() if code.startswith(region)} if region else {}


def city_name(code: str, locale: str) -> str:
    """The name of a city, or nothing."""
    return cities(locale).get(code, "")

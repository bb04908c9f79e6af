"""The words that alliances choose from, with their names in both languages: read from `data/words.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data" / "words.toml"


def names(section: str, locale: str) -> Mapping[str, str]:
    """A section (`state`, `office`, `matter`, …): code to name, in the order of the file."""
    return _names(section, "zh" if locale.startswith("zh") else "en")


def name_of(section: str, code: str, locale: str) -> str:
    """The name of a code; one that is not known any more is shown as it is."""
    return names(section, locale).get(code, code)


@cache
def _names(section: str, language: str) -> dict[str, str]:
    return {code: entry[language] for code, entry in _entries()[section].items()}


@cache
def _entries() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))

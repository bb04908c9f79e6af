"""The words that needs and answers choose from, and which listings serve a kind of need: read from `data/`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data" / "need_words.toml"


def names(section: str, locale: str) -> Mapping[str, str]:
    """A section (`kind`, `budget`, `decline`, …): code to name, in the order of the file."""
    return _names(section, "zh" if locale.startswith("zh") else "en")


def name_of(section: str, code: str, locale: str) -> str:
    """The name of a code; one that is not known any more is shown as it is."""
    return names(section, locale).get(code, code)


def alias_name(alias: str, locale: str) -> str:
    """What the owner of an anonymous need is called: 需求方 #a3f9."""
    return f"需求方 #{alias}" if locale.startswith("zh") else f"Seeker #{alias}"


def serves(need_kind: str, listing_kind: str, service_kind: str) -> float:
    """How far a listing of this kind answers a need of that kind: 0 to 1."""
    table = _entries()["kind"].get(need_kind, {}).get("serves", {})
    return float(table.get(f"{listing_kind}/{service_kind}", table.get(listing_kind, 0.0)))


@cache
def _names(section: str, language: str) -> dict[str, str]:
    return {code: entry[language] for code, entry in _entries()[section].items()}


@cache
def _entries() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))

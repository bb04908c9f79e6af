"""What sorts of organisations there are: kinds and, under each, sub-kinds, with their names in both languages."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data" / "organisations.toml"
PATENT_FIRM = "patent-firm"


def organisation_kinds(locale: str) -> dict[str, str]:
    """Slug to name."""
    return _names("kind", locale)


def sub_kinds(locale: str) -> dict[str, str]:
    """Every sub-kind, whatever it is a part of: slug to name."""
    return _names("sub_kind", locale)


def sub_kinds_of(kind: str, locale: str) -> dict[str, str]:
    """Those that an organisation of this kind may be."""
    fitting = _data()["sub_kind"]
    return {slug: name for slug, name in sub_kinds(locale).items() if kind in fitting[slug]["of"]}


@cache
def _names(section: str, locale: str) -> dict[str, str]:
    language = "zh" if locale == "zh_Hans" else "en"
    return {slug: names[language] for slug, names in _data()[section].items()}


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))

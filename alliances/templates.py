"""What a new alliance begins with, by template: who must sign, how one joins, and a charter to start from."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from alliances.charters import LANGUAGES, SECTIONS

DATA = Path(__file__).resolve().parent / "data" / "templates.toml"
NAME = "%(name)s"


@dataclass(frozen=True, slots=True)
class Template:
    """One of the templates; texts by language (`zh`, `en`)."""

    code: str
    icon: str
    about: dict[str, str]
    members: int
    kinds: int
    needs: tuple[str, ...]
    days: int
    parties: tuple[str, ...]
    admission: str
    sponsors: int
    questions: dict[str, tuple[str, ...]]
    ip_policy: str
    exclusion_days: int
    charter: dict[str, dict[str, str]]

    def about_in(self, locale: str) -> str:
        """What it is for, in a sentence."""
        return self.about[language_of(locale)]

    def sections(self, *, name: str, name_en: str) -> dict[str, dict[str, str]]:
        """The thirteen sections with the name of the alliance put in."""
        named = {"zh": name, "en": name_en or name}
        return {
            key: {language: self.charter[key][language].replace(NAME, named[language]) for language in LANGUAGES}
            for key in SECTIONS
        }


def language_of(locale: str) -> str:
    """Which of the two languages of a charter is read with this interface."""
    return "zh" if locale.startswith("zh") else "en"


@cache
def templates() -> dict[str, Template]:
    """All of them by code, in the order of the file."""
    entries = tomllib.loads(DATA.read_text(encoding="utf-8"))
    usual = entries.pop("usual")
    return {code: _template(code, entry, usual) for code, entry in entries.items()}


def _template(code: str, entry: dict[str, Any], usual: dict[str, Any]) -> Template:
    said = {**usual, **entry}
    founding = said["founding"]
    return Template(
        code=code,
        icon=said["icon"],
        about={language: said[language] for language in LANGUAGES},
        members=founding["members"],
        kinds=founding["kinds"],
        needs=tuple(founding["needs"]),
        days=founding["days"],
        parties=tuple(said["parties"]),
        admission=said["admission"],
        sponsors=said["sponsors"],
        questions={language: tuple(said["questions"][language]) for language in LANGUAGES},
        ip_policy=said["ip_policy"],
        exclusion_days=said["exclusion_days"],
        charter={**usual["charter"], **entry.get("charter", {})},
    )

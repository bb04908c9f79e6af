"""The words that listings and needs choose from, and what each kind of listing declares: read from `data/`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Literal

DATA = Path(__file__).resolve().parent / "data"

FieldType = Literal["text", "number", "url", "choice", "date", "kind", "sectors", "region", "city", "money"]


@dataclass(frozen=True, slots=True)
class Words:
    """The same in both languages."""

    zh: str
    en: str

    def of(self, locale: str) -> str:
        """In the language of the interface."""
        return self.zh if locale.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class FactField:
    """One fact that a kind of listing states. `choices` names a section of the vocabulary."""

    name: str
    type: FieldType
    is_required: bool
    label: Words
    help: Words
    choices: str = ""
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class ListingKind:
    """What can be listed: its name, its facts, and the ways to get at it, the likeliest first."""

    code: str
    name: Words
    about: Words
    icon: str
    access: tuple[str, ...]
    fields: tuple[FactField, ...]
    has_trl: bool = False

    def field(self, name: str) -> FactField | None:
        """The fact of that name."""
        return next((field for field in self.fields if field.name == name), None)


class Access(StrEnum):
    """How one gets at what is listed: exactly one of these."""

    LINK = "link"
    REQUEST = "request"
    BOOK = "book"
    QUOTE = "quote"
    FIXED_PRICE = "fixed_price"
    FREE = "free"

    @property
    def is_asked(self) -> bool:
        """Whether it begins with a message to whoever offers it."""
        return self in {Access.REQUEST, Access.BOOK, Access.QUOTE, Access.FIXED_PRICE}


def names(section: str, locale: str) -> Mapping[str, str]:
    """A section of the vocabulary (`trl`, `licence`, …): code to name, in the order of the file."""
    return _names(section, "zh" if locale.startswith("zh") else "en")


def name_of(section: str, code: str, locale: str) -> str:
    """The name of a code; one that is not known any more is shown as it is."""
    return names(section, locale).get(code, code)


def kind_names(locale: str) -> Mapping[str, str]:
    """The kinds of listing: code to name."""
    return {kind.code: kind.name.of(locale) for kind in KINDS.values()}


@cache
def _names(section: str, language: str) -> dict[str, str]:
    return {code: entry[language] for code, entry in _read("vocabulary.toml")[section].items()}


@cache
def _read(file: str) -> dict[str, Any]:
    return tomllib.loads((DATA / file).read_text(encoding="utf-8"))


def _kinds() -> dict[str, ListingKind]:
    return {
        entry["code"]: ListingKind(
            code=entry["code"],
            name=Words(entry["zh"], entry["en"]),
            about=Words(**entry["about"]),
            icon=entry["icon"],
            access=tuple(entry["access"]),
            fields=tuple(_field(field) for field in entry["fields"]),
            has_trl=entry.get("has_trl", False),
        )
        for entry in _read("listing_kinds.toml")["kind"]
    }


def _field(entry: Mapping[str, Any]) -> FactField:
    return FactField(
        name=entry["name"],
        type=entry["type"],
        is_required=entry.get("required", False),
        label=Words(entry["zh"], entry["en"]),
        help=Words(**entry.get("help", {"zh": "", "en": ""})),
        choices=entry.get("choices", ""),
        is_long=entry.get("long", False),
    )


KINDS: Mapping[str, ListingKind] = _kinds()

# What every listing states, whatever its kind: the columns of a form, of a CSV, of the API.
COLUMNS: Mapping[str, FactField] = {entry["name"]: _field(entry) for entry in _read("listing_columns.toml")["column"]}

"""From what somebody typed to the value that is kept, by the type that a fact declares; and back."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache

from accounts.names import fault_of_website
from kernel.texts import clean_body, clean_line, composed
from kernel.words import gettext as _
from resources.vocabulary import FactField, ListingKind, names

Value = str | int | float

LONGEST_FACT = 500
LONGEST_LONG_FACT = 2000
LARGEST_NUMBER = 1e15
FIRST_YEAR, LAST_YEAR = 1000, 2999
LOCALES = ("zh_Hans", "en")

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class Fault(ValueError):  # noqa: N818 - a refusal with a sentence for people
    """A value that does not fit; the message is the sentence shown beside it."""


def read_facts(kind: ListingKind, typed: Mapping[str, str]) -> tuple[dict[str, Value], dict[str, str]]:
    """The facts of a kind from what was typed, and what is wrong by the name of the fact."""
    facts: dict[str, Value] = {}
    faults: dict[str, str] = {}
    for field in kind.fields:
        try:
            value = read_value(field, typed.get(field.name, ""))
        except Fault as fault:
            faults[field.name] = str(fault)
            continue
        if value is not None:
            facts[field.name] = value
    return facts, faults


def read_value(field: FactField, typed: str) -> Value | None:
    """One fact; None when nothing was typed and nothing need be."""
    if not typed.strip():
        if field.is_required:
            raise Fault(_("Please fill this in."))
        return None
    return _READERS[field.type](field, typed)


def written(field: FactField, value: Value, locale: str) -> str:
    """A fact as people read it, and as `read_value` reads it again."""
    if field.type == "choice":
        return names(field.choices, locale).get(str(value), str(value))
    return str(value)


def chosen(section: str, typed: str) -> str | None:
    """The code of a section that was typed, or named in either language."""
    return _by_name(section).get(plain(typed))


def plain(text: str) -> str:
    """How names are compared: width, case and outer space do not matter."""
    return " ".join(composed(text, "NFKC").casefold().split())


def as_number(typed: str) -> int | float:
    """A number as people write it: with separators, or in full width; raises `Fault`."""
    text = composed(typed, "NFKC").strip().replace(",", "").replace(" ", "")
    try:
        number = float(text)
    except ValueError:
        raise Fault(_("This is not a number.")) from None
    if not math.isfinite(number) or abs(number) > LARGEST_NUMBER:
        raise Fault(_("This number is too large."))
    return int(number) if number == int(number) else number


def as_text(typed: str, *, longest: int, is_long: bool = False) -> str:
    """One line, or several where the field takes them; raises `Fault`."""
    text = clean_body(typed).strip() if is_long else clean_line(typed)
    if len(text) > longest:
        raise Fault(_("This may have at most %(count)s characters.", count=longest))
    return text


def as_url(typed: str) -> str:
    """A web address; raises `Fault`."""
    url = typed.strip()
    fault = fault_of_website(url)
    if fault:
        raise Fault(fault)
    return url


@cache
def _by_name(section: str) -> Mapping[str, str]:
    pairs = {plain(name): code for locale in LOCALES for code, name in names(section, locale).items()}
    return pairs | {plain(code): code for code in names(section, "en")}


def _text(field: FactField, typed: str) -> str:
    return as_text(typed, longest=LONGEST_LONG_FACT if field.is_long else LONGEST_FACT, is_long=field.is_long)


def _number(_field: FactField, typed: str) -> int | float:
    number = as_number(typed)
    if number < 0:
        raise Fault(_("This cannot be less than nothing."))
    return number


def _url(_field: FactField, typed: str) -> str:
    return as_url(typed)


def _choice(field: FactField, typed: str) -> str:
    code = chosen(field.choices, typed)
    if code is None:
        raise Fault(_("This choice is not known here."))
    return code


def _date(_field: FactField, typed: str) -> str:
    match = _DATE.fullmatch(composed(typed, "NFKC").strip())
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Fault(_("This is not a date; write it as 2026-11-25."))
    return day.isoformat()


_READERS: Mapping[str, Callable[[FactField, str], Value]] = {
    "text": _text,
    "number": _number,
    "url": _url,
    "choice": _choice,
    "date": _date,
}

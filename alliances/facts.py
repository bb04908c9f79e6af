"""What an alliance says of itself, as it was typed: cleaned, and judged field by field."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from accounts.places import place_name, region_code
from accounts.sectors import is_sector
from alliances.models import Alliance
from alliances.parties import CLASSES
from alliances.templates import templates
from kernel.errors import InvalidError
from kernel.texts import clean_body, clean_line
from kernel.words import gettext as _

LONGEST_NAME, LONGEST_SUMMARY, LONGEST_QUESTION = 120, 500, 300
MOST_SECTORS, MOST_QUESTIONS, MOST_SEATS = 3, 8, 100_000
SORTS = (*dict.fromkeys(CLASSES.values()), "person", "alliance")
TEXTS = {"name": 120, "name_en": 120, "summary": 500, "summary_en": 500, "secretariat": 300, "registration_no": 60}
NUMBERS = {
    "founding_members": (2, 100),
    "founding_kinds": (1, len(SORTS)),
    "founding_days": (7, 365),
    "reapply_days": (0, 730),
}


@dataclass(frozen=True, slots=True)
class FoundingFacts:
    """What is asked of somebody who founds an alliance; everything else comes from the template."""

    template: str
    name: str
    name_en: str = ""
    summary: str = ""
    summary_en: str = ""
    sectors: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What the secretariat may change later. The founding numbers count until it is opened for signatures."""

    name: str
    name_en: str = ""
    summary: str = ""
    summary_en: str = ""
    sectors: tuple[str, ...] = ()
    place: str = ""
    questions: tuple[str, ...] = ()
    open_seats: int | None = None
    reapply_days: int = 90
    secretariat: str = ""
    registration_no: str = ""
    founding_members: int = 3
    founding_kinds: int = 2
    founding_needs: tuple[str, ...] = ()
    founding_days: int = 60


def details_of(alliance: Alliance, locale: str) -> Details:
    """What is kept, as it was typed."""
    kept = {field.name: getattr(alliance, field.name) for field in fields(Details) if field.name != "place"}
    lists = {name: tuple(kept[name]) for name in ("sectors", "questions", "founding_needs")}
    return Details(**kept | lists | {"place": place_name(alliance.region, locale) if alliance.region else ""})


def read_founding(facts: FoundingFacts) -> dict[str, Any]:
    """The columns; raises `InvalidError` with every field at fault."""
    errors: dict[str, str] = {}
    if facts.template not in templates():
        errors["template"] = _("Choose one of the list.")
    columns = {**_texts(facts, errors), **_place(facts, errors)}
    return _unless(errors, columns)


def read_details(facts: Details) -> dict[str, Any]:
    """The same for what is changed later."""
    errors: dict[str, str] = {}
    columns = {**_texts(facts, errors), **_place(facts, errors)}
    columns["questions"] = [line for line in map(clean_line, facts.questions) if line]
    if len(columns["questions"]) > MOST_QUESTIONS or any(map(_is_long_question, columns["questions"])):
        errors["questions"] = _("At most %(count)s questions of one line each.", count=MOST_QUESTIONS)
    for name, (least, most) in NUMBERS.items():
        columns[name] = getattr(facts, name)
        if not least <= columns[name] <= most:
            errors[name] = _("A number from %(least)s to %(most)s.", least=least, most=most)
    columns["open_seats"] = facts.open_seats
    if facts.open_seats is not None and not 0 <= facts.open_seats <= MOST_SEATS:
        errors["open_seats"] = _("A number from %(least)s to %(most)s.", least=0, most=MOST_SEATS)
    columns["founding_needs"] = list(dict.fromkeys(facts.founding_needs))
    if not set(columns["founding_needs"]) <= set(SORTS):
        errors["founding_needs"] = _("Choose one of the list.")
    elif len(columns["founding_needs"]) > facts.founding_members:
        errors["founding_members"] = _("More kinds must sign than members.")
    return _unless(errors, columns)


def _texts(facts: FoundingFacts | Details, errors: dict[str, str]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, most in TEXTS.items():
        text = getattr(facts, name, None)
        if text is None:
            continue
        clean = clean_body(text).strip() if name.startswith(("summary", "secretariat")) else clean_line(text)
        columns[name] = clean
        if len(clean) > most:
            errors[name] = _("At most %(count)s characters.", count=most)
    if not columns["name"]:
        errors["name"] = _("Please fill this in.")
    if not columns["summary"]:
        errors["summary"] = _("Say in a sentence or two what it is for.")
    return columns


def _place(facts: FoundingFacts | Details, errors: dict[str, str]) -> dict[str, Any]:
    place = clean_line(facts.place)
    region = region_code(place) if place else ""
    if place and not region:
        errors["place"] = _("Write a province or a city, such as Hangzhou or Zhejiang.")
    sectors = list(dict.fromkeys(facts.sectors))
    if not 1 <= len(sectors) <= MOST_SECTORS or not all(map(is_sector, sectors)):
        errors["sectors"] = _("Choose one to three sectors.")
    return {"region": region, "sectors": sectors}


def _is_long_question(line: str) -> bool:
    return len(line) > LONGEST_QUESTION


def _unless(errors: Mapping[str, str], columns: dict[str, Any]) -> dict[str, Any]:
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    return columns

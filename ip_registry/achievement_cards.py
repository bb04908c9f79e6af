"""What is typed into an achievement's card, and the check that every card passes."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from accounts.places import region_code
from ip_registry.achievement_text import has_headings
from ip_registry.models import AwardLevel, Cooperation, IpStatus
from kernel.clock import now
from kernel.errors import InvalidError
from kernel.texts import clean_body, clean_line
from kernel.words import gettext as _

LONGEST_PROBLEM = 2_000
LONGEST_METHOD = 6_000
LONGEST_AWARD = 120
LONGEST_PLACE = 60
FIRST_YEAR = 1950
TRL = range(1, 10)
PROVINCE = 2  # digits of the code of a region; a city has four


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A card as somebody typed it; `place` is a province or a city in words."""

    problem: str
    method: str
    trl: int | None = None
    ip_status: str = ""
    cooperation: tuple[str, ...] = ()
    place: str = ""
    award_name: str = ""
    award_level: str = ""
    award_year: int | None = None


def check_card(facts: CardFacts) -> dict[str, Any]:
    """The columns of the card; raises `InvalidError` with a sentence for every field at fault."""
    errors: dict[str, str] = {}
    texts = {
        "problem": _text(errors, "problem", facts.problem, LONGEST_PROBLEM),
        "method": _text(errors, "method", facts.method, LONGEST_METHOD),
    }
    if facts.trl is not None and facts.trl not in TRL:
        errors["trl"] = _("Choose one of the list.")
    if facts.ip_status and not _is_one(IpStatus, facts.ip_status):
        errors["ip_status"] = _("Choose one of the list.")
    if not all(_is_one(Cooperation, kind) for kind in facts.cooperation):
        errors["cooperation"] = _("Choose from the list.")
    elif Cooperation.NONE in facts.cooperation and len(set(facts.cooperation)) > 1:
        errors["cooperation"] = _("Either nothing is wanted, or what you chose beside it.")
    place = clean_line(facts.place)
    code = region_code(place) if place else ""
    if place and not code:
        errors["place"] = _("No province or city of this name is known here.")
    award = _award(errors, facts)
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    return {
        **texts,
        **award,
        "trl": facts.trl,
        "ip_status": facts.ip_status,
        "region": code[:2],
        "city": code if len(code) > PROVINCE else "",
    }


def wishes(facts: CardFacts) -> list[str]:
    """The kinds of cooperation that are wanted, in the order of the list."""
    return [kind.value for kind in Cooperation if kind in facts.cooperation]


def _text(errors: dict[str, str], name: str, typed: str, longest: int) -> str:
    text = clean_body(typed).strip()
    if not text:
        errors[name] = _("Please fill this in.")
    elif len(text) > longest:
        errors[name] = _("At most %(count)s characters.", count=longest)
    elif has_headings(text):
        errors[name] = _("No headings here, please: this text gets one of its own.")
    return text


def _award(errors: dict[str, str], facts: CardFacts) -> dict[str, Any]:
    """All three facts of an award, or none."""
    name = clean_line(facts.award_name)
    given = (name, facts.award_level, facts.award_year)
    if any(given) and not all(given):
        missing: Iterable[str] = ("award_name", "award_level", "award_year")
        errors.update(
            {field: _("An award has a name, a level and a year.") for field in missing if not getattr(facts, field)}
        )
    if len(name) > LONGEST_AWARD:
        errors["award_name"] = _("At most %(count)s characters.", count=LONGEST_AWARD)
    if facts.award_level and not _is_one(AwardLevel, facts.award_level):
        errors["award_level"] = _("Choose one of the list.")
    if facts.award_year is not None and not FIRST_YEAR <= facts.award_year <= now().year:
        errors["award_year"] = _("A year from %(first)s to this one.", first=FIRST_YEAR)
    return {"award_name": name, "award_level": facts.award_level, "award_year": facts.award_year}


def _is_one(of: type[StrEnum], value: str) -> bool:
    return value in set(of)

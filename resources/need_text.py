"""What somebody typed into a need, an answer or a message, as it is kept; what cannot be kept is named by its field."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from accounts.places import region_code
from accounts.sectors import is_sector
from kernel.clock import now
from kernel.errors import InvalidError
from kernel.texts import composed
from kernel.words import gettext as _
from resources.models import NeedKind, Visibility
from resources.need_words import names

LONGEST_TITLE = 120
LONGEST_TEASER = 600
LONGEST_TEXT = 10_000
LONGEST_MESSAGE = 5_000
LONGEST_SHORT = 80
MOST_TARGETS = 12
MOST_SECTORS = 3
TRL = range(1, 10)
LONGEST_WAIT = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class Target:
    """A figure to be reached: what, how much, in which unit."""

    quantity: str
    value: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """A need as somebody typed it."""

    title: str
    kind: str = NeedKind.RESEARCH.value
    teaser: str = ""
    problem: str = ""
    constraints: str = ""
    tried: str = ""
    is_full_shown: bool = False
    targets: tuple[Target, ...] = ()
    budget: str = ""
    deadline: date | None = None
    ip_wish: str = ""
    sectors: tuple[str, ...] = ()
    place: str = ""
    trl: int | None = None
    visibility: str = Visibility.PUBLIC.value
    alliance: str = ""


def check_need(facts: NeedFacts, *, audience: Iterable[str]) -> dict[str, Any]:
    """The columns of a need from what was typed; raises `InvalidError` with every field at fault."""
    errors: dict[str, str] = {}
    columns = {
        **_texts(facts, errors),
        **_choices(facts, errors, audience=audience),
        **_whereabouts(facts, errors),
        "targets": _targets(facts, errors),
        "is_full_shown": facts.is_full_shown,
    }
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    return columns


def _texts(facts: NeedFacts, errors: dict[str, str]) -> dict[str, Any]:
    title = one_line(facts.title)
    if not title:
        errors["title"] = _("Say in one line what you look for.")
    elif len(title) > LONGEST_TITLE:
        errors["title"] = _("At most %(count)s characters.", count=LONGEST_TITLE)
    texts = {name: clean_text(getattr(facts, name)) for name in ("teaser", "problem", "constraints", "tried")}
    for name, text in texts.items():
        most = LONGEST_TEASER if name == "teaser" else LONGEST_TEXT
        if len(text) > most:
            errors[name] = _("At most %(count)s characters.", count=most)
    return {"title": title, **texts}


def _choices(facts: NeedFacts, errors: dict[str, str], *, audience: Iterable[str]) -> dict[str, Any]:
    for name in ("kind", "visibility", "budget", "ip_wish"):
        value, is_needed = getattr(facts, name), name in ("kind", "visibility")
        if (value or is_needed) and value not in names(name, "en"):
            errors[name] = _("Choose one of the list.")
    sectors = list(dict.fromkeys(facts.sectors))
    if len(sectors) > MOST_SECTORS or not all(map(is_sector, sectors)):
        errors["sectors"] = _("At most %(count)s sectors of the list.", count=MOST_SECTORS)
    if facts.trl is not None and facts.trl not in TRL:
        errors["trl"] = _("Choose one of the list.")
    is_alliance = facts.visibility == Visibility.ALLIANCE
    if is_alliance and facts.alliance not in alliances(audience):
        errors["alliance"] = _("Choose an alliance of which you are a member.")
    return {
        "kind": facts.kind,
        "visibility": facts.visibility,
        "alliance": facts.alliance if is_alliance else "",
        "budget": facts.budget,
        "ip_wish": facts.ip_wish,
        "sectors": sectors,
        "trl": facts.trl,
    }


def _whereabouts(facts: NeedFacts, errors: dict[str, str]) -> dict[str, Any]:
    place = one_line(facts.place)
    region = region_code(place) if place else ""
    if place and not region:
        errors["place"] = _("Write a province or a city, such as Hangzhou or Zhejiang.")
    if facts.deadline is not None and not today() <= facts.deadline <= today() + LONGEST_WAIT:
        errors["deadline"] = _("Choose a day within the next three years.")
    return {"region": region, "deadline": facts.deadline}


def _targets(facts: NeedFacts, errors: dict[str, str]) -> list[dict[str, str]]:
    rows = [(one_line(row.quantity), one_line(row.value), one_line(row.unit)) for row in facts.targets]
    rows = [row for row in rows if any(row)]
    if len(rows) > MOST_TARGETS or any(not quantity or not value for quantity, value, _unit in rows):
        errors["targets"] = _("Each figure has a quantity and a value; at most %(count)s of them.", count=MOST_TARGETS)
    elif any(len(text) > LONGEST_SHORT for row in rows for text in row):
        errors["targets"] = _("At most %(count)s characters.", count=LONGEST_SHORT)
    return [{"quantity": quantity, "value": value, "unit": unit} for quantity, value, unit in rows]


def alliances(audience: Iterable[str]) -> list[str]:
    """The alliances among somebody's tokens, by number."""
    found = {token for token in audience if token.startswith("alliance:") and token.count(":") == 1}
    return sorted(found, key=lambda token: int(token.partition(":")[2]))


def today() -> date:
    """The day it is, in UTC: deadlines are days, and a need is open until the end of its last one."""
    return now().date()


def one_line(text: str) -> str:
    """One line without control and direction characters; 10⁻⁴ and m² stay what they are."""
    spaced = "".join(" " if char.isspace() else char for char in composed(text))
    return " ".join("".join(char for char in spaced if char.isprintable()).split())


def clean_text(text: str) -> str:
    """Several lines without control characters; empty lines only between paragraphs."""
    lines = (
        "".join(char for char in line if char == "\t" or char.isprintable()).rstrip()
        for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    )
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


def check_message(text: str, *, field: str = "message", most: int = LONGEST_MESSAGE) -> str:
    """Words to the other side, which are needed; raises `InvalidError` on `field`."""
    message = clean_text(text)
    if not message:
        raise InvalidError(_("A few words are needed."), errors={field: _("Write a few words to the other side.")})
    if len(message) > most:
        raise InvalidError(_("The text is too long."), errors={field: _("At most %(count)s characters.", count=most)})
    return message


def check_short(text: str, *, field: str) -> str:
    """One short line, which may be empty."""
    line = one_line(text)
    if len(line) > LONGEST_SHORT:
        raise InvalidError(
            _("The text is too long."), errors={field: _("At most %(count)s characters.", count=LONGEST_SHORT)}
        )
    return line

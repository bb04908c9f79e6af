"""How each matter is decided: what an alliance's charter says of it, and what holds where it says nothing."""

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from alliances.models import Alliance, Matter
from kernel.errors import InvalidError
from kernel.words import gettext as _

BASES = ("cast", "present", "roll")
LONGEST_VOTE = 90
LARGEST_NUMBER = 100_000


@dataclass(frozen=True, slots=True)
class MatterRule:
    """How one matter is decided. Shares are fractions as text (`2/3`), so that nothing is rounded.

    `base` is of what the threshold is a share: of yes and no (`cast`), of all ballots (`present`), of the roll.
    `quorum_share` of the roll (more than it, if `quorum_strict`), or `quorum_count` members, whichever is more, must
    take part.
    """

    method: str
    threshold: str = "1/2"
    base: str = "cast"
    quorum_share: str = "1/2"
    quorum_count: int = 0
    days: int = 7
    quorum_strict: bool = False

    @property
    def quorum(self) -> str:
        """The share as forms and pages have it: `1/2`, or `>1/2`."""
        return f">{self.quorum_share}" if self.quorum_strict else self.quorum_share


DEFAULTS: dict[Matter, MatterRule] = {
    Matter.GENERAL: MatterRule("simple"),
    Matter.CHARTER: MatterRule("special", threshold="2/3", days=14),
    Matter.ADMISSION: MatterRule("simple", quorum_share="1/3"),
    Matter.EXPULSION: MatterRule("special", threshold="2/3", days=14),
    Matter.DISSOLUTION: MatterRule("special", threshold="3/4", base="roll", days=21),
    Matter.DOCUMENT: MatterRule("simple", days=14),
    Matter.OFFICE: MatterRule("election", days=14),
    Matter.TIME: MatterRule("time", quorum_share="0/1", days=5),
    Matter.AWARD: MatterRule("simple"),
}

# Numbers that a charter may set beside the rules of matters: what holds without it, the least and the most.
NUMBERS: dict[str, tuple[int, int, int]] = {
    "notice_days": (30, 0, 365),  # of leaving
    "reply_days": (14, 7, 60),  # of a member that may be expelled
    "proxies": (2, 0, 10),  # that one member may hold
    "council_cap": (50, 10, 100),  # percent of the council that may come from one kind of member
}


def number_for(alliance: Alliance, name: str) -> int:
    """What holds in this alliance."""
    usual, least, most = NUMBERS[name]
    said = alliance.rules.get(name)
    return int(said) if said is not None and _is_number(said, least, most) else usual


def check_numbers(said: dict[str, Any]) -> dict[str, int]:
    """The numbers as they are kept; raises `InvalidError` naming the fields that are not right."""
    errors = {
        name: _("A number from %(least)s to %(most)s.", least=NUMBERS[name][1], most=NUMBERS[name][2])
        for name, value in said.items()
        if name in NUMBERS and not _is_number(value, *NUMBERS[name][1:])
    }
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    return {name: int(said[name]) for name in NUMBERS if name in said}


def rule_for(alliance: Alliance, matter: Matter) -> MatterRule:
    """What holds for this matter in this alliance."""
    said = alliance.rules.get(matter.value)
    return MatterRule(**{**asdict(DEFAULTS[matter]), **said}) if said else DEFAULTS[matter]


def most_proxies(alliance: Alliance) -> int:
    """For how many others one member may vote by proxy: what the charter says under `proxies`, or two."""
    return number_for(alliance, "proxies")


def check_rule(matter: Matter, said: dict[str, Any]) -> dict[str, Any]:
    """One matter's rule as it is kept; raises `InvalidError` naming the fields that are not right.

    `quorum_strict` is kept only where it is true: a rule of an older charter stays the same rule.
    """
    rule = {**asdict(DEFAULTS[matter]), **said}
    errors: dict[str, str] = {}
    if set(rule) != set(asdict(DEFAULTS[matter])):
        raise InvalidError(_("There is no such rule."), errors={"rules": _("There is no such rule.")})
    if rule["base"] not in BASES:
        errors["base"] = _("Choose what the threshold is a share of.")
    threshold, quorum = fraction(rule["threshold"]), fraction(rule["quorum_share"])
    if threshold is None or not Fraction(1, 2) <= threshold <= 1:
        errors["threshold"] = _("A threshold lies between 1/2 and 1.")
    if quorum is None or not 0 <= quorum <= 1:
        errors["quorum_share"] = _("A quorum lies between 0 and 1.")
    elif rule["quorum_strict"] and not 0 < quorum < 1:
        errors["quorum_share"] = _("There is nothing more than that.") if quorum else _("Choose a share first.")
    if not _is_number(rule["quorum_count"], 0, LARGEST_NUMBER):
        errors["quorum_count"] = _("Give a whole number.")
    if not _is_number(rule["days"], 1, LONGEST_VOTE):
        errors["days"] = _("A vote lasts 1 to 90 days.")
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    return rule if rule["quorum_strict"] else {name: value for name, value in rule.items() if name != "quorum_strict"}


def fraction(text: object) -> Fraction | None:
    """`2/3` and the like, with small whole numbers; None for anything else."""
    if not isinstance(text, str) or len(text) > 11:  # noqa: PLR2004 - two numbers of five digits and a stroke
        return None
    top, _stroke, bottom = text.partition("/")
    if not (top.isascii() and top.isdecimal() and bottom.isascii() and bottom.isdecimal() and int(bottom)):
        return None
    return Fraction(int(top), int(bottom))


def _is_number(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

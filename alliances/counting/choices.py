"""What a member puts on a ballot, and the one door by which it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias

from alliances.counting.rules import Method, Rules


class Stance(StrEnum):
    """A position on a proposal as a whole."""

    CONSENT = "consent"
    RESERVATION = "reservation"
    OBJECTION = "objection"
    YES = "yes"
    NO = "no"
    AGREE = "agree"
    UNSURE = "unsure"
    DISAGREE = "disagree"
    ENDORSEMENT = "endorsement"  # the eight gradients of agreement, from here
    AGREEMENT = "agreement"
    SUPPORT = "support"
    DISCUSSION = "discussion"
    ACCEPTANCE = "acceptance"
    DISAGREEMENT = "disagreement"
    VETO = "veto"  # to here
    ABSTAIN = "abstain"


STANCES: Mapping[Method, tuple[Stance, ...]] = MappingProxyType(
    {
        Method.CONSENT: (Stance.CONSENT, Stance.RESERVATION, Stance.OBJECTION, Stance.ABSTAIN),
        Method.SIMPLE: (Stance.YES, Stance.NO, Stance.ABSTAIN),
        Method.SPECIAL: (Stance.YES, Stance.NO, Stance.ABSTAIN),
        Method.GRADIENTS: (
            Stance.ENDORSEMENT,
            Stance.AGREEMENT,
            Stance.SUPPORT,
            Stance.ABSTAIN,
            Stance.DISCUSSION,
            Stance.ACCEPTANCE,
            Stance.DISAGREEMENT,
            Stance.VETO,
        ),
        Method.SENSE: (Stance.AGREE, Stance.UNSURE, Stance.DISAGREE),
    }
)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Options from the most to the least preferred; those left out come after all others."""

    options: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Approvals:
    """The options that one can live with."""

    options: frozenset[int]


@dataclass(frozen=True, slots=True)
class Marks:
    """A whole number for each of some options, in the order of their numbers: a score, dots, or 0, 1, 2 for a time."""

    values: tuple[tuple[int, int], ...]


Choice: TypeAlias = Stance | Ranking | Approvals | Marks


class Fault(StrEnum):
    """Why something is no choice."""

    NO_CHOICE = "no-choice"  # not of the form that the method takes
    UNKNOWN = "unknown"  # not an option of this proposal
    TWICE = "twice"  # an option named more than once
    RANGE = "range"  # a number beyond what the rules allow
    EMPTY = "empty"  # nothing chosen; who wants to say nothing abstains
    TOO_MANY = "too-many"  # more dots than there are


class ChoiceError(ValueError):
    """`field` is "choice" or the number of the option at fault; `fault` says why."""

    def __init__(self, field: str, fault: Fault) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault


TIMES: Mapping[str, int] = MappingProxyType({"no": 0, "maybe": 1, "yes": 2})


def read_choice(rules: Rules, options: Sequence[int], value: object) -> Choice:
    """The choice that a JSON value means, or ChoiceError. Anything may come in; nothing is guessed or corrected.

    | method | value |
    |---|---|
    | consent, simple, special, gradients, sense | {"stance": "yes"} |
    | ranked | {"ranking": [7, 5, 9]}, the most preferred first |
    | approval | {"approved": [5, 7]}; [] approves of none |
    | score | {"scores": {"5": 3, "7": 0}} |
    | dots | {"dots": {"5": 8, "7": 2}} |
    | time | {"times": {"5": "yes", "7": "maybe", "9": "no"}} |

    Where one votes on options, {"stance": "abstain"} is a choice, too.
    """
    if not isinstance(value, dict) or len(value) != 1:
        raise ChoiceError("choice", Fault.NO_CHOICE)
    ((name, content),) = value.items()
    if name == "stance":
        return _stance(rules.marking, content)
    method = rules.marking
    if name != _MEMBERS.get(method):
        raise ChoiceError("choice", Fault.NO_CHOICE)
    if method in {Method.RANKED, Method.APPROVAL}:
        return _listed(method, options, content)
    return _marked(rules, options, content)


def write_choice(rules: Rules, choice: Choice) -> dict[str, Any]:
    """The JSON value of a choice, always the same for the same choice; `read_choice` reads it again."""
    if isinstance(choice, Stance):
        return {"stance": choice.value}
    if isinstance(choice, Ranking):
        return {"ranking": list(choice.options)}
    if isinstance(choice, Approvals):
        return {"approved": sorted(choice.options)}
    if rules.marking is Method.TIME:
        words = {number: word for word, number in TIMES.items()}
        return {"times": {str(option): words[mark] for option, mark in choice.values}}
    return {_MEMBERS[rules.marking]: {str(option): mark for option, mark in choice.values}}


_MEMBERS = {
    Method.RANKED: "ranking",
    Method.APPROVAL: "approved",
    Method.SCORE: "scores",
    Method.DOTS: "dots",
    Method.TIME: "times",
}


def _stance(method: Method, content: object) -> Stance:
    allowed = STANCES.get(method, (Stance.ABSTAIN,))
    found = next((stance for stance in allowed if stance == content), None) if isinstance(content, str) else None
    if found is None:
        raise ChoiceError("choice", Fault.NO_CHOICE)
    return found


def _listed(method: Method, options: Sequence[int], content: object) -> Ranking | Approvals:
    if not isinstance(content, list):
        raise ChoiceError("choice", Fault.NO_CHOICE)
    known, seen = set(options), set[int]()
    for option in content:  # ends at the first fault, so after as many as there are options
        if type(option) is not int or option not in known:  # a boolean is an int, too
            raise ChoiceError("choice", Fault.UNKNOWN)
        if option in seen:
            raise ChoiceError(str(option), Fault.TWICE)
        seen.add(option)
    if method is Method.APPROVAL:
        return Approvals(frozenset(content))
    if not content:
        raise ChoiceError("choice", Fault.EMPTY)
    return Ranking(tuple(content))


def _marked(rules: Rules, options: Sequence[int], content: object) -> Marks:
    if not isinstance(content, dict):
        raise ChoiceError("choice", Fault.NO_CHOICE)
    if not content:
        raise ChoiceError("choice", Fault.EMPTY)
    known = {str(option): option for option in options}  # never int(text): it may be ten million digits
    marks = {}
    for name, mark in content.items():
        if name not in known:
            raise ChoiceError("choice", Fault.UNKNOWN)
        marks[known[name]] = _mark(rules, name, mark)
    if rules.marking is Method.DOTS:
        marks = {option: dots for option, dots in marks.items() if dots}
        if not marks:
            raise ChoiceError("choice", Fault.EMPTY)
        if sum(marks.values()) > rules.dots:
            raise ChoiceError("choice", Fault.TOO_MANY)
    return Marks(tuple(sorted(marks.items())))


def _mark(rules: Rules, name: str, mark: object) -> int:
    if rules.marking is Method.TIME:
        if not isinstance(mark, str) or mark not in TIMES:
            raise ChoiceError(name, Fault.RANGE)
        return TIMES[mark]
    if type(mark) is not int or not 0 <= mark <= (rules.max_score if rules.marking is Method.SCORE else rules.dots):
        raise ChoiceError(name, Fault.RANGE)
    return mark

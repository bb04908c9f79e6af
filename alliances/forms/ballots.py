"""Ballots as forms: what was typed becomes a choice, and a choice becomes what stands in the fields."""

from collections.abc import Mapping, Sequence

from werkzeug.datastructures import MultiDict

from alliances.counting import Approvals, Choice, Marks, Method, Ranking, Rules, Stance
from alliances.counting.choices import TIMES
from kernel.errors import InvalidError
from kernel.rooms import id_of
from kernel.words import gettext as _

_WORDS = {number: word for word, number in TIMES.items()}
_NUMBERS = {Method.SCORE: "scores", Method.DOTS: "dots"}


def choice_of(rules: Rules, options: Sequence[int], form: MultiDict[str, str]) -> object:
    """What a form says, as `counting.read_choice` reads it; what is no number at all raises `InvalidError` here."""
    if not rules.method.has_options:
        return {"stance": form.get("stance")}
    if form.get("stance") == Stance.ABSTAIN:
        return {"stance": Stance.ABSTAIN.value}
    match rules.marking:
        case Method.RANKED:
            return {"ranking": _ranked(_numbers("rank", options, form))}
        case Method.APPROVAL:
            return {"approved": [id_of(value) for value in form.getlist("approved")]}
        case Method.TIME:
            said = {option: form.get(f"time-{option}", "") for option in options}
            return {"times": {str(option): word for option, word in said.items() if word}}
        case method:
            marks = _numbers(_NUMBERS[method].removesuffix("s"), options, form)
            return {_NUMBERS[method]: {str(option): mark for option, mark in marks.items()}}


def fields_of(rules: Rules, choice: Choice | None) -> dict[str, str]:
    """What stands in the fields for a choice that was cast; empty for none."""
    match choice:
        case None:
            return {}
        case Stance():
            return {"stance": choice.value}
        case Ranking():
            return {f"rank-{option}": str(place) for place, option in enumerate(choice.options, 1)}
        case Approvals():
            return {f"approved-{option}": "on" for option in choice.options}
        case Marks():
            return {_field(rules, option): _mark(rules, mark) for option, mark in choice.values}


def typed_in(form: MultiDict[str, str]) -> dict[str, str]:
    """What was typed, to be shown again beside what is wrong with it."""
    return {
        **{name: value for name, value in form.items() if name != "approved"},
        **{f"approved-{value}": "on" for value in form.getlist("approved")},
    }


def _field(rules: Rules, option: int) -> str:
    names = {Method.SCORE: "score", Method.DOTS: "dot", Method.TIME: "time"}
    return f"{names[rules.marking]}-{option}"


def _mark(rules: Rules, mark: int) -> str:
    return _WORDS[mark] if rules.marking is Method.TIME else str(mark)


def _numbers(name: str, options: Sequence[int], form: MultiDict[str, str]) -> dict[int, int]:
    """The options that bear a number; an empty field bears none."""
    found: dict[int, int] = {}
    errors = {}
    for option in options:
        text = form.get(f"{name}-{option}", "").strip()
        number = id_of(text) if text.isascii() else None
        if number is not None:
            found[option] = number
        elif text:
            errors[f"option-{option}"] = _("Give a whole number.")
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    return found


def _ranked(places: Mapping[int, int]) -> list[int]:
    """The options in the order of their places; two cannot share one."""
    errors = {
        f"option-{option}": _("Two options cannot have the same place.")
        for option, place in places.items()
        if list(places.values()).count(place) > 1
    }
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    return sorted(places, key=lambda option: places[option])

"""How much of a need can be compared with what others offer: what is missing, and why it would help."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel.words import gettext as _

ENOUGH = 60
LONG_TITLE, LONG_TEASER, LONG_PROBLEM = 15, 60, 150  # in Latin letters; a Han character says as much as three


@dataclass(frozen=True, slots=True)
class QualityPart:
    """One thing that a need may say: what it counts, and whether it is said."""

    name: str
    label: str
    why: str
    weight: int
    is_met: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """All parts; `score` is of 100."""

    parts: tuple[QualityPart, ...]

    @property
    def score(self) -> int:
        """The weights of what is said; they sum to 100."""
        return sum(part.weight for part in self.parts if part.is_met)

    @property
    def is_enough(self) -> bool:
        """Whether good matches can be expected."""
        return self.score >= ENOUGH

    @property
    def missing(self) -> list[QualityPart]:
        """What is not said yet, the weightiest first."""
        return sorted((part for part in self.parts if not part.is_met), key=lambda part: -part.weight)


def quality_of(facts: Mapping[str, Any]) -> Quality:
    """Of a need's columns, typed or kept."""
    text = {name: facts.get(name) or "" for name in ("title", "teaser", "problem", "constraints", "tried", "region")}
    is_met = {
        "title": _length(text["title"]) >= LONG_TITLE,
        "teaser": _length(text["teaser"]) >= LONG_TEASER,
        "sectors": bool(facts.get("sectors")),
        "targets": bool(facts.get("targets")),
        "problem": _length(text["problem"]) >= LONG_PROBLEM,
        "place": bool(text["region"]),
        "budget": bool(facts.get("budget")),
        "deadline": facts.get("deadline") is not None,
        "constraints": bool(text["constraints"]),
        "tried": bool(text["tried"]),
        "trl": facts.get("trl") is not None,
        "ip_wish": bool(facts.get("ip_wish")),
    }
    return Quality(tuple(QualityPart(name, *words, is_met[name]) for name, words in _parts().items()))


def _length(text: str) -> int:
    return sum(3 if "\u3400" <= char <= "\u9fff" else 1 for char in text.strip())


def _parts() -> dict[str, tuple[str, str, int]]:
    """Label, why it helps, and weight of each part."""
    return {
        "title": (
            _("A title that names the thing"),
            _("Titles are compared with titles: the name of the material, method or instrument finds most."),
            15,
        ),
        "teaser": (
            _("Two or three sentences for everybody"),
            _("They are compared with the texts of listings, and are what makes somebody read on."),
            15,
        ),
        "sectors": (_("At least one sector"), _("Sector and kind weigh most in a match."), 15),
        "targets": (
            _("A figure to be reached"),
            _("Whoever can help sees at once whether they reach it, and need not ask."),
            15,
        ),
        "problem": (
            _("The problem at some length"),
            _("An answer can only be as exact as the question."),
            10,
        ),
        "place": (_("Province or city"), _("Samples and people travel: the same city or province comes first."), 6),
        "budget": (_("A budget band"), _("Nobody spends an evening on an offer that you cannot pay."), 6),
        "deadline": (_("Until when"), _("Whoever knows until when can say whether they manage."), 6),
        "constraints": (
            _("What must not happen"),
            _("What is excluded saves wrong answers: materials, methods, places."),
            4,
        ),
        "tried": (_("What was tried already"), _("So that nobody proposes it again."), 4),
        "trl": (
            _("How mature it should be"),
            _("A laboratory result and a product are offered by different people."),
            2,
        ),
        "ip_wish": (
            _("Whose the results are to be"),
            _("Rights that are settled late are a common reason why talks fail."),
            2,
        ),
    }

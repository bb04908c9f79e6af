"""How values of facets are called in the viewer's language, and what can be done when nothing was found.

Search knows codes only (`materials`, `33`, `thread`); the rooms that made them register how they are named.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from kernel.viewer import Viewer
from kernel.words import gettext as _

Labels = Callable[[Viewer, Collection[str]], Mapping[str, str]]
NextSteps = Callable[[Viewer, str], Iterable["NextStep"]]

ONE = "one kind"  # what a single thing of a kind is called, beside `kind`, the heading over many

_labels: dict[str, list[Labels]] = {}
_steps: list[NextSteps] = []


@dataclass(frozen=True, slots=True)
class NextStep:
    """A deed that is offered where a search found nothing: asking it, posting it as a need."""

    label: str
    url: str
    glyph: str


def name_values(facet: str, labels: Labels) -> None:
    """Let a room name values of `facet`: of those it is given it answers for the ones it knows."""
    _labels.setdefault(facet, []).append(labels)


def offer_steps(steps: NextSteps) -> None:
    """Let a room offer what it could do with words that found nothing."""
    _steps.append(steps)


def labels_of(viewer: Viewer, facet: str, values: Collection[str]) -> dict[str, str]:
    """What the values are called; one that no room knows is shown as it is."""
    known: dict[str, str] = {}
    for labels in _labels.get(facet, ()) if values else ():
        known.update(labels(viewer, values))
    return {value: known.get(value, value) for value in values}


def _own_kinds(_viewer: Viewer, _values: Collection[str]) -> Mapping[str, str]:
    return {"tag": _("Tag"), "word": _("Word")}


name_values(ONE, _own_kinds)


def title_of(facet: str) -> str:
    """The heading over the values of a facet."""
    return {
        "kind": _("Kind"),
        "community": _("Community"),
        "sector": _("Sector"),
        "region": _("Region"),
        "year": _("Year"),
    }[facet]


def next_steps(viewer: Viewer, text: str) -> list[NextStep]:
    """What could be done with these words."""
    return [step for steps in _steps for step in steps(viewer, text)]

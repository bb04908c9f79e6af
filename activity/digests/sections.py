"""What a digest holds beside notices: the best of what one follows, which rooms above choose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.refs import Ref
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Item:
    """A thing worth naming, who may know of it, and until when something is to be done about it."""

    ref: Ref
    audience: str
    until: datetime | None = None


Pick = Callable[[Viewer, datetime], Sequence[Item]]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it: `pick` is given the viewer, and since when things are new."""

    key: str
    order: int
    title: Callable[[], str]
    pick: Pick


_sections: dict[str, Section] = {}


def digest_section(key: str, *, order: int, title: Callable[[], str]) -> Callable[[Pick], Pick]:
    """Register a section; those of a lower order come first."""

    def register(pick: Pick) -> Pick:
        _sections[key] = Section(key, order, title, pick)
        return pick

    return register


def sections() -> list[Section]:
    """All of them, in their order."""
    return sorted(_sections.values(), key=lambda one: one.order)

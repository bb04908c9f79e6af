"""A name for anything public, so that follows, bookmarks, notices and the log serve every room alike."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """`forum.thread:12` and the like: the kind of a thing and its number."""

    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Card:
    """What one may show of a referenced thing: its title and address."""

    ref: Ref
    title: str
    url: str
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """How the house finds things of one kind: `cards` answers only for what the viewer may see."""

    name: str
    cards: Callable[[Viewer, Iterable[int]], Mapping[int, Card]]


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Make a kind known; each room does this once when it is wired."""
    _kinds[kind.name] = kind


def is_kind(name: str) -> bool:
    """Whether some room knows things of this name."""
    return name in _kinds


def cards(viewer: Viewer, refs: Iterable[Ref]) -> dict[Ref, Card]:
    """Cards for those `refs` that exist and that `viewer` may see: one query a kind."""
    by_kind: dict[str, set[int]] = {}
    for ref in refs:
        by_kind.setdefault(ref.kind, set()).add(ref.id)
    found: dict[Ref, Card] = {}
    for name, ids in by_kind.items():
        if name in _kinds:
            found.update({Ref(name, key): card for key, card in _kinds[name].cards(viewer, ids).items()})
    return found

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
    """How the house finds things of one kind: `cards` answers only for what the viewer may see.

    `excerpts`, where things have a text, gives its beginning on one line, for mails; by the same rule.
    """

    name: str
    cards: Callable[[Viewer, Iterable[int]], Mapping[int, Card]]
    excerpts: Callable[[Viewer, Iterable[int]], Mapping[int, str]] | None = None


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Make a kind known; each room does this once when it is wired."""
    _kinds[kind.name] = kind


def is_kind(name: str) -> bool:
    """Whether some room knows things of this name."""
    return name in _kinds


def cards(viewer: Viewer, refs: Iterable[Ref]) -> dict[Ref, Card]:
    """Cards for those `refs` that exist and that `viewer` may see: one query a kind."""
    found: dict[Ref, Card] = {}
    for kind, ids in _by_kind(refs):
        found.update({Ref(kind.name, key): card for key, card in kind.cards(viewer, ids).items()})
    return found


def excerpts(viewer: Viewer, refs: Iterable[Ref]) -> dict[Ref, str]:
    """The beginnings of those `refs` that have a text and that `viewer` may see, as it stands now."""
    found: dict[Ref, str] = {}
    for kind, ids in _by_kind(refs):
        if kind.excerpts is not None:
            found.update({Ref(kind.name, key): text for key, text in kind.excerpts(viewer, ids).items()})
    return found


def _by_kind(refs: Iterable[Ref]) -> list[tuple[Kind, set[int]]]:
    ids: dict[str, set[int]] = {}
    for ref in refs:
        ids.setdefault(ref.kind, set()).add(ref.id)
    return [(_kinds[name], some) for name, some in ids.items() if name in _kinds]

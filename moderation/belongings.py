"""Where the public things of one person are: what blocking takes out of sight, kind by kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Scopes = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Belongings:
    """The live, public things of one kind by one author, by rising number.

    `ids` answers at most so many after a number, `count` how many there are; both of those places alone whose scopes
    are given, or with None of all that the staff look after.
    """

    kind: str
    ids: Callable[[int, Scopes, int, int], Sequence[int]]
    count: Callable[[int, Scopes], int]


_belongings: dict[str, Belongings] = {}


def register_belongings(belongings: Belongings) -> None:
    """Each room does this once for a kind of which it brings a `Subject` too."""
    _belongings[belongings.kind] = belongings


def all_belongings() -> list[Belongings]:
    """In an order that stays the same."""
    return [_belongings[kind] for kind in sorted(_belongings)]

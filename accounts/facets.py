"""Facets of a directory: how many stand under each value, and the way to and back from each; for whatever is listed."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Group:
    """Those who are alike in everything that the facets know, and how many they are."""

    values: Mapping[str, tuple[str, ...]]
    number: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many are found, and how many would be under each value of a facet if it alone were changed."""

    total: int
    by_facet: dict[str, Counter[str]]

    @classmethod
    def of(cls, groups: Iterable[Group], wanted: Mapping[str, str]) -> "Counts":
        """Added up from the groups.

        A group that fits counts under all its values; one that fails at a single facet only under those of that one.
        """
        total, by_facet = 0, {facet: Counter[str]() for facet in wanted}
        chosen = [(facet, value) for facet, value in wanted.items() if value]
        for group in groups:
            failed = [facet for facet, value in chosen if value not in group.values[facet]]
            if len(failed) > 1:
                continue
            total += 0 if failed else group.number
            for facet in failed or by_facet:
                counted = by_facet[facet]
                for value in filter(None, group.values[facet]):
                    counted[value] += group.number
        return cls(total, by_facet)


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet, and how many would be found under it."""

    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with what can be chosen, and the address without what was."""

    name: str
    label: str
    anything: str
    options: list[Option]
    chosen: str
    url_without: str


@dataclass(frozen=True, slots=True)
class Naming:
    """What a facet and its values are called, in the order of their table."""

    name: str
    label: str
    anything: str
    names: Mapping[str, str]


def facets_of(
    namings: Iterable[Naming], wanted: Mapping[str, str], counts: Counts, *, path: str, kept: Mapping[str, str]
) -> list[Facet]:
    """Only values that lead somewhere, and the chosen one. `kept` is what else the address asks for."""
    facets = []
    for naming in namings:
        chosen, found = wanted[naming.name], counts.by_facet[naming.name]
        options = [
            Option(value, label, found[value], value == chosen)
            for value, label in naming.names.items()
            if found[value] or value == chosen
        ]
        rest = {facet: value for facet, value in wanted.items() if facet != naming.name and value}
        address = urlencode({**kept, **rest})
        facets.append(
            Facet(
                naming.name,
                naming.label,
                naming.anything,
                options,
                naming.names.get(chosen, ""),
                f"{path}?{address}" if address else path,
            )
        )
    return facets


@lru_cache(maxsize=4096)
def codes_in(text: str) -> tuple[str, ...]:
    """A list of codes as the database keeps it; most of what a directory has is alike."""
    return tuple(json.loads(text))

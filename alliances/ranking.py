"""Scores of bids, as exact fractions: nothing is rounded before two are compared."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any


def sheet_score(criteria: Sequence[Mapping[str, Any]], scores: Mapping[str, Any]) -> Fraction:
    """One sheet as a share of what could be reached: the mean of points over most points, by the weights."""
    weight = sum(one["weight"] for one in criteria)
    return sum((Fraction(one["weight"] * scores[one["key"]], one["max"] * weight) for one in criteria), Fraction(0))


def mean(values: Sequence[Fraction]) -> Fraction | None:
    """The mean of several sheets; None where there is none."""
    return sum(values, Fraction(0)) / len(values) if values else None


def ranked(means: Mapping[int, Fraction | None]) -> list[tuple[int, int | None]]:
    """Bids with their places, the best first; equal ones share a place, unscored ones have none and come last."""
    scored = sorted(((value, -number) for number, value in means.items() if value is not None), reverse=True)
    places: list[tuple[int, int | None]] = []
    for position, (value, number) in enumerate(scored, start=1):
        same = position > 1 and scored[position - 2][0] == value
        places.append((-number, places[-1][1] if same else position))
    return places + [(number, None) for number in sorted(means) if means[number] is None]

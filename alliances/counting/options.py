"""Choosing options by what each of them got: score, dots, approval, and times."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from alliances.counting.choices import Approvals, Choice, Marks
from alliances.counting.lots import drawn
from alliances.counting.rules import Method, Rules
from alliances.counting.tally import OptionTotal, Outcome, Tally, Tie, TieBreak

YES, MAYBE = 2, 1


def marks_given(options: Sequence[int], alike: Mapping[Choice, int]) -> dict[int, Counter[int]]:
    """For each option, how many voters gave it each mark."""
    given: dict[int, Counter[int]] = {option: Counter() for option in options}
    for one, papers in alike.items():
        if isinstance(one, Approvals):
            for option in one.options:
                given[option][1] += papers
        elif isinstance(one, Marks):
            for option, mark in one.values:
                given[option][mark] += papers
    return given


def choose(rules: Rules, begun: Tally, options: Sequence[int], given: Mapping[int, Mapping[int, int]]) -> Tally:
    """The best options, as many as there are seats; none that nobody supports, none that does not beat reopening."""
    is_time = rules.method is Method.TIME
    ranked = [_standing(rules, option, given[option]) for option in options]
    seats = 1 if is_time else rules.seats
    tally = replace(begun, options=tuple(one.total for one in ranked), seats=seats)
    bar = next((one.key for one in ranked if one.total.option == rules.reopen), ()) if _reopens(rules) else ()
    able = [one for one in ranked if one.is_supported and (not bar or one.key > bar)]
    able.sort(key=lambda one: one.key, reverse=True)  # stable, so that of equal times the earlier one stays first
    if is_time:
        able = able[:1]
    last = able[min(seats, len(able)) - 1].key if able else ()
    sure = [one.total.option for one in able if one.key > last]
    equal = tuple(one.total.option for one in able if one.key == last)
    free = seats - len(sure)
    tie = None
    if len(equal) > free:
        taken = drawn(rules.seed, equal)[:free] if rules.lot else ()
        tie = Tie(tuple(sorted(equal)), TieBreak.LOT if rules.lot else TieBreak.NONE, taken)
        if not rules.lot:
            return replace(tally, outcome=Outcome.TIE, winners=tuple(sure), tied=tie.options, tie=tie)
        equal = taken
    winners = (*sure, *equal)
    return replace(
        tally,
        outcome=won(rules, winners),
        winners=winners,
        tie=tie,
        margin=_margin(tally, winners),
        reopened=_reopens(rules) and len(winners) < seats,
    )


def won(rules: Rules, winners: Sequence[int]) -> Outcome:
    """Nobody at all is a failure; otherwise the word depends on what was voted on."""
    if not winners:
        return Outcome.FAILED
    return Outcome.ELECTED if rules.method is Method.ELECTION else Outcome.CHOSEN


@dataclass(frozen=True)
class _Standing:
    """An option with what it is compared by."""

    total: OptionTotal
    key: tuple[int, ...]

    @property
    def is_supported(self) -> bool:
        return any(self.key)


def _standing(rules: Rules, option: int, marks: Mapping[int, int]) -> _Standing:
    listed = tuple(sorted(marks.items()))
    if rules.method is Method.TIME:
        yes, maybe = marks.get(YES, 0), marks.get(MAYBE, 0)
        return _Standing(OptionTotal(option, yes, listed), (yes, maybe))
    total = sum(mark * voters for mark, voters in listed)
    key = (total, marks.get(rules.max_score, 0)) if rules.method is Method.SCORE else (total,)
    return _Standing(OptionTotal(option, total, listed), key)


def _reopens(rules: Rules) -> bool:
    return rules.method is Method.ELECTION and rules.reopen is not None


def _margin(tally: Tally, winners: tuple[int, ...]) -> Fraction | None:
    """What the last winner has more than the best of the others."""
    others = [one.total for one in tally.options if one.option not in winners]
    if not winners or not others:
        return None
    return Fraction(min(tally.option(winner).total for winner in winners) - max(others))

"""Votes to be counted: short ways to write them, and strategies that make any of them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from alliances.counting import (
    STANCES,
    Approvals,
    Base,
    Choice,
    Marks,
    Method,
    Ranking,
    Rules,
    Stance,
    Tally,
    count,
)

OPTION_METHODS = [method for method in Method if method.has_options]


def tally(rules: Rules, ballots: Iterable[Choice], *, options: Iterable[int] = (), roll: int | None = None) -> Tally:
    cast = list(ballots)
    return count(rules, options=tuple(options), ballots=cast, roll=len(cast) if roll is None else roll)


def stances(**votes: int) -> list[Choice]:
    return [Stance(name) for name, number in votes.items() for _ in range(number)]


def rankings(papers: Mapping[tuple[int, ...], int]) -> list[Choice]:
    return [Ranking(ranking) for ranking, number in papers.items() for _ in range(number)]


def marks(*ballots: Mapping[int, int]) -> list[Choice]:
    return [Marks(tuple(sorted(ballot.items()))) for ballot in ballots]


def approvals(*ballots: Iterable[int]) -> list[Choice]:
    return [Approvals(frozenset(ballot)) for ballot in ballots]


@st.composite
def papers(draw: st.DrawFn, options: tuple[int, ...], *, most: int = 12) -> dict[tuple[int, ...], int]:
    """Different rankings, each on some papers: many alike, as votes are, or few and full of ties."""
    ranking = st.permutations(options).flatmap(lambda one: st.integers(1, len(one)).map(lambda end: tuple(one[:end])))
    return draw(st.dictionaries(ranking, st.integers(1, draw(st.sampled_from([2, 60]))), min_size=1, max_size=most))


def option_numbers(least: int = 1, most: int = 6) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(1, 99), min_size=least, max_size=most, unique=True).map(tuple)


@st.composite
def choices(draw: st.DrawFn, rules: Rules, options: tuple[int, ...]) -> Choice:
    """Any valid choice."""
    method = rules.marking
    if method in STANCES:
        return draw(st.sampled_from(STANCES[method]))
    if draw(st.integers(0, 9)) == 0:
        return Stance.ABSTAIN
    some = draw(st.lists(st.sampled_from(options), min_size=method is not Method.APPROVAL, unique=True))
    if method is Method.RANKED:
        return Ranking(tuple(some))
    if method is Method.APPROVAL:
        return Approvals(frozenset(some))
    if method is Method.DOTS:
        spread = draw(st.lists(st.sampled_from(some), min_size=1, max_size=rules.dots))
        return Marks(tuple(sorted((option, spread.count(option)) for option in set(spread))))
    highest = 2 if method is Method.TIME else rules.max_score
    return Marks(tuple((option, draw(st.integers(0, highest))) for option in sorted(some)))


def shares() -> st.SearchStrategy[Fraction]:
    return st.fractions(min_value=0, max_value=1, max_denominator=12)


@st.composite
def rule_sets(draw: st.DrawFn, method: st.SearchStrategy[Method], options: tuple[int, ...]) -> Rules:
    threshold = draw(shares().filter(bool))
    return Rules(
        method=draw(method),
        threshold=threshold,
        strict=draw(st.booleans()) and threshold < 1,
        base=draw(st.sampled_from(Base)),
        quorum_share=draw(shares()),
        quorum_strict=draw(st.booleans()),
        quorum_count=draw(st.integers(0, 8)),
        seats=draw(st.integers(1, 4)),
        ballot=draw(st.sampled_from([Method.RANKED, Method.APPROVAL])),
        reopen=draw(st.sampled_from([None, *options])),
        lot=draw(st.booleans()),
        seed=draw(st.text(st.characters(codec="utf-8"), max_size=8)),
    )


@st.composite
def votes(
    draw: st.DrawFn, method: st.SearchStrategy[Method] | None = None
) -> tuple[Rules, tuple[int, ...], list[Choice], int]:
    """Any rules, options, choices and roll that can come together."""
    options = draw(option_numbers())
    rules = draw(rule_sets(st.sampled_from(Method) if method is None else method, options))
    cast = draw(st.lists(choices(rules, options), max_size=20))
    return rules, options, cast, len(cast) + draw(st.integers(0, 20))


def plain_rules(rules: Rules) -> Rules:
    """Without a quorum and a lot, so that what was voted decides."""
    return replace(rules, quorum_share=Fraction(0), quorum_count=0, lot=False)

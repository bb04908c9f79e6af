"""What holds of every method: nothing fails, order and names do not matter, and a tally can be written down."""

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from alliances.counting import Approvals, Choice, Marks, Method, Outcome, Ranking, Rules, Tally, canonical, count
from tests.alliances.voting import OPTION_METHODS, plain_rules, rankings, stances, tally, votes

Vote = tuple[Rules, tuple[int, ...], list[Choice], int]


@given(votes())
def test_any_valid_vote_is_counted(vote: Vote) -> None:
    rules, options, cast, roll = vote
    found = count(rules, options=options, ballots=cast, roll=roll)
    assert found.cast == len(cast)
    assert (found.outcome is Outcome.NO_QUORUM) == (len(cast) < rules.quorum(roll) and rules.method is not Method.SENSE)
    assert len(set(found.winners)) == len(found.winners) <= rules.seats
    assert set(found.winners) <= set(options)
    assert bool(found.tied) == (found.outcome is Outcome.TIE and rules.method.has_options)
    assert not set(found.tied) & set(found.winners)


@given(votes(), st.randoms(use_true_random=False))
def test_the_order_of_ballots_never_matters(vote: Vote, random: Random) -> None:
    rules, options, cast, roll = vote
    shuffled = random.sample(cast, len(cast))
    assert count(rules, options=options, ballots=shuffled, roll=roll) == count(
        rules, options=options, ballots=cast, roll=roll
    )


def renamed(choice: Choice, name: Callable[[int], int]) -> Choice:
    if isinstance(choice, Ranking):
        return Ranking(tuple(map(name, choice.options)))
    if isinstance(choice, Approvals):
        return Approvals(frozenset(map(name, choice.options)))
    if isinstance(choice, Marks):
        return Marks(tuple(sorted((name(option), mark) for option, mark in choice.values)))
    return choice


@given(votes(st.sampled_from(OPTION_METHODS)))
def test_other_numbers_for_the_options_give_the_same_result(vote: Vote) -> None:
    rules, options, cast, _roll = vote
    rules = plain_rules(rules)
    turned = replace(rules, reopen=None if rules.reopen is None else 1000 - rules.reopen)
    one = tally(rules, cast, options=options)
    other = tally(
        turned,
        [renamed(choice, lambda option: 1000 - option) for choice in cast],
        options=[1000 - option for option in options],
    )
    assert other.outcome is one.outcome
    assert [1000 - winner for winner in other.winners] == list(one.winners)
    assert {1000 - option for option in other.tied} == set(one.tied)
    assert [[votes for _option, votes in each.totals] for each in other.rounds] == [
        [votes for _option, votes in each.totals] for each in one.rounds
    ]


@given(votes(st.sampled_from([method for method in OPTION_METHODS if method is not Method.TIME])), st.data())
def test_the_order_of_options_never_matters(vote: Vote, data: st.DataObject) -> None:
    rules, options, cast, roll = vote
    one = count(rules, options=options, ballots=cast, roll=roll)
    other = count(rules, options=data.draw(st.permutations(options)), ballots=cast, roll=roll)
    assert other.outcome is one.outcome
    assert (set(other.winners), set(other.tied)) == (set(one.winners), set(one.tied))


@given(votes(st.sampled_from([method for method in OPTION_METHODS if method is not Method.TIME])))
def test_options_that_voters_treat_alike_are_treated_alike(vote: Vote) -> None:
    """Each ballot is cast again with two options exchanged: neither can win without the other, and no lot is drawn."""
    rules, options, cast, _roll = vote
    rules = replace(plain_rules(rules), reopen=None)
    one, other = options[0], options[-1]
    exchanged = {one: other, other: one}
    both = [*cast, *(renamed(choice, lambda option: exchanged.get(option, option)) for choice in cast)]
    found = tally(rules, both, options=options)
    assert (one in found.winners) == (other in found.winners)
    assert (one in found.tied) == (other in found.tied)


@given(votes())
def test_a_tally_survives_being_written_and_read(vote: Vote) -> None:
    rules, options, cast, roll = vote
    found = count(rules, options=options, ballots=cast, roll=roll)
    written = canonical(found.to_json())
    read = Tally.from_json(json.loads(written))
    assert read == found
    assert canonical(read.to_json()) == written
    assert Rules.from_json(json.loads(canonical(rules.to_json()))) == rules


@given(votes())
def test_the_bytes_to_be_hashed_are_those_of_rfc_8785(vote: Vote) -> None:
    rules, options, cast, roll = vote
    found = count(rules, options=options, ballots=cast, roll=roll)
    assert canonical(found.to_json()) == rfc8785.dumps(found.to_json())
    assert canonical(rules.to_json()) == rfc8785.dumps(rules.to_json())


def test_no_number_of_a_tally_is_a_float() -> None:
    found = tally(
        Rules(method=Method.RANKED, seats=2), rankings({(1, 2): 7, (2, 3): 2, (3,): 2, (1, 3): 3}), options=(1, 2, 3)
    )
    json.loads(canonical(found.to_json()), parse_float=pytest.fail)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cast", True),
        ("cast", 3.0),
        ("cast", None),
        ("outcome", "won"),
        ("margin", "2/2"),
        ("margin", "1"),
        ("margin", "-0/1"),
        ("margin", 0.5),
        ("winners", "1"),
        ("winners", ["1"]),
        ("stances", [["yes", 3]]),
        ("options", [{"option": 1, "total": 1, "marks": [[1, 2, 3]]}]),
    ],
)
def test_what_is_no_tally_is_not_read_as_one(field: str, value: object) -> None:
    written = tally(Rules(method=Method.SIMPLE), stances(yes=3, no=1)).to_json()
    assert Tally.from_json(written).margin == Fraction(2)
    with pytest.raises(ValueError):  # noqa: PT011 - which sentence it says matters to nobody
        Tally.from_json(written | {field: value})
    with pytest.raises(ValueError, match="members"):
        Tally.from_json({name: content for name, content in written.items() if name != field})

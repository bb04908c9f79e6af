from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliances.counting import Approvals, Choice, Marks, Method, Outcome, Rules, Stance, Tally, TieBreak
from tests.alliances.voting import approvals, marks, plain_rules, tally, votes

A, B, C, D = 11, 7, 5, 3
SCORE, DOTS, TIME = Rules(method=Method.SCORE), Rules(method=Method.DOTS), Rules(method=Method.TIME)
APPROVAL = Rules(method=Method.APPROVAL)
ELECTION = Rules(method=Method.ELECTION, ballot=Method.APPROVAL)


def chosen(rules: Rules, ballots: Sequence[Choice], *, options: Sequence[int] = (A, B, C)) -> Tally:
    return tally(rules, ballots, options=options)


def test_the_highest_sum_of_scores_is_chosen_and_the_mean_is_of_those_who_scored() -> None:
    found = chosen(SCORE, [*marks({A: 5}, {A: 4, B: 5}, {B: 3, C: 0}), Stance.ABSTAIN])
    assert (found.outcome, found.winners, found.margin) == (Outcome.CHOSEN, (A,), 1)
    assert [(one.option, one.total, one.mean) for one in found.options] == [
        (A, 9, Fraction(9, 2)),
        (B, 8, Fraction(4)),
        (C, 0, Fraction(0)),
    ]


def test_equal_sums_of_scores_are_decided_by_top_scores() -> None:
    assert chosen(SCORE, marks({A: 4, B: 5}, {A: 4, B: 3})).winners == (B,)


def test_equal_scores_with_equal_top_scores_are_a_tie() -> None:
    found = chosen(SCORE, marks({A: 5, B: 3}, {A: 3, B: 5}, {C: 1}))
    assert (found.outcome, found.winners, found.tied) == (Outcome.TIE, (), (B, A))


def test_most_dots_win_and_equal_dots_are_a_tie() -> None:
    assert chosen(DOTS, marks({A: 6, B: 4}, {B: 3})).winners == (B,)
    found = chosen(DOTS, marks({A: 6, B: 4}, {B: 2, C: 1}))
    assert (found.outcome, found.tied) == (Outcome.TIE, (B, A))


def test_most_approvals_win() -> None:
    found = chosen(APPROVAL, approvals({A, B}, {B}, {C}, ()))
    assert (found.outcome, found.winners, found.cast) == (Outcome.CHOSEN, (B,), 4)


def test_with_several_seats_only_the_last_one_can_be_tied() -> None:
    found = chosen(replace(APPROVAL, seats=2), approvals({A, B}, {A, C}))
    assert (found.outcome, found.winners, found.tied) == (Outcome.TIE, (A,), (C, B))
    assert chosen(replace(APPROVAL, seats=3), approvals({A, B}, {A, C})).winners == (A, B, C)


def test_what_nobody_supports_is_not_chosen() -> None:
    assert chosen(replace(APPROVAL, seats=3), approvals({A}, {A, B})).winners == (A, B)
    for rules, cast in ((APPROVAL, approvals(())), (SCORE, marks({A: 0})), (TIME, marks({A: 0}))):
        assert chosen(rules, cast).outcome is Outcome.FAILED
        assert chosen(rules, [Stance.ABSTAIN]).outcome is Outcome.FAILED


def test_a_lot_decides_what_everybody_can_draw_again() -> None:
    cast = approvals({A, B}, {A, C}, {D})
    lucky = set()
    for seed in "abcdefgh":
        found = chosen(replace(APPROVAL, seats=2, lot=True, seed=seed), cast, options=(A, B, C, D))
        first = min((B, C, D), key=lambda option, seed=seed: sha256(f"{seed}:{option}".encode()).hexdigest())
        assert (found.outcome, found.winners) == (Outcome.CHOSEN, (A, first))
        assert found.tie is not None
        assert (found.tie.by, found.tie.options, found.tie.taken) == (TieBreak.LOT, (D, C, B), (first,))
        lucky.add(first)
    assert lucky == {B, C, D}


@pytest.mark.parametrize(
    ("times", "winner"),
    [
        ([{A: 2, B: 1}, {B: 2, C: 2}, {C: 2}], C),  # most yes
        ([{A: 2, B: 2}, {B: 1, C: 2}], B),  # as many yes, more who could
        ([{B: 2, C: 2}, {A: 1}], B),  # alike: the earlier
        ([{C: 1}], C),
    ],
)
def test_the_time_that_suits_most_is_chosen(times: list[dict[int, int]], winner: int) -> None:
    found = chosen(TIME, marks(*times))
    assert (found.outcome, found.winners, found.tied) == (Outcome.CHOSEN, (winner,), ())


def test_candidates_must_beat_reopened_nominations() -> None:
    rules = replace(ELECTION, seats=2, reopen=C)
    found = chosen(rules, approvals({A}, {A, C}, {B}, {C}))
    assert (found.outcome, found.winners, found.reopened) == (Outcome.FAILED, (), True)
    found = chosen(rules, approvals({A}, {A, C}, {A, B}, {C}))
    assert (found.outcome, found.winners, found.reopened) == (Outcome.ELECTED, (A,), True)
    found = chosen(rules, approvals({A, B}, {A, B}, {C}))
    assert (found.outcome, found.winners, found.reopened) == (Outcome.ELECTED, (A, B), False)


def raised(choice: Choice, option: int, rules: Rules) -> Choice:
    """The same choice with more for one option, where there can be more, and less for none but at its cost."""
    if isinstance(choice, Approvals):
        return Approvals(choice.options | {option})
    if not isinstance(choice, Marks):
        return choice
    given = dict(choice.values)
    if rules.method is Method.DOTS and sum(given.values()) == rules.dots:
        other = next((one for one in given if one != option), None)
        if other is None:
            return choice
        given[other] -= 1
    highest = {Method.DOTS: rules.dots, Method.TIME: 2}.get(rules.method, rules.max_score)
    given[option] = min(given.get(option, 0) + 1, highest)
    return Marks(tuple(sorted((one, mark) for one, mark in given.items() if mark or rules.method is not Method.DOTS)))


pointed = st.sampled_from([Method.SCORE, Method.DOTS, Method.APPROVAL, Method.TIME])


@given(votes(pointed), st.data())
def test_more_support_never_makes_a_winner_lose(
    vote: tuple[Rules, tuple[int, ...], list[Choice], int], data: st.DataObject
) -> None:
    rules, options, cast, _roll = vote
    rules = plain_rules(rules)
    before = chosen(rules, cast, options=options)
    for winner in before.winners:
        place = data.draw(st.integers(0, len(cast) - 1))
        more = [*cast[:place], raised(cast[place], winner, rules), *cast[place + 1 :]]
        after = chosen(rules, more, options=options)
        assert winner in after.winners


@given(votes(pointed), st.integers(2, 4))
def test_the_same_ballots_several_times_over_give_the_same_result(
    vote: tuple[Rules, tuple[int, ...], list[Choice], int], times: int
) -> None:
    rules, options, cast, _roll = vote
    rules = plain_rules(rules)
    once, often = chosen(rules, cast, options=options), chosen(rules, cast * times, options=options)
    assert (often.outcome, often.winners, often.tied) == (once.outcome, once.winners, once.tied)

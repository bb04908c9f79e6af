"""Instant runoff and the single transferable vote: properties, ties, and a slow count beside ours."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliances.counting import Method, Outcome, Rules, Stage, Stance, Tally, TieBreak
from tests.alliances.voting import option_numbers, papers, rankings, tally

A, B, C, D, E = 11, 7, 5, 3, 2
ONE = Rules(method=Method.RANKED)
TWO = replace(ONE, seats=2)
Papers = Mapping[tuple[int, ...], int]


def counted(rules: Rules, cast: Papers, options: Sequence[int] = (A, B, C, D)) -> Tally:
    return tally(rules, rankings(cast), options=options)


@st.composite
def elections(draw: st.DrawFn, *, least: int = 1) -> tuple[tuple[int, ...], Papers]:
    options = draw(option_numbers(least))
    return options, draw(papers(options))


def test_papers_without_a_continuing_option_are_exhausted() -> None:
    found = counted(ONE, {(A,): 4, (B,): 3, (C, D): 2, (D,): 1})
    assert [one.exhausted for one in found.rounds] == [0, 1, 3]
    assert (found.winners, found.rounds[-1].needed, found.margin) == ((A,), 4, 1)


def test_an_equal_last_place_is_decided_by_the_most_recent_round_that_told_them_apart() -> None:
    found = counted(ONE, {(A,): 5, (B,): 3, (C,): 2, (D, C): 1})
    assert found.rounds[2].sources == (C,)
    assert found.rounds[2].tie is not None
    assert (found.rounds[2].tie.by, found.rounds[2].tie.round) == (TieBreak.EARLIER, 1)


def test_of_two_earlier_rounds_that_disagree_the_more_recent_one_decides() -> None:
    cast = {(A,): 8, (B,): 6, (C,): 5, (E, C): 2, (D, B): 1, (D,): 2}
    found = counted(ONE, cast, (A, B, C, D, E))
    assert [(one.votes(B), one.votes(C)) for one in found.rounds[:3]] == [(6, 5), (6, 7), (7, 7)]
    assert found.rounds[3].sources == (B,)
    assert found.rounds[3].tie is not None
    assert found.rounds[3].tie.round == 2


def test_a_last_place_that_nothing_decides_ends_the_count_without_a_lot() -> None:
    found = counted(ONE, {(A,): 5, (B, A): 3, (C, B): 3})
    assert (found.outcome, found.winners, found.tied) == (Outcome.TIE, (), (B, C))


def test_a_lot_excludes_the_one_whose_hash_is_larger() -> None:
    for seed in "abcdef":
        found = counted(replace(ONE, lot=True, seed=seed), {(A,): 5, (B, A): 3, (C, B): 3})
        unlucky = max((B, C), key=lambda option: sha256(f"{seed}:{option}".encode()).hexdigest())
        assert found.rounds[2].sources == (unlucky,)
        assert found.winners == ((A,) if unlucky == B else (B,))


def test_without_a_lot_those_go_together_who_cannot_catch_up_together() -> None:
    found = counted(ONE, {(A,): 4, (B,): 3, (C, B): 1, (D, B): 1})
    assert (found.rounds[1].sources, found.winners) == ((C, D), (B,))
    assert found.rounds[1].tie is not None
    assert found.rounds[1].tie.by is TieBreak.TOGETHER


def test_without_a_lot_those_who_might_catch_up_together_are_a_tie() -> None:
    found = counted(ONE, {(A,): 4, (B,): 2, (C, D): 1, (D, C): 1})
    assert (found.outcome, found.tied) == (Outcome.TIE, (C, D))


def test_without_a_lot_nobody_is_excluded_who_is_needed_for_a_seat() -> None:
    found = counted(TWO, {(A,): 3}, (A, B, C))
    assert (found.outcome, found.winners, found.tied) == (Outcome.TIE, (A,), (B, C))


def test_the_last_two_with_equal_votes_are_a_tie() -> None:
    found = counted(ONE, {(A,): 4, (B,): 4}, (A, B))
    assert (found.outcome, found.tied) == (Outcome.TIE, (A, B))


def test_abstentions_rank_nothing() -> None:
    found = tally(ONE, [Stance.ABSTAIN] * 3, options=(A, B))
    assert (found.outcome, found.winners, found.rounds, found.abstained) == (Outcome.FAILED, (), (), 3)


def test_the_larger_surplus_goes_first() -> None:
    found = counted(TWO, {(A, C): 9, (B, D): 7, (C,): 2, (D,): 2}, (A, B, C, D))
    assert found.rounds[0].elected == (A, B)
    three = counted(replace(TWO, seats=3), {(A, C): 9, (B, D): 7, (C,): 2, (D,): 2})
    assert [one.sources for one in three.rounds[:3]] == [(), (A,), (B,)]


def test_of_equal_surpluses_that_of_whoever_was_ahead_before_goes_first() -> None:
    cast = {(A,): 60, (B,): 70, (C,): 70, (E,): 50, (D, A): 20, (D, B): 10}
    found = counted(replace(TWO, seats=3), cast, (A, B, C, D, E))
    assert found.rounds[1].elected == (A, B)
    assert found.rounds[1].votes(A) == found.rounds[1].votes(B) == 80
    assert found.rounds[2].sources == (B,)
    assert found.rounds[2].tie is not None
    assert (found.rounds[2].tie.by, found.rounds[2].tie.round) == (TieBreak.EARLIER, 1)


def test_equal_surpluses_go_in_the_same_stage_without_a_lot_and_one_by_one_with_it() -> None:
    cast = {(A, C): 8, (B, D): 8, (C,): 2, (D,): 2, (E,): 3}
    together = counted(replace(TWO, seats=3), cast, (A, B, C, D, E))
    assert (together.rounds[1].stage, together.rounds[1].sources) == (Stage.SURPLUS, (A, B))
    drawn = counted(replace(TWO, seats=3, lot=True, seed="x"), cast, (A, B, C, D, E))
    lucky = min((A, B), key=lambda option: sha256(f"x:{option}".encode()).hexdigest())
    assert drawn.rounds[1].sources == (lucky,)


def test_uncontested_candidates_are_elected_and_may_be_refused() -> None:
    rules = Rules(method=Method.ELECTION, seats=2)
    assert counted(rules, {(A,): 3}, (A, B)).winners == (A, B)
    found = counted(replace(rules, reopen=C), {(C,): 9, (A,): 1}, (A, B, C))
    assert (found.outcome, found.winners, found.reopened) == (Outcome.FAILED, (), True)


def test_as_many_seats_stay_empty_as_there_are_quotas_for_reopening() -> None:
    rules = Rules(method=Method.ELECTION, seats=3, reopen=D)
    one = counted(rules, {(A, B): 10, (D,): 6, (B,): 3, (C,): 1})
    assert (one.outcome, one.winners, one.reopened) == (Outcome.ELECTED, (A, B), True)
    two = counted(rules, {(D, C): 12, (A, B): 6, (B,): 1, (C,): 1})
    assert (two.outcome, two.winners, two.reopened) == (Outcome.ELECTED, (A,), True)
    assert [one.elected for one in two.rounds if one.elected] == [(D, A), (D,)]
    assert two.rounds[-1].votes(D) == 12 - two.rounds[-1].lost


def test_a_candidate_whom_fewer_want_than_new_nominations_is_not_left_over_for_a_seat() -> None:
    for seats in (2, 3):
        rules = Rules(method=Method.ELECTION, seats=seats, reopen=C)
        found = counted(rules, {(A,): 60, (C,): 20, (B,): 10}, (A, B, C))
        assert (found.winners, found.reopened) == ((A,), True)
    found = counted(Rules(method=Method.ELECTION, seats=2, reopen=C), {(A,): 60, (C,): 10, (B,): 30}, (A, B, C))
    assert (found.winners, found.reopened) == ((A, B), False)


@given(elections(least=2), st.integers(1, 4))
def test_reopening_takes_no_seat_that_its_voters_have_no_quota_for(
    election: tuple[tuple[int, ...], Papers], seats: int
) -> None:
    """Against candidates of whom there are enough, each with voters: what is elected and what stays empty fill up."""
    options, cast = election
    rules = Rules(method=Method.ELECTION, seats=seats, reopen=options[0], lot=True)
    found = counted(rules, cast, options)
    elected = [option for one in found.rounds for option in one.elected]
    assert len(elected) <= seats
    assert found.winners == tuple(option for option in elected if option != options[0])
    assert found.reopened == (options[0] in elected)
    for one in found.rounds:
        assert sum(votes for _option, votes in one.totals) + one.exhausted + one.lost == found.cast


def test_the_option_that_reopens_means_nothing_outside_an_election() -> None:
    assert counted(replace(ONE, reopen=A), {(A,): 3, (B,): 1}).winners == (A,)


@given(elections())
def test_whoever_most_put_first_wins_at_once(election: tuple[tuple[int, ...], Papers]) -> None:
    options, cast = election
    found = counted(ONE, cast, options)
    first = max(found.options, key=lambda one: one.total)
    if first.total * 2 > found.cast:
        assert (found.winners, len(found.rounds)) == ((first.option,), 1)


@given(elections(), st.integers(1, 5), st.text(max_size=5))
def test_with_a_lot_as_many_are_elected_as_can_be(
    election: tuple[tuple[int, ...], Papers], seats: int, seed: str
) -> None:
    options, cast = election
    found = counted(replace(ONE, seats=seats, lot=True, seed=seed), cast, options)
    assert len(found.winners) == min(seats, len(options))
    assert not found.tied
    without = counted(replace(ONE, seats=seats), cast, options)
    assert len(without.winners) == min(seats, len(options)) or len(without.tied) > 1


@given(election=elections(), seats=st.integers(1, 5), lot=st.booleans())
def test_no_vote_is_lost_or_made(election: tuple[tuple[int, ...], Papers], seats: int, *, lot: bool) -> None:
    options, cast = election
    found = counted(replace(ONE, seats=seats, lot=lot), cast, options)
    for before, after in zip(found.rounds, found.rounds[1:], strict=False):
        assert sum(votes for _option, votes in after.totals) + after.exhausted + after.lost == found.cast
        assert after.exhausted >= before.exhausted
        assert after.lost >= before.lost
        for one in after.sources:
            moved = sum(transfer.votes for transfer in after.transfers if transfer.source == one)
            assert moved <= before.votes(one) - after.votes(one)


@given(elections(), st.integers(1, 4), st.integers(2, 3))
def test_one_seat_goes_to_the_same_when_everybody_votes_several_times(
    election: tuple[tuple[int, ...], Papers], times: int, more: int
) -> None:
    options, cast = election
    once = counted(ONE, {one: number * times for one, number in cast.items()}, options)
    often = counted(ONE, {one: number * times * more for one, number in cast.items()}, options)
    assert (often.outcome, often.winners, often.tied) == (once.outcome, once.winners, once.tied)


@given(elections(), st.integers(1, 4), st.text(max_size=3))
def test_our_count_is_that_of_single_papers_laid_by_hand(
    election: tuple[tuple[int, ...], Papers], seats: int, seed: str
) -> None:
    options, cast = election
    found = counted(replace(ONE, seats=seats, lot=True, seed=seed), cast, options)
    slow = _by_hand(options, [one for one, number in cast.items() for _ in range(number)], seats, seed)
    assert [{option: votes * 100_000 for option, votes in one.totals} for one in found.rounds] == slow.stages
    assert set(found.winners) == set(slow.elected)


class _ByHand:
    """Rule by rule, paper by paper, with whole hundred-thousandths; written to be read beside the law."""

    def __init__(self, options: Sequence[int], seats: int, seed: str) -> None:
        self.options, self.seats, self.seed = options, seats, seed
        self.piles: dict[int, list[tuple[tuple[int, ...], int]]] = {option: [] for option in options}
        self.kept = dict.fromkeys(options, 0)  # of elected ones whose surplus went on
        self.elected: list[int] = []
        self.gone: list[int] = []
        self.stages: list[dict[int, int]] = []

    def continuing(self) -> list[int]:
        return [option for option in self.options if option not in self.elected and option not in self.gone]

    def votes(self, option: int) -> int:
        return self.kept[option] + sum(value for _paper, value in self.piles[option])

    def lay(self, paper: tuple[int, ...], value: int) -> None:
        target = next((option for option in paper if option in self.continuing()), None)
        if target is not None:
            self.piles[target].append((paper, value))

    def pick(self, equal: list[int], *, last: bool) -> int:
        for stage in reversed(self.stages):
            border = (min if last else max)(stage[option] for option in equal)
            equal = [option for option in equal if stage[option] == border]
        order = sorted(equal, key=lambda option: sha256(f"{self.seed}:{option}".encode()).hexdigest())
        return order[-1 if last else 0]

    def end_stage(self, quota: int) -> None:
        self.stages.append({option: self.votes(option) for option in self.options})
        if self.seats == 1:
            quota = sum(self.votes(option) for option in self.continuing()) // 200_000 + 1
        self.elected += [option for option in self.continuing() if self.votes(option) >= quota * 100_000]
        if len(self.continuing()) <= self.seats - len(self.elected):
            self.elected += self.continuing()


def _by_hand(options: Sequence[int], cast: list[tuple[int, ...]], seats: int, seed: str) -> _ByHand:
    table = _ByHand(options, seats, seed)
    quota = len(cast) // (seats + 1) + 1
    for paper in cast:
        table.lay(paper, 100_000)
    table.end_stage(quota)
    while len(table.elected) < seats and table.continuing():
        over = {option: table.votes(option) - quota * 100_000 for option in table.elected}
        if max(over.values(), default=0) > 0:
            largest = [option for option in over if over[option] == max(over.values())]
            source = table.pick(largest, last=False)
            total, pile = table.votes(source), table.piles[source]
            table.piles[source], table.kept[source] = [], quota * 100_000
            for paper, value in pile:
                table.lay(paper, over[source] * value // total)
        else:
            fewest = min(table.votes(option) for option in table.continuing())
            source = table.pick([one for one in table.continuing() if table.votes(one) == fewest], last=True)
            table.gone.append(source)
            pile, table.piles[source] = table.piles[source], []
            for paper, value in pile:
                table.lay(paper, value)
        table.end_stage(quota)
    return table


@pytest.mark.parametrize("seats", [1, 3])
def test_more_seats_than_options_are_filled_at_once(seats: int) -> None:
    found = counted(replace(ONE, seats=seats), {(A,): 1}, (A,))
    assert (found.winners, len(found.rounds)) == ((A,), 1)

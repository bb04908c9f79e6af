"""How long a ranked count takes beside one bare pass over the same ballots: interleaved rounds, medians, ratios.

    python -m bench.counting [--quick]

"different" are full rankings of twenty options, hardly two alike, which is the worst there is: nothing can be grouped,
and every paper is moved again and again. "as cast" are ballots as voters cast them: many rank alike, many rank few.
The bare pass reads every preference of every ballot once and adds one to a total.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterable, Sequence
from statistics import median

from alliances.counting import Choice, Marks, Method, Ranking, Rules, Tally, count

OPTIONS = tuple(range(1, 21))
SIZES = (5_000, 10_000, 20_000, 40_000)
ROUNDS = 7


def main() -> None:
    """Print one line a size and number of seats."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller sizes")
    quick = parser.parse_args().quick
    sizes, rounds = (SIZES[:2], 3) if quick else (SIZES, ROUNDS)
    print(f"{'ballots':>8} {'seats':>6} {'rounds':>7} {'ms':>8} {'µs/ballot':>10} {'bare pass ms':>13} {'ratio':>6}")
    for make in (different, as_cast):
        print(f"{make.__name__.replace('_', ' ')}:")
        for seats in (1, 7):
            for size in sizes:
                _line(Rules(method=Method.RANKED, seats=seats, lot=True, seed="bench"), make(size), rounds)
    print("scores for every option:")
    for size in sizes:
        _line(Rules(method=Method.SCORE), scored(size), rounds)


def different(size: int) -> list[Choice]:
    """Full rankings, hardly two of them alike."""
    dice = random.Random(size)  # noqa: S311 - the same ballots at every run
    return [Ranking(tuple(dice.sample(OPTIONS, len(OPTIONS)))) for _ in range(size)]


def as_cast(size: int) -> list[Choice]:
    """A few slates of popular options, of which voters rank the first two to six."""
    dice = random.Random(size)  # noqa: S311 - the same ballots at every run
    slates = [dice.sample(OPTIONS, len(OPTIONS)) for _ in range(40)]
    return [Ranking(tuple(dice.choice(slates)[: dice.randint(2, 6)])) for _ in range(size)]


def scored(size: int) -> list[Choice]:
    """A score for every option, at random."""
    dice = random.Random(size)  # noqa: S311 - the same ballots at every run
    return [Marks(tuple((option, dice.randint(0, 5)) for option in OPTIONS)) for _ in range(size)]


def _line(rules: Rules, ballots: Sequence[Choice], rounds: int) -> None:
    def counted() -> Tally:
        return count(rules, options=OPTIONS, ballots=ballots, roll=len(ballots))

    pairs = [(_seconds(lambda: _pass_over(ballots)), _seconds(counted)) for _ in range(rounds)]
    bare, ours = [one for one, _other in pairs], [other for _one, other in pairs]
    took, ratio = median(ours), median(one / other for one, other in zip(ours, bare, strict=True))
    print(
        f"{len(ballots):>8,} {rules.seats:>6} {len(counted().rounds):>7} {took * 1000:>8.1f}"
        f" {took / len(ballots) * 1_000_000:>10.2f} {median(bare) * 1000:>13.1f} {ratio:>6.2f}"
    )


def _pass_over(ballots: Iterable[Choice]) -> dict[int, int]:
    """Every preference of every ballot, once."""
    totals = dict.fromkeys(OPTIONS, 0)
    for ballot in ballots:
        if isinstance(ballot, Ranking):
            for option in ballot.options:
                totals[option] += 1
        elif isinstance(ballot, Marks):
            for option, mark in ballot.values:
                totals[option] += mark
    return totals


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()

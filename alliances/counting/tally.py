"""What a count gives: the outcome, and every number that leads to it."""

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any, Self

from alliances.counting.choices import Stance
from alliances.counting.exact import plain, typed
from alliances.counting.rules import Method


class Outcome(StrEnum):
    """What was decided. A tie and a missed quorum are outcomes, too."""

    PASSED = "passed"
    FAILED = "failed"
    BLOCKED = "blocked"  # an objection or a veto stands
    TIE = "tie"
    NO_QUORUM = "no-quorum"
    CHOSEN = "chosen"
    ELECTED = "elected"
    HEARD = "heard"  # a sense check decides nothing


@dataclass(frozen=True)
class StanceTotal:
    """How many took a stance."""

    stance: Stance
    votes: int


@dataclass(frozen=True)
class OptionTotal:
    """What an option got: `total` is what it is compared by, `marks` says how many voters gave it each mark.

    total: first preferences (ranked), sum of scores or dots, approvals, or "yes" (time).
    marks: (mark, voters) in ascending order; the mark is the preference 1, 2, … (ranked), the score, the dots,
    1 for an approval, or 0 no, 1 if need be, 2 yes (time).
    """

    option: int
    total: int
    marks: tuple[tuple[int, int], ...] = ()

    @property
    def voices(self) -> int:
        """How many voters marked the option at all."""
        return sum(voters for _mark, voters in self.marks)

    @property
    def mean(self) -> Fraction | None:
        """The mean mark of those who marked the option."""
        return Fraction(sum(mark * voters for mark, voters in self.marks), self.voices) if self.voices else None

    def voters(self, mark: int) -> int:
        """How many gave exactly this mark."""
        return dict(self.marks).get(mark, 0)


class Stage(StrEnum):
    """What happens in a round of a ranked count."""

    FIRST = "first"  # first preferences are counted
    SURPLUS = "surplus"  # what an elected option has beyond the quota goes on
    EXCLUSION = "exclusion"  # the last one is excluded, its papers go on


class TieBreak(StrEnum):
    """What decided between options with equal votes."""

    EARLIER = "earlier"  # the most recent earlier round at which they differed
    LOT = "lot"
    TOGETHER = "together"  # without a lot: all of them at once, because together they cannot catch up
    NONE = "none"  # without a lot: nothing; the count ends here


@dataclass(frozen=True)
class Tie:
    """Options that were equal when one had to be taken; `round` is the earlier round that told them apart."""

    options: tuple[int, ...]
    by: TieBreak
    taken: tuple[int, ...]
    round: int | None = None


@dataclass(frozen=True)
class Transfer:
    """Papers that went from one option to another; `target` is None for those that name no continuing option."""

    source: int
    target: int | None
    papers: int
    votes: Fraction


@dataclass(frozen=True)
class Round:
    """A stage of a ranked count, as it stands at its end.

    The votes of all options, `exhausted` and `lost` (cut off behind the fifth decimal) add up to the number of ballots
    that rank anything, in every round. `needed` elects: the quota, or more than half of the continuing votes.
    """

    number: int
    stage: Stage
    sources: tuple[int, ...]
    totals: tuple[tuple[int, Fraction], ...]
    transfers: tuple[Transfer, ...]
    exhausted: Fraction
    lost: Fraction
    needed: int
    elected: tuple[int, ...] = ()
    tie: Tie | None = None

    def votes(self, option: int) -> Fraction:
        """What an option holds at the end of this round."""
        return dict(self.totals)[option]


@dataclass(frozen=True)
class Tally:
    """The result of a count.

    `winners` stand in the order in which they were chosen; with `TIE` they are those beyond doubt, and no rule decides
    between the `tied`. Of `seats` some may stay empty; `reopened` says that voters preferred new nominations for them.
    `base` and `needed` say out of how many, and how many, a threshold asked for. `margin` is by how much the last
    winner led, or by how many votes a proposal passed or failed.
    """

    method: Method
    roll: int
    cast: int
    abstained: int
    quorum_needed: int
    outcome: Outcome
    winners: tuple[int, ...] = ()
    tied: tuple[int, ...] = ()
    stances: tuple[StanceTotal, ...] = ()
    options: tuple[OptionTotal, ...] = ()
    rounds: tuple[Round, ...] = field(default=(), repr=False)
    base: int | None = None
    needed: int | None = None
    median: Stance | None = None
    margin: Fraction | None = None
    seats: int | None = None
    reopened: bool = False
    tie: Tie | None = None  # for the last seat, or the one at which the count ended

    @property
    def quorum_met(self) -> bool:
        """Whether enough took part."""
        return self.cast >= self.quorum_needed

    def votes(self, stance: Stance) -> int:
        """How many took a stance."""
        return next((total.votes for total in self.stances if total.stance is stance), 0)

    def option(self, number: int) -> OptionTotal:
        """What an option got."""
        return next(total for total in self.options if total.option == number)

    def to_json(self) -> dict[str, Any]:
        """As kept, published and, by its `canonical` bytes, hashed into the ledger."""
        written: dict[str, Any] = plain(self)
        return written

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The tally that `to_json` wrote; ValueError when it is something else."""
        read: Self = typed(cls, value)
        return read

"""What is agreed about a vote before anybody casts one."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import Any, Self

from alliances.counting.exact import plain, typed

MAX_SEATS = 100
MAX_SCORE = 100
MAX_DOTS = 1000


class Method(StrEnum):
    """The methods of decision."""

    CONSENT = "consent"
    SIMPLE = "simple"
    SPECIAL = "special"
    RANKED = "ranked"
    SCORE = "score"
    DOTS = "dots"
    GRADIENTS = "gradients"
    SENSE = "sense"
    ELECTION = "election"
    TIME = "time"
    APPROVAL = "approval"

    @property
    def has_options(self) -> bool:
        """Whether one votes on options, rather than on the proposal itself."""
        return self not in {Method.CONSENT, Method.SIMPLE, Method.SPECIAL, Method.GRADIENTS, Method.SENSE}


class Base(StrEnum):
    """Of whom a share is taken."""

    CAST = "cast"  # those who took a side
    PRESENT = "present"  # everybody who voted, abstentions included
    ROLL = "roll"  # everybody who was entitled


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Fixed when a proposal opens. A field that the method does not use has no effect."""

    method: Method
    threshold: Fraction = Fraction(2, 3)  # special, gradients
    strict: bool = False  # more than the threshold, rather than at least
    base: Base = Base.CAST
    quorum_share: Fraction = Fraction(0)
    quorum_strict: bool = False  # more than the share, as in 过半数
    quorum_count: int = 0
    seats: int = 1  # how many options are to be chosen
    max_score: int = 5
    dots: int = 10
    ballot: Method = Method.RANKED  # of an election: ranked or approval
    reopen: int | None = None  # of an election: the option "none of these, reopen nominations"
    lot: bool = False  # whether a tie that no rule breaks is decided by lot, or reported
    seed: str = ""  # of the lot

    def __post_init__(self) -> None:
        """Refuse rules that cannot be counted by; ValueError names the field."""
        wrong = next((name for name, holds in self._bounds().items() if not holds), None)
        if wrong:
            raise ValueError(wrong)

    def _bounds(self) -> dict[str, bool]:
        return {
            "threshold": 0 < self.threshold <= 1,
            "quorum_share": 0 <= self.quorum_share <= 1,
            "quorum_count": self.quorum_count >= 0,
            "seats": 1 <= self.seats <= MAX_SEATS,
            "max_score": 1 <= self.max_score <= MAX_SCORE,
            "dots": 1 <= self.dots <= MAX_DOTS,
            "ballot": self.ballot in {Method.RANKED, Method.APPROVAL},
            "strict": not (self.strict and self.threshold == 1),  # nobody could ever reach it
        }

    @property
    def marking(self) -> Method:
        """The method whose ballot is filled in: its own, or what the election uses."""
        return self.ballot if self.method is Method.ELECTION else self.method

    def quorum(self, roll: int) -> int:
        """How many of a roll must vote. At least one: what nobody took part in was not decided."""
        share = self.quorum_share * roll
        is_more_than = self.quorum_strict and self.quorum_share > 0
        by_share = floor(share) + 1 if is_more_than else ceil(share)
        return max(by_share, self.quorum_count, 1)

    def needed(self, base: int) -> int:
        """The smallest number of votes out of a base that reaches the threshold."""
        share = self.threshold * base
        return floor(share) + 1 if self.strict else max(ceil(share), 1)

    def to_json(self) -> dict[str, Any]:
        """As kept with the proposal."""
        written: dict[str, Any] = plain(self)
        return written

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The rules that `to_json` wrote; ValueError when it is something else."""
        read: Self = typed(cls, value)
        return read

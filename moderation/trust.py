"""Levels of trust: what each asks for, and who has reached it. The page about trust shows this table as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from kernel.clock import now
from moderation.evidence import Fact, facts_of

WINDOW = timedelta(days=100)
KEPT = 2  # this level and those below it, once reached, are not lost by staying away


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a level asks for: at least so much, and no more than so much; `is_rolling` of the last hundred days only."""

    level: int
    least: Mapping[Fact, int]
    most: Mapping[Fact, int]
    is_rolling: bool = False

    def are_met(self, facts: Mapping[Fact, int]) -> bool:
        """Whether these numbers suffice."""
        enough = all(facts[fact] >= number for fact, number in self.least.items())
        return enough and all(facts[fact] <= number for fact, number in self.most.items())


CONDITIONS = (
    Conditions(
        1,
        {Fact.AGE: 1, Fact.DAYS: 2, Fact.THREADS: 5, Fact.POSTS: 20},
        {Fact.FLAGS: 0},
    ),
    Conditions(
        2,
        {Fact.AGE: 20, Fact.DAYS: 15, Fact.THREADS: 20, Fact.POSTS: 100, Fact.WRITTEN: 5, Fact.REACTIONS: 3},
        {Fact.FLAGS: 2, Fact.SANCTIONS: 0},
    ),
    Conditions(
        3,
        {Fact.DAYS: 50, Fact.THREADS: 50, Fact.POSTS: 500, Fact.WRITTEN: 20, Fact.REACTIONS: 20},
        {Fact.FLAGS: 0, Fact.SANCTIONS: 0},
        is_rolling=True,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody's numbers: of all time, and of the last hundred days."""

    ever: Mapping[Fact, int]
    lately: Mapping[Fact, int]

    def facts_for(self, conditions: Conditions) -> Mapping[Fact, int]:
        """Those that count for a level; what was done wrong counts for a hundred days."""
        if conditions.is_rolling:
            return {**self.lately, Fact.AGE: self.ever[Fact.AGE]}
        return {**self.ever, Fact.FLAGS: self.lately[Fact.FLAGS], Fact.SANCTIONS: self.lately[Fact.SANCTIONS]}

    @property
    def level(self) -> int:
        """The highest level whose conditions, and those of all below it, are met."""
        reached = 0
        for conditions in CONDITIONS:
            if not conditions.are_met(self.facts_for(conditions)):
                break
            reached = conditions.level
        return reached


def standings(people: Sequence[int]) -> dict[int, Standing]:
    """The numbers of many people at once."""
    ever, lately = facts_of(people, None), facts_of(people, now() - WINDOW)
    return {person: Standing(ever[person], lately[person]) for person in people}


def level_after(present: int, standing: Standing) -> int:
    """The level somebody has from now on: it rises as far as the numbers say, and falls from the third only."""
    return max(standing.level, min(present, KEPT))

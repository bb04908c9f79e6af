"""Ranked votes: the single transferable vote for several seats, instant runoff for one.

Several seats: rules 45 to 52 of the Scottish Local Government Elections Order 2007 (SSI 2007/42). One seat: rule 45A of
the Parliamentary Voting System and Constituencies Act 2011, section 9, with ties as in the Scottish rule 51. Votes are
whole numbers of hundred-thousandths, which is the precision that rule 48 prescribes, so all of it is exact.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from alliances.counting.lots import drawn
from alliances.counting.options import won
from alliances.counting.reopening import kinds_of, round_as_one, tie_as_one, with_successors
from alliances.counting.rules import Rules
from alliances.counting.tally import OptionTotal, Outcome, Round, Stage, Tally, Tie, TieBreak, Transfer

UNIT = 100_000  # of one vote


def elect(rules: Rules, begun: Tally, options: Sequence[int], rankings: Mapping[tuple[int, ...], int]) -> Tally:
    """Count rankings, each with the number of papers that bear it."""
    tally = replace(begun, options=_preferences(options, rankings), seats=rules.seats)
    if not rankings:
        return replace(tally, outcome=Outcome.FAILED)
    kinds = kinds_of(rules, options)
    held = _Count(rules, options, with_successors(rankings, kinds), kinds)
    held.run()
    winners = tuple(option for option in held.elected if option not in kinds)
    tally = replace(
        tally,
        rounds=tuple(round_as_one(one, kinds) for one in held.rounds),
        winners=winners,
        reopened=len(winners) < len(held.elected),
        tie=tie_as_one(held.undecided, kinds),
    )
    if tally.tie:
        return replace(tally, outcome=Outcome.TIE, tied=tally.tie.options)
    return replace(tally, outcome=won(rules, winners), margin=held.margin())


class _Parcel(NamedTuple):
    """Papers with the same ranking and value; `place` is where in the ranking they lie now."""

    ranking: tuple[int, ...]
    place: int
    papers: int
    value: int


class _Count:
    """The table on which papers lie. A stage touches the pile that it moves and no other.

    `kinds` are the option that reopens nominations and its successors, of which one at a time continues.
    """

    def __init__(
        self,
        rules: Rules,
        options: Sequence[int],
        rankings: Mapping[tuple[int, ...], int],
        kinds: tuple[int, ...],
    ) -> None:
        self.rules = rules
        self.rankings = rankings
        self.kinds = kinds
        self.continuing = dict.fromkeys(options)  # in the order of the page
        self.elected: list[int] = []
        self.votes = dict.fromkeys((*options, *kinds), 0)
        self.piles: dict[int, list[_Parcel]] = {option: [] for option in self.votes}
        self.exhausted = 0
        self.lost = 0
        self.rounds: list[Round] = []
        self.history: list[dict[int, int]] = []
        self.quota = sum(rankings.values()) // (rules.seats + 1) + 1  # rule 46
        self.undecided: Tie | None = None

    @property
    def vacancies(self) -> int:
        """Seats of which it is open who takes them, or that they stay empty."""
        return self.rules.seats - len(self.elected)

    def run(self) -> None:
        """All stages, until the seats are filled or a tie cannot be broken."""
        moved = _Moved(None)
        for ranking, papers in self.rankings.items():
            self._give(_Parcel(ranking, -1, papers, UNIT), moved)
        self._close(Stage.FIRST, [moved], None)
        while self.vacancies and self.continuing and not self.undecided:
            if surpluses := [option for option in self.elected if self.votes[option] > self.quota * UNIT]:
                self._transfer_surplus(surpluses)
            else:
                self._exclude()

    def margin(self) -> Fraction | None:
        """By how much the one winner leads in the last round."""
        others = [self.votes[option] for option in self.continuing]
        if self.rules.seats > 1 or not others:
            return None
        return Fraction(self.votes[self.elected[0]] - max(others), UNIT)

    def _transfer_surplus(self, surpluses: list[int]) -> None:
        """Rules 48 and 49: the largest first; every paper goes on, with its share of the surplus."""
        largest = max(self.votes[option] for option in surpluses)
        equal = tuple(option for option in surpluses if self.votes[option] == largest)
        tie = None
        if len(equal) > 1:
            tie = self._apart(equal, is_for_last=False)
            tie = replace(tie, by=TieBreak.TOGETHER) if tie.by is TieBreak.NONE else tie
        sources = tie.taken if tie else equal
        moves = []
        for source in sources:
            moved = _Moved(source)
            surplus, total = self.votes[source] - self.quota * UNIT, self.votes[source]
            for parcel in self._lift(source):
                self._give(parcel._replace(value=surplus * parcel.value // total), moved)
            self.votes[source] = self.quota * UNIT
            self.lost += surplus - moved.votes
            moves.append(moved)
        self._close(Stage.SURPLUS, moves, tie)

    def _exclude(self) -> None:
        """Rules 50 and 51: the one with the fewest votes; papers go on with the value that they have."""
        fewest = min(self.votes[option] for option in self.continuing)
        equal = tuple(option for option in self.continuing if self.votes[option] == fewest)
        tie = None
        if len(equal) > 1:
            tie = self._apart(equal, is_for_last=True)
            if tie.by is TieBreak.NONE:
                hopeless = next(filter(self._cannot_catch_up, (tie.taken, equal)), None)
                if not hopeless:
                    self.undecided = Tie(tie.taken, TieBreak.NONE, (), tie.round)
                    return
                tie = Tie(equal, TieBreak.TOGETHER, hopeless, tie.round)
        sources = tie.taken if tie else equal
        for source in sources:
            del self.continuing[source]
        moves = []
        for source in sources:
            moved = _Moved(source)
            self.votes[source] = 0
            for parcel in self._lift(source):
                self._give(parcel, moved)
            moves.append(moved)
        self._close(Stage.EXCLUSION, moves, tie)

    def _apart(self, equal: tuple[int, ...], *, is_for_last: bool) -> Tie:
        """Who of equals is taken: the first or last at the most recent earlier stage that tells, or by lot.

        Without a lot, those are taken whom nothing tells apart.
        """
        left, told = equal, None
        for number, votes in reversed(list(enumerate(self.history, 1))):
            picked = (min if is_for_last else max)(votes[option] for option in left)
            fewer = tuple(option for option in left if votes[option] == picked)
            if len(fewer) < len(left):
                left, told = fewer, told or number
            if len(left) == 1:
                return Tie(equal, TieBreak.EARLIER, left, told)
        if not self.rules.lot:
            return Tie(equal, TieBreak.NONE, left, told)
        order = drawn(self.rules.seed, left)
        return Tie(equal, TieBreak.LOT, (order[-1 if is_for_last else 0],), told)

    def _cannot_catch_up(self, equal: tuple[int, ...]) -> bool:
        """Whether all of them would go one after the other, in whatever order."""
        others = [votes for option, votes in self.votes.items() if option in self.continuing and option not in equal]
        together = sum(self.votes[option] for option in equal)
        is_behind = together == 0 or (self.rules.seats == 1 and together < min(others, default=0))
        return is_behind and len(others) >= self.vacancies

    def _lift(self, source: int) -> list[_Parcel]:
        """The pile of an option, which is empty then."""
        pile, self.piles[source] = self.piles[source], []
        return pile

    def _give(self, parcel: _Parcel, moved: "_Moved") -> None:
        """Lay a parcel on the next continuing option that it names; without one it is exhausted."""
        ranking = parcel.ranking
        for place in range(parcel.place + 1, len(ranking)):
            if ranking[place] in self.continuing:
                target = ranking[place]
                self.piles[target].append(parcel._replace(place=place))
                self.votes[target] += parcel.papers * parcel.value
                moved.note(target, parcel)
                return
        self.exhausted += parcel.papers * parcel.value
        moved.note(None, parcel)

    def _close(self, stage: Stage, moves: Sequence["_Moved"], tie: Tie | None) -> None:
        """End a stage: who has enough is elected (rule 47), and who is left over for the seats (rule 52)."""
        self.history.append(dict(self.votes))
        needed = self.quota
        if self.rules.seats == 1:
            needed = sum(self.votes[option] for option in self.continuing) // UNIT // 2 + 1
        before = len(self.elected)
        self._return(option for option in self.continuing if self.votes[option] >= needed * UNIT)
        if self.vacancies:
            self.continuing.update(dict.fromkeys(self._successors(self.elected[before:])))
        if len(self.continuing) <= self._to_be_left():
            self._return(self.continuing)
        self.rounds.append(
            Round(
                number=len(self.history),
                stage=stage,
                sources=tuple(moved.source for moved in moves if moved.source is not None),
                totals=tuple((option, Fraction(votes, UNIT)) for option, votes in self.votes.items()),
                transfers=tuple(one for moved in moves for one in moved.transfers(self.votes)),
                exhausted=Fraction(self.exhausted, UNIT),
                lost=Fraction(self.lost, UNIT),
                needed=needed,
                elected=tuple(self.elected[before:]),
                tie=tie,
            )
        )

    def _successors(self, elected: Sequence[int]) -> list[int]:
        """After one of the kind is elected, the next one stands."""
        return [after for one, after in pairwise(self.kinds) if one in elected]

    def _to_be_left(self) -> int:
        """How many may be left over for the seats (rule 52). Who reopens could take them all, so must be outlasted."""
        return min(self.vacancies, 1) if any(option in self.continuing for option in self.kinds) else self.vacancies

    def _return(self, options: Iterable[int]) -> None:
        """Elect, those with more votes first."""
        for option in sorted(options, key=lambda option: -self.votes[option]):
            del self.continuing[option]
            self.elected.append(option)


class _Moved:
    """What went from one option in a stage."""

    def __init__(self, source: int | None) -> None:
        self.source = source
        self.votes = 0
        self._papers = Counter[int | None]()
        self._votes = Counter[int | None]()

    def note(self, target: int | None, parcel: _Parcel) -> None:
        """A parcel went there."""
        self._papers[target] += parcel.papers
        self._votes[target] += parcel.papers * parcel.value
        self.votes += parcel.papers * parcel.value

    def transfers(self, order: Iterable[int]) -> list[Transfer]:
        """Target by target in a given order, the exhausted papers last. Of first preferences there are none."""
        if self.source is None:
            return []
        return [
            Transfer(self.source, target, self._papers[target], Fraction(self._votes[target], UNIT))
            for target in (*order, None)
            if self._papers[target]
        ]


def _preferences(options: Sequence[int], rankings: Mapping[tuple[int, ...], int]) -> tuple[OptionTotal, ...]:
    """How many named each option first, how many second, and so on."""
    places: dict[int, Counter[int]] = {option: Counter() for option in options}
    for ranking, papers in rankings.items():
        for place, option in enumerate(ranking, 1):
            places[option][place] += papers
    return tuple(
        OptionTotal(option, counted[1], tuple(sorted((place, papers) for place, papers in counted.items() if papers)))
        for option, counted in places.items()
    )

"""One way in to all methods."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from alliances.counting import options as best
from alliances.counting import stances, transfers
from alliances.counting.choices import STANCES, Approvals, Choice, Marks, Ranking, Stance
from alliances.counting.rules import Method, Rules
from alliances.counting.tally import Outcome, Tally

_FORMS: dict[Method, type[Ranking | Approvals | Marks]] = {
    Method.RANKED: Ranking,
    Method.APPROVAL: Approvals,
    Method.SCORE: Marks,
    Method.DOTS: Marks,
    Method.TIME: Marks,
}


def count(rules: Rules, *, options: Sequence[int] = (), ballots: Iterable[Choice], roll: int) -> Tally:
    """Count. Every ballot counts one, their order does not matter. Options are in the order of the page, or of time.

    Never fails for what `read_choice` gave; ValueError means that ballots of another vote are among them, or more
    ballots than there are voters.
    """
    alike = Counter(ballots)  # the only pass over single ballots
    cast = alike.total()
    if cast > roll:
        raise ValueError("more ballots than voters")
    if len(set(options)) < len(options):
        raise ValueError("an option twice")
    _refuse_strangers(rules.marking, alike)
    abstained = alike.get(Stance.ABSTAIN, 0)
    begun = Tally(
        method=rules.method,
        roll=roll,
        cast=cast,
        abstained=abstained,
        quorum_needed=rules.quorum(roll),
        outcome=Outcome.NO_QUORUM,
    )
    counted = _counted(rules, begun, options, alike)
    if counted.quorum_met or rules.method is Method.SENSE:
        return counted
    return replace(counted, outcome=Outcome.NO_QUORUM, winners=(), tied=(), reopened=False)


def _counted(rules: Rules, begun: Tally, options: Sequence[int], alike: Counter[Choice]) -> Tally:
    if not rules.method.has_options:
        return stances.decide(rules, begun, {stance: alike.get(stance, 0) for stance in STANCES[rules.method]})
    alike.pop(Stance.ABSTAIN, None)
    if rules.marking is Method.RANKED:
        rankings = {one.options: papers for one, papers in alike.items() if isinstance(one, Ranking)}
        return transfers.elect(rules, begun, options, rankings)
    return best.choose(rules, begun, options, best.marks_given(options, alike))


def _refuse_strangers(method: Method, alike: Counter[Choice]) -> None:
    """Every choice is of the form of this method, and takes a stance that it has."""
    allowed, form = STANCES.get(method, (Stance.ABSTAIN,)), _FORMS.get(method)
    for one in alike:
        if not (one in allowed if isinstance(one, Stance) else form and isinstance(one, form)):
            raise ValueError("a ballot of another vote")

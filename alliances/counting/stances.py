"""Decisions on a proposal as a whole: consent, simple and special majority, gradients of agreement, sense check."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from alliances.counting.choices import STANCES, Stance
from alliances.counting.rules import Base, Method, Rules
from alliances.counting.tally import Outcome, StanceTotal, Tally

IN_FAVOUR = (Stance.ENDORSEMENT, Stance.AGREEMENT, Stance.SUPPORT)


def decide(rules: Rules, begun: Tally, votes: Mapping[Stance, int]) -> Tally:
    """What is decided when so many took each stance."""
    tally = replace(begun, stances=tuple(StanceTotal(stance, votes[stance]) for stance in STANCES[rules.method]))
    match rules.method:
        case Method.CONSENT:
            return _by_consent(tally)
        case Method.SIMPLE:
            return _by_simple_majority(tally)
        case Method.SPECIAL:
            return _by_threshold(rules, tally, in_favour=votes[Stance.YES])
        case Method.GRADIENTS:
            tally = replace(tally, median=_median(tally))
            if votes[Stance.VETO]:
                return replace(tally, outcome=Outcome.BLOCKED)
            return _by_threshold(rules, tally, in_favour=sum(votes[stance] for stance in IN_FAVOUR))
    return replace(tally, outcome=Outcome.HEARD)


def _by_consent(tally: Tally) -> Tally:
    """One objection is enough to block; and somebody must consent, reservations or not."""
    if tally.votes(Stance.OBJECTION):
        return replace(tally, outcome=Outcome.BLOCKED)
    consenting = tally.votes(Stance.CONSENT) + tally.votes(Stance.RESERVATION)
    return replace(tally, outcome=Outcome.PASSED if consenting else Outcome.FAILED)


def _by_simple_majority(tally: Tally) -> Tally:
    lead = tally.votes(Stance.YES) - tally.votes(Stance.NO)
    outcome = Outcome.PASSED if lead > 0 else Outcome.FAILED if lead < 0 else Outcome.TIE
    return replace(tally, outcome=outcome, margin=Fraction(lead))


def _by_threshold(rules: Rules, tally: Tally, *, in_favour: int) -> Tally:
    bases = {Base.CAST: tally.cast - tally.abstained, Base.PRESENT: tally.cast, Base.ROLL: tally.roll}
    base = bases[rules.base]
    needed = rules.needed(base)
    return replace(
        tally,
        outcome=Outcome.PASSED if in_favour >= needed else Outcome.FAILED,
        base=base,
        needed=needed,
        margin=Fraction(in_favour - needed),
    )


def _median(tally: Tally) -> Stance | None:
    """The grade of the one in the middle, of an even number the less agreeing one; abstentions have no grade."""
    middle = (tally.cast - tally.abstained) // 2 + 1
    reached = 0
    for total in tally.stances:
        reached += 0 if total.stance is Stance.ABSTAIN else total.votes
        if reached >= middle:
            return total.stance
    return None

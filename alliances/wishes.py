"""By what a proposal is decided: the charter's rule, and what its author wishes beyond it; never less."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from fractions import Fraction

from alliances.counting import Base, Method, Rules
from alliances.models import Alliance, Matter, Option, Proposal
from alliances.rules import DEFAULTS, MatterRule, fraction, rule_for

HALF = Fraction(1, 2)
TWO_THIRDS = Fraction(2, 3)

AS_A_WHOLE = (Method.CONSENT, Method.SIMPLE, Method.SPECIAL, Method.GRADIENTS)
AMONG_OPTIONS = (Method.RANKED, Method.APPROVAL, Method.SCORE, Method.DOTS)
BY_THRESHOLD = (Method.SPECIAL, Method.GRADIENTS)
_STRICTNESS = {Method.SIMPLE: 0, Method.SPECIAL: 1, Method.GRADIENTS: 1, Method.CONSENT: 2}
_METHODS: dict[Matter, tuple[Method, ...]] = {
    Matter.GENERAL: (*AS_A_WHOLE, Method.SENSE, *AMONG_OPTIONS, Method.TIME),
    Matter.OFFICE: (Method.ELECTION,),
    Matter.TIME: (Method.TIME,),
    Matter.AWARD: (*AS_A_WHOLE, *AMONG_OPTIONS),
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the author of a draft asks for; empty shares leave it to the charter. Kept in `Proposal.rules`."""

    threshold: str = ""
    quorum_share: str = ""
    quorum_count: int = 0
    seats: int = 1
    max_score: int = 5
    dots: int = 10
    ballot: str = Method.RANKED.value  # of an election
    lot: bool = False  # breaks a tie that nothing else breaks

    @classmethod
    def of(cls, proposal: Proposal) -> "Wishes":
        """Those of a draft."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in proposal.rules.items() if name in names})

    def kept(self) -> dict[str, object]:
        """As they stand in the draft."""
        return asdict(self)


def methods_for(alliance: Alliance, matter: Matter) -> tuple[Method, ...]:
    """By which methods this matter may be decided here: none that asks for less agreement than the charter's."""
    own = method_of(alliance, matter)
    possible = _METHODS.get(matter, AS_A_WHOLE)
    least = _STRICTNESS.get(own, 0)
    return tuple(method for method in possible if _STRICTNESS.get(method, least) >= least)


def method_of(alliance: Alliance, matter: Matter) -> Method:
    """The charter's method, if the matter can be decided by it."""
    possible = _METHODS.get(matter, AS_A_WHOLE)
    said = rule_for(alliance, matter).method
    return Method(said) if said in possible else Method(DEFAULTS[matter].method)


def threshold_of(rule: MatterRule, method: Method, wished: str) -> Fraction:
    """What must be reached: two thirds where a special majority is wished and the charter asks for no share."""
    least = fraction(rule.threshold) or HALF
    if method in BY_THRESHOLD and rule.method not in BY_THRESHOLD and least == HALF and not wished:
        return TWO_THIRDS
    return max(least, fraction(wished) or least)


def rules_of(alliance: Alliance, proposal: Proposal, options: Sequence[Option], *, seed: str) -> Rules:
    """The rules of the count of a draft that is being opened; its options have their numbers."""
    rule, wishes, method = rule_for(alliance, Matter(proposal.matter)), Wishes.of(proposal), Method(proposal.method)
    threshold = threshold_of(rule, method, wishes.threshold)
    least = fraction(rule.quorum_share) or Fraction(0)
    quorum = max(least, fraction(wishes.quorum_share) or least)
    return Rules(
        method=method,
        threshold=threshold,
        strict=threshold == HALF,  # half is no majority: more than half is
        base=Base(rule.base),
        quorum_share=quorum,
        quorum_strict=rule.quorum_strict and quorum == least,  # a larger share is more than the charter's anyway
        quorum_count=max(rule.quorum_count, wishes.quorum_count),
        seats=wishes.seats,
        max_score=wishes.max_score,
        dots=wishes.dots,
        ballot=Method(wishes.ballot),
        reopen=next((option.id for option in options if option.is_none), None),
        lot=wishes.lot,
        seed=seed,
    )

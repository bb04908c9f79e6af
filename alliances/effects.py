"""What a decision does: the room's parts register, per matter, what happens when a vote on it is counted."""

from collections.abc import Callable

from alliances.models import Alliance, Matter, Proposal

Effect = Callable[[Alliance, Proposal], None]

_effects: dict[Matter, Effect] = {}


def effect(matter: Matter) -> Callable[[Effect], Effect]:
    """Run the function whenever a proposal on this matter was counted, whatever the outcome, in the same transaction.

    It is given the alliance (held) and the closed proposal with `outcome` and `tally`, and must be safe to run when
    what the proposal is about has moved on. It acts in the name of the alliance: no viewer, no authorisation.
    """

    def register(function: Effect) -> Effect:
        if matter in _effects:
            raise RuntimeError(f"{matter} has an effect already")
        _effects[matter] = function
        return function

    return register


def take_effect(alliance: Alliance, proposal: Proposal) -> None:
    """Do what follows from the outcome."""
    if (function := _effects.get(Matter(proposal.matter))) is not None:
        function(alliance, proposal)

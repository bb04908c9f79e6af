"""How votes become decisions: the exact counting of every method. Pure Python, no sentences, no database.

`count` takes the rules of a proposal, its options and the choices that were cast, and gives a `Tally`: what was decided
and every number that leads there. The same votes give the same tally on any machine, in whatever order they are read,
so that its hash can go into the ledger. `read_choice` is the only door by which a vote comes in. Each method is
described, with an example and its source, in docs/alliances.md.
"""

from alliances.counting.choices import (
    STANCES,
    Approvals,
    Choice,
    ChoiceError,
    Fault,
    Marks,
    Ranking,
    Stance,
    read_choice,
    write_choice,
)
from alliances.counting.exact import canonical
from alliances.counting.methods import count
from alliances.counting.rules import Base, Method, Rules
from alliances.counting.tally import OptionTotal, Outcome, Round, Stage, StanceTotal, Tally, Tie, TieBreak, Transfer

__all__ = [
    "STANCES",
    "Approvals",
    "Base",
    "Choice",
    "ChoiceError",
    "Fault",
    "Marks",
    "Method",
    "OptionTotal",
    "Outcome",
    "Ranking",
    "Round",
    "Rules",
    "Stage",
    "Stance",
    "StanceTotal",
    "Tally",
    "Tie",
    "TieBreak",
    "Transfer",
    "canonical",
    "count",
    "read_choice",
    "write_choice",
]

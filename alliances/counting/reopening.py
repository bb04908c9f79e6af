"""“None of these, reopen nominations” in a ranked election: a candidate that may take more than one seat.

Once it is elected, its surplus and all later votes for it go to another of its kind, as in the model ruling on RON and
STV of the British National Union of Students. So it takes as many seats as its voters have quotas, and no more. Others
of its kind have numbers of their own while papers are counted, and are put together again afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from alliances.counting.rules import Method, Rules
from alliances.counting.tally import Round, Tie, Transfer


def kinds_of(rules: Rules, options: Sequence[int]) -> tuple[int, ...]:
    """The option itself and its successors, one for each seat; nothing where nominations cannot be reopened."""
    if rules.method is not Method.ELECTION or rules.reopen is None or rules.reopen not in options:
        return ()
    return (rules.reopen, *(min(0, *options) - place for place in range(1, rules.seats)))


def with_successors(rankings: Mapping[tuple[int, ...], int], kinds: tuple[int, ...]) -> Mapping[tuple[int, ...], int]:
    """The same rankings, in which all of the kind stand where the first one stood."""
    if not kinds[1:]:
        return rankings
    return {
        tuple(one for option in ranking for one in (kinds if option == kinds[0] else (option,))): papers
        for ranking, papers in rankings.items()
    }


def round_as_one(one: Round, kinds: tuple[int, ...]) -> Round:
    """A round in which all of the kind are one option, which holds the votes of all of them."""
    if not kinds[1:]:
        return one
    together = sum((votes for option, votes in one.totals if option in kinds), Fraction(0))
    return replace(
        one,
        sources=_known(one.sources, kinds),
        totals=tuple(
            (option, together if option == kinds[0] else votes)
            for option, votes in one.totals
            if option not in kinds[1:]
        ),
        transfers=tuple(_transfer(transfer, kinds) for transfer in one.transfers),
        elected=_known(one.elected, kinds),
        tie=tie_as_one(one.tie, kinds),
    )


def tie_as_one(tie: Tie | None, kinds: tuple[int, ...]) -> Tie | None:
    """A tie that names the option itself."""
    return tie and replace(tie, options=_known(tie.options, kinds), taken=_known(tie.taken, kinds))


def _transfer(transfer: Transfer, kinds: tuple[int, ...]) -> Transfer:
    (source,) = _known((transfer.source,), kinds)
    return replace(transfer, source=source, target=kinds[0] if transfer.target in kinds else transfer.target)


def _known(options: tuple[int, ...], kinds: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(kinds[0] if option in kinds else option for option in options)

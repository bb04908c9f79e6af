from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliances.counting import Base, Method, Outcome, Rules, Stance, count
from tests.alliances.voting import shares, stances, tally

CONSENT, SIMPLE, SENSE = (Rules(method=method) for method in (Method.CONSENT, Method.SIMPLE, Method.SENSE))
SPECIAL, GRADIENTS = Rules(method=Method.SPECIAL), Rules(method=Method.GRADIENTS)
few = st.integers(0, 30)


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        ({"consent": 3}, Outcome.PASSED),
        ({"reservation": 3}, Outcome.PASSED),
        ({"consent": 1, "abstain": 8}, Outcome.PASSED),
        ({"consent": 99, "objection": 1}, Outcome.BLOCKED),
        ({"abstain": 9}, Outcome.FAILED),
    ],
)
def test_consent_needs_no_more_than_that_nobody_objects(votes: dict[str, int], outcome: Outcome) -> None:
    assert tally(CONSENT, stances(**votes)).outcome is outcome


@pytest.mark.parametrize(
    ("votes", "outcome", "margin"),
    [
        ({"yes": 8, "no": 7, "abstain": 30}, Outcome.PASSED, 1),
        ({"yes": 7, "no": 8}, Outcome.FAILED, -1),
        ({"yes": 7, "no": 7, "abstain": 1}, Outcome.TIE, 0),
        ({"abstain": 3}, Outcome.TIE, 0),
    ],
)
def test_a_simple_majority_is_more_yes_than_no(votes: dict[str, int], outcome: Outcome, margin: int) -> None:
    found = tally(SIMPLE, stances(**votes))
    assert (found.outcome, found.margin) == (outcome, margin)


@pytest.mark.parametrize(
    ("base", "is_strict", "yes", "needed", "of"),
    [
        (Base.CAST, False, 12, 12, 18),
        (Base.CAST, True, 13, 13, 18),
        (Base.PRESENT, False, 14, 14, 21),
        (Base.PRESENT, True, 15, 15, 21),
        (Base.ROLL, False, 20, 20, 30),
        (Base.ROLL, True, 21, 21, 30),
    ],
)
def test_two_thirds_are_exact_at_their_border(*, base: Base, is_strict: bool, yes: int, needed: int, of: int) -> None:
    rules = replace(SPECIAL, base=base, strict=is_strict)
    for votes, outcome in ((yes, Outcome.PASSED), (yes - 1, Outcome.FAILED)):
        cast = stances(yes=votes, no=max(18 - votes, 0), abstain=3)
        found = count(rules, ballots=cast, roll=30)
        assert (found.outcome, found.needed) == (outcome, needed)
    assert found.base == of


def test_more_than_a_share_is_the_next_whole_number_above_it() -> None:
    assert [replace(SPECIAL, strict=True).needed(base) for base in (18, 19, 20)] == [13, 13, 14]
    assert [SPECIAL.needed(base) for base in (18, 19, 20)] == [12, 13, 14]


def test_a_threshold_of_nobody_is_not_reached() -> None:
    found = tally(SPECIAL, stances(abstain=5))
    assert (found.outcome, found.base, found.needed) == (Outcome.FAILED, 0, 1)


def test_gradients_pass_with_enough_support_whatever_the_rest_says() -> None:
    found = tally(GRADIENTS, stances(endorsement=3, agreement=2, support=1, discussion=1, disagreement=2, abstain=4))
    assert (found.outcome, found.base, found.needed) == (Outcome.PASSED, 9, 6)
    assert found.median is Stance.AGREEMENT


def test_gradients_fail_one_short_of_enough_support() -> None:
    assert tally(GRADIENTS, stances(endorsement=5, acceptance=4)).outcome is Outcome.FAILED


def test_one_veto_blocks() -> None:
    assert tally(GRADIENTS, stances(endorsement=50, veto=1)).outcome is Outcome.BLOCKED


@pytest.mark.parametrize(
    ("votes", "median"),
    [
        ({"endorsement": 1, "veto": 1}, Stance.VETO),
        ({"endorsement": 2, "veto": 1}, Stance.ENDORSEMENT),
        ({"endorsement": 1, "abstain": 7}, Stance.ENDORSEMENT),
        ({"abstain": 7}, None),
    ],
)
def test_the_median_of_an_even_number_is_the_less_agreeing_one(votes: dict[str, int], median: Stance | None) -> None:
    assert tally(GRADIENTS, stances(**votes)).median is median


@pytest.mark.parametrize("votes", [{}, {"agree": 1}, {"agree": 1, "disagree": 9, "unsure": 2}])
def test_a_sense_check_is_heard_and_decides_nothing(votes: dict[str, int]) -> None:
    rules = replace(SENSE, quorum_count=100)
    assert tally(rules, stances(**votes), roll=200).outcome is Outcome.HEARD


@given(few, few, few, st.sampled_from([SIMPLE, SPECIAL, replace(SPECIAL, strict=True, base=Base.PRESENT)]))
def test_one_more_yes_never_hurts(yes: int, no: int, abstain: int, rules: Rules) -> None:
    """Neither as a new ballot, nor instead of a no or an abstention."""
    order = [Outcome.NO_QUORUM, Outcome.FAILED, Outcome.TIE, Outcome.PASSED]
    before = order.index(tally(rules, stances(yes=yes, no=no, abstain=abstain), roll=100).outcome)
    more = [(no, abstain)] + [(no - 1, abstain)] * (no > 0) + [(no, abstain - 1)] * (abstain > 0)
    for fewer_no, fewer_abstain in more:
        cast = stances(yes=yes + 1, no=fewer_no, abstain=fewer_abstain)
        assert order.index(tally(rules, cast, roll=100).outcome) >= before


@given(few, few)
def test_yes_and_no_are_treated_alike(yes: int, no: int) -> None:
    opposite = {Outcome.PASSED: Outcome.FAILED, Outcome.FAILED: Outcome.PASSED}
    one = tally(SIMPLE, stances(yes=yes, no=no)).outcome
    other = tally(SIMPLE, stances(yes=no, no=yes)).outcome
    assert other is opposite.get(one, one)


@pytest.mark.parametrize(
    ("share", "is_strict", "number", "roll", "needed"),
    [
        (Fraction(1, 2), False, 0, 10, 5),
        (Fraction(1, 2), False, 0, 11, 6),
        (Fraction(1, 2), True, 0, 10, 6),
        (Fraction(1, 2), True, 0, 11, 6),
        (Fraction(2, 3), False, 0, 9, 6),
        (Fraction(2, 3), False, 0, 10, 7),
        (Fraction(2, 3), False, 8, 9, 8),
        (Fraction(1), False, 0, 7, 7),
        (Fraction(0), False, 0, 7, 1),
        (Fraction(0), True, 0, 7, 1),
        (Fraction(0), False, 9, 7, 9),
        (Fraction(1, 3), False, 0, 0, 1),
    ],
)
def test_the_quorum_is_an_exact_number(
    *, share: Fraction, is_strict: bool, number: int, roll: int, needed: int
) -> None:
    rules = replace(SIMPLE, quorum_share=share, quorum_strict=is_strict, quorum_count=number)
    assert rules.quorum(roll) == needed


@given(share=shares(), is_strict=st.booleans(), number=st.integers(0, 30), roll=st.integers(1, 30))
def test_exactly_the_quorum_decides_and_one_fewer_does_not(
    *, share: Fraction, is_strict: bool, number: int, roll: int
) -> None:
    rules = replace(SIMPLE, quorum_share=share, quorum_strict=is_strict, quorum_count=number)
    needed = rules.quorum(roll)
    if needed <= roll:
        assert tally(rules, stances(yes=needed - 1, abstain=1), roll=roll).quorum_met
        assert tally(rules, stances(yes=needed), roll=roll).outcome is Outcome.PASSED
    found = tally(rules, stances(yes=min(needed - 1, roll)), roll=roll)
    assert found.outcome is Outcome.NO_QUORUM
    assert found.votes(Stance.YES) == min(needed - 1, roll)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("threshold", Fraction(0)),
        ("threshold", Fraction(4, 3)),
        ("quorum_share", Fraction(-1, 2)),
        ("quorum_count", -1),
        ("seats", 0),
        ("max_score", 0),
        ("dots", 10**30),
        ("ballot", Method.SCORE),
    ],
)
def test_rules_that_cannot_be_counted_by_are_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        replace(SIMPLE, **{field: value})


def test_more_ballots_than_voters_are_refused() -> None:
    with pytest.raises(ValueError, match="more ballots than voters"):
        tally(SIMPLE, stances(yes=3), roll=2)


def test_a_ballot_of_another_vote_is_refused() -> None:
    with pytest.raises(ValueError, match="another vote"):
        tally(SIMPLE, stances(objection=1))

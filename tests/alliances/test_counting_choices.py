import json
from collections.abc import Iterator
from itertools import count as numbers

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliances.counting import (
    Approvals,
    ChoiceError,
    Fault,
    Marks,
    Method,
    Ranking,
    Rules,
    Stance,
    read_choice,
    write_choice,
)
from tests.alliances.voting import choices, option_numbers, rule_sets

OPTIONS = (5, 7, 9)
RANKED, APPROVAL = Rules(method=Method.RANKED), Rules(method=Method.APPROVAL)
SCORE, DOTS, TIME = Rules(method=Method.SCORE), Rules(method=Method.DOTS), Rules(method=Method.TIME)
EVERY = [Rules(method=method) for method in Method]


@pytest.mark.parametrize(
    ("rules", "value", "choice"),
    [
        (Rules(method=Method.SIMPLE), {"stance": "yes"}, Stance.YES),
        (Rules(method=Method.CONSENT), {"stance": "objection"}, Stance.OBJECTION),
        (Rules(method=Method.GRADIENTS), {"stance": "veto"}, Stance.VETO),
        (RANKED, {"ranking": [9, 5]}, Ranking((9, 5))),
        (RANKED, {"stance": "abstain"}, Stance.ABSTAIN),
        (Rules(method=Method.ELECTION), {"ranking": [7]}, Ranking((7,))),
        (Rules(method=Method.ELECTION, ballot=Method.APPROVAL), {"approved": [7]}, Approvals(frozenset({7}))),
        (APPROVAL, {"approved": []}, Approvals(frozenset())),
        (SCORE, {"scores": {"9": 5, "5": 0}}, Marks(((5, 0), (9, 5)))),
        (DOTS, {"dots": {"9": 10, "5": 0}}, Marks(((9, 10),))),
        (TIME, {"times": {"5": "yes", "7": "no", "9": "maybe"}}, Marks(((5, 2), (7, 0), (9, 1)))),
    ],
)
def test_a_choice_is_read_from_json(rules: Rules, value: object, choice: object) -> None:
    assert read_choice(rules, OPTIONS, value) == choice


@pytest.mark.parametrize(
    ("rules", "value", "field", "fault"),
    [
        (Rules(method=Method.SIMPLE), {"stance": "objection"}, "choice", Fault.NO_CHOICE),
        (Rules(method=Method.SENSE), {"stance": "abstain"}, "choice", Fault.NO_CHOICE),
        (RANKED, {"ranking": [5, 5]}, "5", Fault.TWICE),
        (RANKED, {"ranking": [5, 6]}, "choice", Fault.UNKNOWN),
        (RANKED, {"ranking": []}, "choice", Fault.EMPTY),
        (RANKED, {"ranking": [True]}, "choice", Fault.UNKNOWN),
        (RANKED, {"ranking": [5.0]}, "choice", Fault.UNKNOWN),
        (RANKED, {"ranking": ["5"]}, "choice", Fault.UNKNOWN),
        (RANKED, {"ranking": [[5]]}, "choice", Fault.UNKNOWN),
        (RANKED, {"ranking": [10**30]}, "choice", Fault.UNKNOWN),
        (RANKED, {"ranking": "597"}, "choice", Fault.NO_CHOICE),
        (RANKED, {"approved": [5]}, "choice", Fault.NO_CHOICE),
        (APPROVAL, {"approved": [7, 7]}, "7", Fault.TWICE),
        (SCORE, {"scores": {"5": 6}}, "5", Fault.RANGE),
        (SCORE, {"scores": {"5": -1}}, "5", Fault.RANGE),
        (SCORE, {"scores": {"5": True}}, "5", Fault.RANGE),
        (SCORE, {"scores": {"5": 3.0}}, "5", Fault.RANGE),
        (SCORE, {"scores": {"5": float("nan")}}, "5", Fault.RANGE),
        (SCORE, {"scores": {"5": "3"}}, "5", Fault.RANGE),
        (SCORE, {"scores": {"5": None}}, "5", Fault.RANGE),
        (SCORE, {"scores": {"05": 3}}, "choice", Fault.UNKNOWN),
        (SCORE, {"scores": {5: 3}}, "choice", Fault.UNKNOWN),
        (SCORE, {"scores": {}}, "choice", Fault.EMPTY),
        (DOTS, {"dots": {"5": 6, "7": 5}}, "choice", Fault.TOO_MANY),
        (DOTS, {"dots": {"5": 10**30}}, "5", Fault.RANGE),
        (DOTS, {"dots": {"5": 0}}, "choice", Fault.EMPTY),
        (TIME, {"times": {"5": 2}}, "5", Fault.RANGE),
        (TIME, {"times": {"5": "later"}}, "5", Fault.RANGE),
        (TIME, {"times": {"5": ["yes"]}}, "5", Fault.RANGE),
    ],
)
def test_what_is_no_choice_is_refused_at_its_field(rules: Rules, value: object, field: str, fault: Fault) -> None:
    with pytest.raises(ChoiceError) as refused:
        read_choice(rules, OPTIONS, value)
    assert (refused.value.field, refused.value.fault) == (field, fault)


@pytest.mark.parametrize("value", [{"ranking": [True]}, {"ranking": [1.0]}])
def test_what_equals_the_number_of_an_option_is_not_yet_that_option(value: object) -> None:
    with pytest.raises(ChoiceError, match=Fault.UNKNOWN):
        read_choice(RANKED, (1, 2), value)


NESTED = json.loads("[" * 900 + "]" * 900)
HOSTILE = [
    None,
    True,
    7,
    10**30,
    float("nan"),
    float("inf"),
    "yes",
    "9" * 10_000_000,
    [],
    [5, 7],
    list(range(1_000_000)),
    NESTED,
    {},
    {"stance": "yes", "ranking": [5]},
    {5: "yes"},
    *(
        {name: content}
        for name in ("stance", "ranking", "approved", "scores", "dots", "times", "", "__class__")
        for content in (None, True, 10**30, NESTED, "9" * 10_000_000, {"9" * 10_000_000: 1}, {"5": NESTED}, [5] * 10**6)
    ),
]


@pytest.mark.parametrize("rules", EVERY, ids=[rules.method.value for rules in EVERY])
def test_hostile_values_are_refused_and_nothing_else_happens(rules: Rules) -> None:
    for value in HOSTILE:
        with pytest.raises(ChoiceError):
            read_choice(rules, OPTIONS, value)


def test_an_endless_ranking_is_refused_at_the_first_option_too_many() -> None:
    class Endless(list[int]):
        def __iter__(self) -> Iterator[int]:
            return numbers(5, 2)

    with pytest.raises(ChoiceError):
        read_choice(RANKED, OPTIONS, {"ranking": Endless([5])})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["yes", "abstain", "5", "maybe"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["stance", "ranking", "approved", "scores", "dots", "times", "5"]), inner)
    ),
)


@given(st.sampled_from(EVERY), json_values)
def test_any_json_is_a_choice_or_refused(rules: Rules, value: object) -> None:
    try:
        choice = read_choice(rules, OPTIONS, value)
    except ChoiceError:
        return
    assert read_choice(rules, OPTIONS, write_choice(rules, choice)) == choice


@given(st.data())
def test_a_choice_survives_being_written_and_read(data: st.DataObject) -> None:
    options = data.draw(option_numbers())
    rules = data.draw(rule_sets(st.sampled_from(Method), options))
    choice = data.draw(choices(rules, options))
    written = json.loads(json.dumps(write_choice(rules, choice)))
    assert read_choice(rules, options, written) == choice

"""Counts that others published, stage by stage, with their sources."""

import re
from fractions import Fraction
from pathlib import Path

from alliances.counting import Method, Outcome, Rules, Tally
from tests.alliances.voting import rankings, tally

PUBLISHED = Path(__file__).parent / "published"
ENTRY = re.compile(r"([A-Z]+)([0-9]+)")


def counted(papers: dict[str, int], *, candidates: str, seats: int, **rules: object) -> Tally:
    """Candidates are letters here; their numbers are their places."""
    numbered = {tuple(candidates.index(one) + 1 for one in ranking): number for ranking, number in papers.items()}
    options = range(1, len(candidates) + 1)
    return tally(Rules(method=Method.RANKED, seats=seats, **rules), rankings(numbered), options=options)


def ballots_of(name: str) -> dict[str, int]:
    lines = (PUBLISHED / name).read_text(encoding="utf-8").splitlines()
    entries = [entry for line in lines if not line.startswith("#") for entry in line.split()]
    found = [ENTRY.fullmatch(entry).groups() for entry in entries]
    papers = {ranking: int(number) for ranking, number in found}
    assert len(papers) == len(entries)
    return papers


def stage(counted: Tally, number: int, candidates: str) -> dict[str, float]:
    """What each candidate who still has votes holds, to two decimals as results are printed."""
    totals = zip(candidates, counted.rounds[number - 1].totals, strict=True)
    return {name: round(float(votes), 2) for name, (_option, votes) in totals if votes}


def test_instant_runoff_of_the_capital_of_tennessee() -> None:
    """https://electowiki.org/wiki/Effects_of_different_voting_systems_under_similar_circumstances."""
    cities = "MNCK"
    papers = {"MNCK": 42, "NCKM": 26, "CKNM": 15, "KCNM": 17}
    found = counted(papers, candidates=cities, seats=1)
    assert stage(found, 1, cities) == {"M": 42, "N": 26, "C": 15, "K": 17}
    assert stage(found, 2, cities) == {"M": 42, "N": 26, "K": 32}
    assert stage(found, 3, cities) == {"M": 42, "K": 58}
    assert (found.outcome, found.winners, found.margin) == (Outcome.CHOSEN, (4,), 16)


def test_instant_runoff_of_burlington_in_2009() -> None:
    """The city's report excludes the last three at once; https://en.wikipedia.org/wiki/2009_Burlington_mayoral_election."""
    candidates = "KMPSWI"
    found = counted(ballots_of("burlington_2009.txt"), candidates=candidates, seats=1)
    empty = 4  # papers, which the city counts as exhausted from the beginning
    assert stage(found, 1, candidates) == {"W": 2951, "K": 2585, "M": 2063, "S": 1306, "I": 36, "P": 35}
    assert stage(found, 4, candidates) == {"W": 3294, "K": 2981, "M": 2554}
    assert found.rounds[3].exhausted + empty == 151
    assert stage(found, 5, candidates) == {"K": 4313, "W": 4061}
    assert found.rounds[4].exhausted + empty == 606
    assert found.winners == (1,)


def test_single_transferable_vote_of_lerwick_south_in_2017() -> None:
    """The council's stages; https://en.wikipedia.org/wiki/Lerwick_South_(ward). Campbell has the quota to the vote."""
    candidates = "ABCFP"
    found = counted(ballots_of("lerwick_south_2017.txt"), candidates=candidates, seats=4)
    assert {one.needed for one in found.rounds} == {299}
    assert stage(found, 1, candidates) == {"A": 190, "B": 394, "C": 429, "F": 180, "P": 299}
    assert stage(found, 2, candidates) == {"A": 242.42, "B": 394, "C": 299, "F": 220.61, "P": 299}
    assert stage(found, 3, candidates) == {"A": 271.12, "B": 299, "C": 299, "F": 268.35, "P": 299}
    assert stage(found, 4, candidates) == {"A": 408.83, "B": 299, "C": 299, "P": 299}
    assert found.winners == (3, 2, 5, 1)


def test_transfer_values_are_cut_behind_the_fifth_decimal() -> None:
    """Rule 48(3) on the surplus of 130 of 429 votes in Lerwick South: 0.30303, not 0.303030…."""
    found = counted(ballots_of("lerwick_south_2017.txt"), candidates="ABCFP", seats=4)
    to_westlake = next(one for one in found.rounds[1].transfers if one.target == 1)
    assert to_westlake.votes == to_westlake.papers * Fraction(30303, 100_000)
    assert found.rounds[1].lost == 130 - 429 * Fraction(30303, 100_000)


def test_single_transferable_vote_of_food() -> None:
    """https://en.wikipedia.org/wiki/Single_transferable_vote, in the version of 2019: 20 guests choose three foods."""
    foods = "OPCSH"  # oranges, pears, chocolate, strawberries, hamburgers
    papers = {"O": 4, "PO": 2, "CS": 8, "CH": 4, "S": 1, "H": 1}
    found = counted(papers, candidates=foods, seats=3)
    assert {one.needed for one in found.rounds} == {6}
    assert stage(found, 1, foods) == {"O": 4, "P": 2, "C": 12, "S": 1, "H": 1}
    assert stage(found, 2, foods) == {"O": 4, "P": 2, "C": 6, "S": 5, "H": 3}
    assert stage(found, 3, foods) == {"O": 6, "C": 6, "S": 5, "H": 3}
    assert stage(found, 4, foods) == {"O": 6, "C": 6, "S": 5}
    assert found.winners == (3, 1, 4)

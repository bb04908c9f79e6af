"""What each office may do: the one table of powers, shown on the page of the offices as it is written here."""

from enum import StrEnum

from alliances.models import Office


class Power(StrEnum):
    """What an office may give somebody beyond being a member."""

    PAGE = "page"
    ADMIT = "admit"
    OFFICES = "offices"
    GROUPS = "groups"
    VOTES = "votes"
    DOCUMENTS = "documents"
    EVENTS = "events"
    CALLS = "calls"
    CASES = "cases"
    MONEY = "money"


_SECRETARIAT = frozenset(
    {Power.PAGE, Power.ADMIT, Power.GROUPS, Power.VOTES, Power.DOCUMENTS, Power.EVENTS, Power.CALLS}
)
_CHAIR = _SECRETARIAT | {Power.OFFICES, Power.CASES}

POWERS: dict[Office, frozenset[Power]] = {
    Office.CHAIR: _CHAIR,
    Office.VICE_CHAIR: _CHAIR,
    Office.SECRETARY: _SECRETARIAT | {Power.OFFICES},
    Office.TREASURER: frozenset({Power.MONEY, Power.DOCUMENTS}),
    Office.COUNCIL: frozenset({Power.VOTES}),
    Office.LEAD: frozenset({Power.GROUPS, Power.VOTES, Power.DOCUMENTS, Power.EVENTS}),  # in their group
}

# An active alliance always has this many people who hold an office with the power to give offices.
LEAST_HOLDERS = 2
STEERING = tuple(office for office, powers in POWERS.items() if Power.OFFICES in powers)
IN_COUNCIL = (Office.CHAIR, Office.VICE_CHAIR, Office.SECRETARY, Office.TREASURER, Office.COUNCIL)

"""How the boards of alliances are called: the alliance, then what the board is for."""

BETWEEN = " · "


def board_name(alliance: str, label: str) -> str:
    """The full name, for places where the alliance is not named beside it."""
    return f"{alliance}{BETWEEN}{label}"


def label_of(name: str, alliance: str) -> str:
    """The short name, for places where it is."""
    return name.removeprefix(f"{alliance}{BETWEEN}")

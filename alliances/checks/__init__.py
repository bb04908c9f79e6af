"""Whether what is derived in alliances is right."""

from alliances.checks import (
    decisions,
    life,
    members,
    rooms,
)

__all__ = [
    "decisions",
    "life",
    "members",
    "rooms",
]

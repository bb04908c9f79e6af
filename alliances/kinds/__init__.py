"""How the rest of the house finds what alliances have."""

from alliances.kinds import (
    alliances,
    decisions,
    members,
    rooms,
)

__all__ = [
    "alliances",
    "decisions",
    "members",
    "rooms",
]

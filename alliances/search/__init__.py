"""What search knows of alliances."""

from alliances.search import (
    alliances,
    decisions,
    rooms,
)

__all__ = [
    "alliances",
    "decisions",
    "rooms",
]

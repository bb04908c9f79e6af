"""What the worker does for alliances."""

from alliances.jobs import (
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

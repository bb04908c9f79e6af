"""Who is told of what happens in alliances, and how it reads."""

from alliances.notices import (
    decisions,
    life,
    member_sentences,
    members,
    rooms,
)

__all__ = [
    "decisions",
    "life",
    "member_sentences",
    "members",
    "rooms",
]

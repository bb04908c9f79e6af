"""How this room's notices read, and who is told of what."""

from resources.notices import listings, needs

__all__ = ["listings", "needs"]

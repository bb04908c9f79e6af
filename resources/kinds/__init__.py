"""Cards by which other rooms show this room's things."""

from resources.kinds import listings, needs

__all__ = ["listings", "needs"]

"""Cards by which other rooms show this room's things."""

from resources.kinds import listings

__all__ = ["listings"]

"""JSON v1 over the same queries and actions."""

from kernel.api import room
from resources.api import listings, needs

__all__ = ["listings", "needs", "room"]

"""What the worker does for listings and needs."""

from resources.jobs import listings, needs

__all__ = ["listings", "needs"]

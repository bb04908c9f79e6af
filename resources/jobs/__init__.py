"""What the worker does for listings and needs."""

from resources.jobs import listings

__all__ = ["listings"]

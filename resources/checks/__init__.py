"""Derived values, and the proof that they are right."""

from resources.checks import listings, needs

__all__ = ["listings", "needs"]

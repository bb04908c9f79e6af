"""Derived values, and the proof that they are right."""

from resources.checks import needs

__all__ = ["needs"]

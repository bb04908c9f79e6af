"""What alliances keep of a person, hand out, and do when somebody goes."""

from alliances.personal import going, keeping, taking_along

__all__ = ["going", "keeping", "taking_along"]

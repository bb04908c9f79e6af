"""What the forum keeps of a person, hands out, takes in, and does when somebody goes."""

from forum.personal import coming, effacing, going, keeping, taking_along

__all__ = ["coming", "effacing", "going", "keeping", "taking_along"]

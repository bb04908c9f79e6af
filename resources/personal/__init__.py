"""What the room keeps of a person, hands out, takes in, and does when somebody goes."""

from resources.personal import coming, going, keeping, taking_along

__all__ = ["coming", "going", "keeping", "taking_along"]

"""What the bell-ringer keeps of a person, hands out, and does when somebody goes."""

from activity.personal import going, keeping, taking_along

__all__ = ["going", "keeping", "taking_along"]

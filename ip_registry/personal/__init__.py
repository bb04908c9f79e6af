"""What the registry keeps of a person, hands out, and does when somebody goes."""

from ip_registry.personal import going, keeping, taking_along

__all__ = ["going", "keeping", "taking_along"]

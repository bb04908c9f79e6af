"""What the watch may do with listings, needs and messages."""

from resources.subjects import listings, messages, needs

__all__ = ["listings", "messages", "needs"]

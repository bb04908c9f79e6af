"""The watch over the API."""

from moderation.api import reviews, submissions

__all__ = ["reviews", "submissions"]

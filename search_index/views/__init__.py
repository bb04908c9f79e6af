"""The pages of search."""

from search_index.room import room
from search_index.views import feed, saved, search, staff

__all__ = ["feed", "room", "saved", "search", "staff"]

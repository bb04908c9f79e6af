"""The pages of the portal, one file per subject."""

from portal.room import room
from portal.views import feeds, health, home, people, staff

__all__ = ["feeds", "health", "home", "people", "room", "staff"]

"""HTML pages of the accounts room, one file per concern."""

from accounts.login import login_manager
from accounts.room import room
from accounts.views import people, preferences, settings, strangers, tokens

__all__ = ["login_manager", "people", "preferences", "room", "settings", "strangers", "tokens"]

"""HTML pages of the accounts room, one file per concern."""

from accounts.login import login_manager
from accounts.room import room
from accounts.views import (
    helping,
    institutions,
    keeping,
    organisations,
    people,
    preferences,
    proving,
    seats,
    security,
    settings,
    signing,
    strangers,
    tokens,
)

__all__ = [
    "helping",
    "institutions",
    "keeping",
    "login_manager",
    "organisations",
    "people",
    "preferences",
    "proving",
    "room",
    "seats",
    "security",
    "settings",
    "signing",
    "strangers",
    "tokens",
]

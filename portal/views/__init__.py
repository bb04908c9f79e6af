"""The pages of the portal, one file per subject."""

from portal.room import room
from portal.views import (
    achievements,
    feeds,
    health,
    home,
    installing,
    log,
    mail,
    metrics,
    organisations,
    people,
    publishing,
    staff,
)

__all__ = [
    "achievements",
    "feeds",
    "health",
    "home",
    "installing",
    "log",
    "mail",
    "metrics",
    "organisations",
    "people",
    "publishing",
    "room",
    "staff",
]

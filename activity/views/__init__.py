"""The pages of the bell-ringer."""

from activity.room import room
from activity.views import digests, following, live, notices, push, settings, unsubscribing

__all__ = ["digests", "following", "live", "notices", "push", "room", "settings", "unsubscribing"]

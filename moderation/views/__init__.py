"""Pages of the watch."""

from moderation.room import room
from moderation.views import blocking, flags, people, queue, rules, standing, teams, trust, waiting, words

__all__ = ["blocking", "flags", "people", "queue", "room", "rules", "standing", "teams", "trust", "waiting", "words"]

"""How the rest of the house finds people, organisations and their seats, and archives of one's own."""

from accounts.kinds.archives import ARCHIVE
from accounts.kinds.organisations import ORGANISATION, SEAT
from accounts.kinds.people import USER

__all__ = ["ARCHIVE", "ORGANISATION", "SEAT", "USER"]

"""What the API says of the secret addresses of calendars."""

from datetime import datetime

from kernel.api import Listing, Shown


class KeyShown(Shown):
    """An address that works; what it is was told once."""

    id: int
    created_at: datetime


class KeyMade(KeyShown):
    """A new address. It is told here, and never again."""

    address: str


class KeyList(Listing[KeyShown]):
    """Your addresses, the newest first."""

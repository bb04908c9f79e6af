"""The pages of the room."""

from resources.room import room
from resources.views import conversations, listing_files, listing_forms, listing_tables, listings, need_deeds, needs

__all__ = [
    "conversations",
    "listing_files",
    "listing_forms",
    "listing_tables",
    "listings",
    "need_deeds",
    "needs",
    "room",
]

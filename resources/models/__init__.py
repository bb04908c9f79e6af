"""The rows of the room."""

from resources.models.listing import Listing, ListingFile, ListingSector, ListingState

__all__ = ["Listing", "ListingFile", "ListingSector", "ListingState"]

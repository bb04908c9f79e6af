"""Who may do what, and beside it what may be seen: one file for each thing of the room."""

from resources.policy.listings import ListingRight, on_the_shelf, visible_listings

__all__ = ["ListingRight", "on_the_shelf", "visible_listings"]

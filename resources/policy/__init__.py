"""Who may do what, and beside it what may be seen: one file for each thing of the room."""

from resources.policy.listings import ListingRight, is_of, is_offered, is_theirs, on_the_shelf, visible_listings
from resources.policy.needs import (
    ConversationRight,
    NeedRight,
    my_conversations,
    owner_known,
    visible_needs,
    was_removed,
)

__all__ = [
    "ConversationRight",
    "ListingRight",
    "NeedRight",
    "is_of",
    "is_offered",
    "is_theirs",
    "my_conversations",
    "on_the_shelf",
    "owner_known",
    "visible_listings",
    "visible_needs",
    "was_removed",
]

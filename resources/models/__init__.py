"""The rows of the room."""

from resources.models.answer import Answer, AnswerState
from resources.models.conversation import Conversation, Message
from resources.models.listing import Listing, ListingFile, ListingSector, ListingState
from resources.models.listing_import import ListingImport
from resources.models.match import Match, MatchRefusal, RefusalReason, Side
from resources.models.need import Need, NeedKind, NeedReading, NeedSector, NeedState, Visibility

__all__ = [
    "Answer",
    "AnswerState",
    "Conversation",
    "Listing",
    "ListingFile",
    "ListingImport",
    "ListingSector",
    "ListingState",
    "Match",
    "MatchRefusal",
    "Message",
    "Need",
    "NeedKind",
    "NeedReading",
    "NeedSector",
    "NeedState",
    "RefusalReason",
    "Side",
    "Visibility",
]

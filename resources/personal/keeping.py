"""What the room of listings and needs keeps of a person, and why."""

from flask_babel import lazy_gettext as _l

from kernel.personal import Fate, keeps
from resources.models import (
    Answer,
    Conversation,
    Listing,
    ListingImport,
    Match,
    MatchRefusal,
    Message,
    Need,
    NeedReading,
)

keeps(
    Listing.owner_id,
    Need.owner_id,
    what=_l("What you offer and what you look for, with files."),
    why=_l("So that others find it, and can write to you about it."),
    until=_l("As long as you have it here; when you go, it ends and its text and files are deleted."),
    fate=Fate.OWN,
    order=40,
)
keeps(
    Answer.author_id,
    Conversation.asker_id,
    Conversation.owner_id,
    Message.author_id,
    what=_l("Answers to needs, and what you and others wrote to each other about an offer or a need."),
    why=_l("It is a conversation of two: only the two read it."),
    until=_l("As long as the other side has it; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=41,
)
keeps(
    NeedReading.user_id,
    what=_l("That you read the full text of a need."),
    why=_l("Whoever opened it to you wants to know who read it."),
    until=_l("As long as the need; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=42,
)
keeps(
    ListingImport.owner_id,
    Match.owner_id,
    MatchRefusal.user_id,
    what=_l("Tables that you imported, what fits your offers and needs, and what you said does not."),
    why=_l("So that you are told of what fits, and not again of what does not."),
    until=_l("Tables for a week; the rest until you delete your account."),
    fate=Fate.REMOVED,
    order=43,
)

"""What the bell-ringer keeps of a person, and why."""

from flask_babel import lazy_gettext as _l

from activity.models import Bookmark, Delivery, Digest, Follow, LogEntry, Notice, NoticeSetting, PushSubscription
from kernel.personal import Fate, keeps

keeps(
    Follow.user_id,
    what=_l("What you follow, and how much of it you want to hear."),
    why=_l("So that you hear of what matters to you, and of nothing else."),
    until=_l("Until you stop following, or delete your account."),
    fate=Fate.OWN,
    order=20,
)
keeps(
    Bookmark.user_id,
    NoticeSetting.user_id,
    Notice.user_id,
    Delivery.user_id,
    Digest.user_id,
    what=_l("Bookmarks, notices to you with the digests made of them, and how you want to be told."),
    why=_l("So that you find again what you put aside, and are told as you wish."),
    until=_l("Until you delete them, or your account."),
    fate=Fate.REMOVED,
    order=21,
)
keeps(
    Notice.actor_id,
    what=_l("That a notice to somebody else is about something you did."),
    why=_l("Whoever is told of an answer wants to know whose it is."),
    until=_l("As long as the notice; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=22,
)
keeps(
    LogEntry.actor_id,
    what=_l("Acts with rights over what is others’: what was done, to what, and why."),
    why=_l("Whoever moderates answers for it in the open."),
    until=_l("For good; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=23,
)
keeps(
    PushSubscription.user_id,
    what=_l("The browsers to which you let notices be pushed, and the keys by which only they can read them."),
    why=_l("So that you are told while no page is open, by the push service that your browser named."),
    until=_l("Until you end it, or sign out in that browser."),
    fate=Fate.REMOVED,
    order=24,
)

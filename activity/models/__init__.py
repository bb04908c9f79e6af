"""What the bell-ringer keeps: follows, bookmarks, notices and how they are wanted and pushed, digests, the log."""

from activity.models.digest import Digest, DigestRun
from activity.models.following import Bookmark, Follow, Level
from activity.models.log import LogEntry
from activity.models.notice import Delivery, Notice, NoticeSetting
from activity.models.push import PushSubscription

__all__ = [
    "Bookmark",
    "Delivery",
    "Digest",
    "DigestRun",
    "Follow",
    "Level",
    "LogEntry",
    "Notice",
    "NoticeSetting",
    "PushSubscription",
]

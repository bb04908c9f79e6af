"""Deeds of the bell-ringer, for itself and for the rooms above."""

from activity.actions.bookmarks import bookmark, put_aside, take_back
from activity.actions.choosing import choose
from activity.actions.following import follow, follow_quietly, level_named, mail_follow
from activity.actions.log import record_act
from activity.actions.reading import mark_page_read, mark_read
from activity.actions.telling import notify, take_back_notices

__all__ = [
    "bookmark",
    "choose",
    "follow",
    "follow_quietly",
    "level_named",
    "mail_follow",
    "mark_page_read",
    "mark_read",
    "notify",
    "put_aside",
    "record_act",
    "take_back",
    "take_back_notices",
]
